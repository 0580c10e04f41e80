package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

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

// refine returns the spot of the best fit to what was loaded, around a node.
func (b *basis) refine(node int, tolerance float64) spot {
	first := min(max(node-window/2, 0), thetaNodes-window)
	l := b.local(first)
	best := node - first
	for k := max(best-1, 0); k <= min(node-first+1, window-1); k++ {
		if l.node(k).gain() > l.node(best).gain() {
			best = k
		}
	}
	return spot{first: first, t: l.climb(float64(best-window/2), tolerance)}
}

// local sums over the frames for the window that begins with node first.
func (b *basis) local(first int) *local {
	s := &b.scratch
	l := &s.local
	l.aa, l.ay = s.aa, s.ay
	for i := range window {
		column := b.column(first + i)
		floats.MulTo(s.weighted, s.w, column)
		l.ab[i], l.by[i] = floats.Dot(s.weighted, b.ref), floats.Dot(s.wu, column)
		for j := i; j < window; j++ {
			l.bb[i][j] = floats.Dot(s.weighted, b.column(first+j))
			l.bb[j][i] = l.bb[i][j]
		}
	}
	return l
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
		row := 0.0
		for j := range window {
			row += l.bb[i][j] * p[j]
		}
		r.bb += p[i] * row
		d.bb += 2 * q[i] * row
	}
	return r, d
}

// node returns the normal equations at node k of the window.
func (l *local) node(k int) reduced {
	return reduced{aa: l.aa, ay: l.ay, ab: l.ab[k], by: l.by[k], bb: l.bb[k][k]}
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

// climb returns where, upwards from t and within a node's distance, the gain
// is largest.
func (l *local) climb(t, tolerance float64) float64 {
	const strides = 2 // per node
	here := l.slope(t)
	way := math.Copysign(1.0/strides, here)
	for range strides + 1 {
		next := t + way
		if math.Abs(next) > window/2 || here == 0 {
			return t // an end of the range of θ
		}
		there := l.slope(next)
		if (there > 0) != (here > 0) {
			return l.root(t, next, here, there, tolerance)
		}
		t, here = next, there
	}
	return t
}

// root returns the zero of the slope between a and b, by regula falsi with
// the Illinois rule: an end that stays twice counts half.
func (l *local) root(a, b, atA, atB, tolerance float64) float64 {
	t, kept := a, 0
	for range 60 {
		next := (a*atB - b*atA) / (atB - atA)
		if math.Abs(next-t) < tolerance {
			return next
		}
		t = next
		f := l.slope(t)
		switch {
		case f == 0:
			return t
		case (f > 0) == (atB > 0):
			if b, atB = t, f; kept == 1 {
				atA /= 2
			}
			kept = 1
		default:
			if a, atA = t, f; kept == 2 {
				atB /= 2
			}
			kept = 2
		}
	}
	return t
}
