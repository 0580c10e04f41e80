package fit

import "math"

// A local is the search around one node: with E a polynomial in t over the
// nodes of the window, all sums over frames are polynomials of t with the sums
// at the nodes as coefficients, and no step of the search looks at a frame.
type local struct {
	aa, ay float64
	ab, by [window]float64
	bb     [window][window]float64
}

// The tolerances of a search, in nodes: rough where only the weights of the
// next pass depend on it.
const (
	rough = 1e-2
	exact = 1e-9
)

// best returns the spot of the best fit in the window, upwards from the better
// of a node and those beside it. At a node the sums are at hand.
func (l *local) best(at spot, tolerance float64) spot {
	const half = window / 2
	middle := int(math.Round(at.t)) + half
	best, top := middle, -1.0
	for _, i := range [3]int{middle, middle - 1, middle + 1} {
		if i < 0 || i >= window {
			continue
		}
		r := reduced{aa: l.aa, ay: l.ay, ab: l.ab[i], bb: l.bb[i][i], by: l.by[i]}
		if gain := r.gain(); gain > top {
			best, top = i, gain
		}
	}
	return spot{at.first, l.climb(float64(best-half), 0.5, tolerance)}
}

// sums returns the normal equations at t, and their derivatives.
func (l *local) sums(t float64) (r, d reduced) {
	p, q := lagrange(t)
	r.aa, r.ay = l.aa, l.ay
	for i := range window {
		r.ab += p[i] * l.ab[i]
		r.by += p[i] * l.by[i]
		d.ab += q[i] * l.ab[i]
		d.by += q[i] * l.by[i]
		row := along(&l.bb[i], &p)
		r.bb += p[i] * row
		d.bb += 2 * q[i] * row
	}
	return r, d
}

// along returns the product of two rows, summed in pairs.
func along(a, b *[window]float64) float64 {
	return (a[0]*b[0] + a[1]*b[1]) + (a[2]*b[2] + a[3]*b[3]) + (a[4]*b[4] + a[5]*b[5]) + a[6]*b[6]
}

// slope returns a number with the sign of the derivative of gain by t: with
// y and b made orthogonal to a,
//
//	gain = y²/b    b² gain′ / y = 2 y′ b − y b′
func (l *local) slope(t float64) float64 {
	r, d := l.sums(t)
	b, db := r.bb-r.ab*r.ab/r.aa, d.bb-2*r.ab*d.ab/r.aa
	y, dy := r.by-r.ab*r.ay/r.aa, d.by-d.ab*r.ay/r.aa
	if y < 0 {
		y, dy = -y, -dy
	}
	return 2*dy*b - y*db
}

// climb returns where, upwards from t, the gain is largest, or an end of the
// window. The first stride is doubled until the top lies behind.
func (l *local) climb(t, stride, tolerance float64) float64 {
	here := l.slope(t)
	for n := 0; here != 0 && n < 4*window; n++ {
		next := t + math.Copysign(stride, here)
		if math.Abs(next) > window/2 {
			if next = math.Copysign(window/2, next); next == t {
				return t
			}
		}
		there := l.slope(next)
		if (there > 0) != (here > 0) {
			return root(l.slope, t, next, here, there, tolerance)
		}
		t, here, stride = next, there, min(2*stride, 0.5)
	}
	return t
}

// slopes returns the weighted sum of squares of the derivative of E by t.
func (l *local) slopes(t float64) float64 {
	_, q := lagrange(t)
	sum := 0.0
	for i := range window {
		sum += q[i] * along(&l.bb[i], &q)
	}
	return sum
}
