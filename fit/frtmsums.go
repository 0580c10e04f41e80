package fit

import "math"

// Given c and d, the model of FRTM is a polynomial in k2,
//
//	C = R1 (F0 + k2 F1) + k2 G1 + k2² G2    with q = 1/(d − c)
//	F0 = D − c d q (E(c) − E(d))            F1 = q (c E(c) − d E(d))
//	G1 = q (d E(c) − c E(d))                G2 = −q (E(c) − E(d))
//
// so that its sum of squares follows from a few sums over the frames, and R1
// from k2.

// frtmSums are the weighted products of D, E(c), E(d) and of the derivatives of
// the last two by ln c and ln d, with each other and with the data.
type frtmSums struct {
	with [maxParameters][maxParameters]float64
	data [maxParameters]float64
	yy   float64
}

// residuals is what is left over k2, R1 taken for the best:
//
//	rss = yy + Q − N²/P    R1 = N/P
//	P = Σ w F²    N = Σ w F (u − G)    Q = Σ w (G² − 2 G u)
//
// as polynomials in k2, the factor of the lowest power first.
type residuals struct {
	p      [3]float64
	n      [4]float64
	q      [5]float64
	yy     float64
	lo, hi float64 // between which k2 lies
}

// over makes the sums of squares over k2.
func (s *frtmSums) over(c, d float64) residuals {
	q := 1 / (d - c)
	f0, f1 := [3]float64{1, -c * d * q, c * d * q}, [3]float64{0, c * q, -d * q}
	g1, g2 := [3]float64{0, d * q, -c * q}, [3]float64{0, -q, q}
	a0, a1, b1, b2 := s.along(&f0), s.along(&f1), s.along(&g1), s.along(&g2)
	f1g1, f1g2 := dot3(&f1, &b1), dot3(&f1, &b2)
	y1, y2 := s.meets(&g1), s.meets(&g2)
	return residuals{
		p:  [3]float64{dot3(&f0, &a0), 2 * dot3(&f1, &a0), dot3(&f1, &a1)},
		n:  [4]float64{s.meets(&f0), s.meets(&f1) - dot3(&g1, &a0), -dot3(&g2, &a0) - f1g1, -f1g2},
		q:  [5]float64{0, -2 * y1, dot3(&g1, &b1) - 2*y2, 2 * dot3(&g1, &b2), dot3(&g2, &b2)},
		yy: s.yy, lo: c * apartMost, hi: d / apartMost,
	}
}

// apartMost is how near k2 may come to c and d.
const apartMost = 1 + nearest/100

func (s *frtmSums) along(x *[3]float64) (y [3]float64) {
	for i := range y {
		y[i] = s.with[i][0]*x[0] + s.with[i][1]*x[1] + s.with[i][2]*x[2]
	}
	return y
}

func (s *frtmSums) meets(x *[3]float64) float64 {
	return s.data[0]*x[0] + s.data[1]*x[1] + s.data[2]*x[2]
}

func dot3(a, b *[3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// at returns R1 and the sum of squares at a k2, infinite where R1 would not be
// positive, and the first two derivatives of that sum.
func (r *residuals) at(k float64) (r1, rss, slope, bend float64) {
	p, n := r.p[0]+k*(r.p[1]+k*r.p[2]), r.n[0]+k*(r.n[1]+k*(r.n[2]+k*r.n[3]))
	if !(p > 0) || !(n > 0) {
		return 0, math.Inf(1), 0, 0
	}
	dp, dn := r.p[1]+2*k*r.p[2], r.n[1]+k*(2*r.n[2]+3*k*r.n[3])
	ddn := 2*r.n[2] + 6*k*r.n[3]
	q := k * (r.q[1] + k*(r.q[2]+k*(r.q[3]+k*r.q[4])))
	dq := r.q[1] + k*(2*r.q[2]+k*(3*r.q[3]+4*k*r.q[4]))
	ddq := 2*r.q[2] + k*(6*r.q[3]+12*k*r.q[4])
	r1 = n / p
	turn := (dn - r1*dp) / p
	slope = dq - 2*r1*dn + r1*r1*dp
	bend = ddq - 2*turn*dn - 2*r1*ddn + 2*r1*turn*dp + 2*r1*r1*r.p[2]
	return r1, r.yy + q - n*r1, slope, bend
}

// least goes down from a k2 to the nearest minimum, by Newton's rule.
func (r *residuals) least(k float64) (best, r1, rss float64) {
	k = clamp(k, r.lo, r.hi)
	r1, rss, slope, bend := r.at(k)
	for range 20 {
		step := -slope / math.Abs(bend)
		if !(math.Abs(step) < (r.hi-r.lo)/4) {
			step = math.Copysign((r.hi-r.lo)/4, -slope)
		}
		next := clamp(k+step, r.lo, r.hi)
		for range 8 {
			to, left, s, b := r.at(next)
			if left < rss {
				moved := math.Abs(next - k)
				k, r1, rss, slope, bend = next, to, left, s, b
				if moved < 1e-9*k {
					return k, r1, rss
				}
				break
			}
			next = (k + next) / 2
			if math.Abs(next-k) < 1e-9*k {
				return k, r1, rss
			}
		}
		if next != k {
			return k, r1, rss
		}
	}
	return k, r1, rss
}
