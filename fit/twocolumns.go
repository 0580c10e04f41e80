package fit

import "math"

// Two parameters are what MRTM2, SRTM2 and the plots have, so for two columns
// a and b the sums over frames are taken in one pass over all that they need.

// sumPair returns the normal equations of two columns and their right-hand side.
func sumPair(w, a, b, y []float64) (r reduced) {
	aa, ab, bb, ay, by := 0.0, 0.0, 0.0, 0.0, 0.0
	a, b, y = a[:len(w)], b[:len(w)], y[:len(w)]
	for i, w := range w {
		p, q, r := a[i], b[i], y[i]
		wp, wq := w*p, w*q
		aa += wp * p
		ab += wp * q
		bb += wq * q
		ay += wp * r
		by += wq * r
	}
	return reduced{aa: aa, ab: ab, bb: bb, ay: ay, by: by}
}

// squares returns the weighted sum of squares of u − v.
func squares(w, u, v []float64) (sum float64) {
	u, v = u[:len(w)], v[:len(w)]
	for i, w := range w {
		left := u[i] - v[i]
		sum += w * left * left
	}
	return sum
}

// covPair writes the covariance of two rows under errors with variances v.
func covPair(v, a, b []float64, c *square) {
	aa, ab, bb := 0.0, 0.0, 0.0
	a, b = a[:len(v)], b[:len(v)]
	for i, v := range v {
		p, q := a[i], b[i]
		vp := v * p
		aa += vp * p
		ab += vp * q
		bb += v * q * q
	}
	c[0][0], c[0][1], c[1][0], c[1][1] = aa, ab, ab, bb
}

// A reduced problem is the normal equations at one θ: a is D, b is E, y is the
// data.
type reduced struct {
	aa, ab, bb, ay, by float64
}

// parallel is the share of E across D below which they count as parallel.
const parallel = 1e-12

// rounding is the share of the data along E, where D alone describes them, that
// is nothing but rounding.
const rounding = 1e-13

// gain returns by how much E lowers the sum of squares that D alone leaves.
func (r *reduced) gain() float64 {
	across := r.bb - r.ab*r.ab/r.aa
	if !(across > parallel*r.bb) {
		return 0
	}
	along := r.by - r.ab*r.ay/r.aa
	return along * along / across
}

// solve returns the factors of D and of E.
func (r *reduced) solve() (p0, p1 float64) {
	across := r.bb - r.ab*r.ab/r.aa
	if !(across > parallel*r.bb) {
		return r.ay / r.aa, 0
	}
	along := r.by - r.ab*r.ay/r.aa
	if math.Abs(along) <= rounding*math.Abs(r.by) {
		return r.ay / r.aa, 0
	}
	p1 = along / across
	return (r.ay - r.ab*p1) / r.aa, p1
}
