package fit

import "math"

// Standard errors come from the noise of the frames, carried through the whole
// estimator to first order. Small errors e of the region's curve and f of the
// reference's change the residuals by A e − B f and the parameters by
//
//	L (A e − B f)    L = (Zᵀ W Z)⁻¹ Zᵀ W
//
// where Z holds the derivatives of the model by the parameters. A and B hold
// what the curves go through: A is the identity where the data stand alone on
// one side, but not where their integral is a regressor. There the naive
// error, from the residuals alone, is two to three times too small.
//
// With Var e = q V and Var f = q′ V′, of which V, V′ follow from the counts,
//
//	Cov = L (q A V Aᵀ + q′ B V′ Bᵀ) Lᵀ
//
// The reference's level q′ is estimated from its own curve and the region's q
// from the residuals, less the reference's share in them.

// maxParameters is the largest number of parameters of a model.
const maxParameters = 5

// A square is a small matrix.
type square [maxParameters][maxParameters]float64

// A gradient holds the derivatives of a number by the parameters of a fit.
type gradient [maxParameters]float64

// A linearised estimator works on the frames from first on.
type linearised struct {
	first             int
	n                 int // number of parameters
	z                 [maxParameters][]float64
	w                 []float64
	target, reference effect   // A and B
	made              square   // the normal equations of the last solution
	right             gradient // and their right-hand side
}

// A noise is the variances of the frame means of a curve, but for their
// level.
type noise struct {
	unit  []float64 // V
	level float64   // q
}

// A spread says how far estimates scatter.
type spread struct {
	cov     square
	unit    square   // what the region's own noise of level 1 makes of cov
	level   float64  // q of the region
	ok      bool     // false where the parameters cannot be told apart
	by      gradient // the parameters by k2′, where that was estimated
	k2Prime float64  // where the model has a shared one
}

// An influence says how the parameters answer to the errors of the frames of
// one curve: L A or −L B, row by row.
type influence [maxParameters][]float64

// influences are working space for those of both curves.
type influences struct{ target, reference influence }

func newInfluences(n int) *influences {
	all := make([]float64, 2*maxParameters*n)
	var f influences
	for i := range maxParameters {
		f.target[i], all = all[:n:n], all[n:]
		f.reference[i], all = all[:n:n], all[n:]
	}
	return &f
}

// spread returns the covariance of the parameters, given the weighted residual
// sum of squares, and leaves the influences in f. Where known is not negative,
// it is the level of the region.
func (l *linearised) spread(rss float64, unit []float64, ref noise, known float64, f *influences) spread {
	s := spread{level: known}
	normal := l.normal()
	inverse, ok := invert(&normal, l.n)
	if !ok {
		return s
	}
	s.ok = true
	l.passed(&inverse, l.target, 1, &f.target)
	f.target.cov(l.n, unit, &s.unit)
	var others square
	if len(ref.unit) > 0 {
		l.passed(&inverse, l.reference, -1, &f.reference)
		f.reference.cov(l.n, ref.unit, &others)
	}
	if known < 0 {
		share := 0.0
		if len(ref.unit) > 0 && ref.level > 0 {
			share = ref.level * l.left(&normal, &others, l.reference, ref.unit)
		}
		s.level = math.Max(rss-share, leastShare*rss) / l.left(&normal, &s.unit, l.target, unit)
	}
	for i := range l.n {
		for j := range l.n {
			s.cov[i][j] = s.level*s.unit[i][j] + ref.level*others[i][j]
		}
	}
	return s
}

// leastShare is the share of the residuals that is put down to the region at
// least: the reference's noise level is an estimate too.
const leastShare = 0.05

// normal returns Zᵀ W Z.
func (l *linearised) normal() square {
	var n square
	for i := range l.n {
		a := l.z[i][:len(l.w)]
		for j := range i + 1 {
			b := l.z[j][:len(l.w)]
			sum := 0.0
			for k, w := range l.w {
				sum += w * a[k] * b[k]
			}
			n[i][j], n[j][i] = sum, sum
		}
	}
	return n
}

// passed writes L X, with a sign, for errors that have the effect X.
func (l *linearised) passed(inverse *square, x effect, sign float64, f *influence) {
	var row [2 * maxFramesOnStack]float64
	rows := row[:]
	if len(l.w) > len(row) {
		rows = make([]float64, len(l.w))
	}
	rows = rows[:len(l.w)]
	for i := range l.n {
		for k := range rows {
			rows[k] = 0
		}
		for j := range l.n {
			c := sign * inverse[i][j]
			for k, z := range l.z[j][:len(rows)] {
				rows[k] += c * z
			}
		}
		for k, w := range l.w {
			rows[k] *= w
		}
		x.back(rows, l.first, f[i])
	}
}

// maxFramesOnStack is how many frames need no memory of their own.
const maxFramesOnStack = 32

// cov writes the covariance of n parameters under errors with variances v.
func (f *influence) cov(n int, v []float64, c *square) {
	for i := range n {
		a := f[i][:len(v)]
		for j := range i + 1 {
			b := f[j][:len(v)]
			sum := 0.0
			for k, v := range v {
				sum += a[k] * b[k] * v
			}
			c[i][j], c[j][i] = sum, sum
		}
	}
}

// left returns the weighted sum of squares that errors with variances v leave
// in the residuals after the fit: what they cause less what the parameters
// take up, tr(Zᵀ W Z · L X V Xᵀ Lᵀ).
func (l *linearised) left(normal, passed *square, x effect, v []float64) float64 {
	sum := x.power(l.w, l.first, v)
	for i := range l.n {
		for j := range l.n {
			sum -= normal[i][j] * passed[i][j]
		}
	}
	return math.Max(sum, math.SmallestNonzeroFloat64)
}

// invert returns the inverse of a symmetric positive definite n × n matrix,
// after scaling its diagonal to 1. Ok is false where it has none.
func invert(a *square, n int) (inverse square, ok bool) {
	m := *a
	var scale gradient
	for i := range n {
		if !(a[i][i] > 0) || math.IsInf(a[i][i], 0) {
			return inverse, false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	for i := range n {
		for j := range n {
			m[i][j] *= scale[i] * scale[j]
		}
	}
	for i := range n {
		if !(m[i][i] > singular) {
			return inverse, false
		}
		m.sweep(i, n)
	}
	for i := range n {
		for j := range n {
			inverse[i][j] = m[i][j] * scale[i] * scale[j]
		}
	}
	return inverse, true
}

// singular is the pivot, of a matrix with a diagonal of 1, below which
// parameters cannot be told apart.
const singular = 1e-13

// sweep eliminates variable i in place; sweeping all of them inverts.
func (m *square) sweep(i, n int) {
	pivot := 1 / m[i][i]
	m[i][i] = 1
	for k := range n {
		m[i][k] *= pivot
	}
	for j := range n {
		if j == i {
			continue
		}
		f := m[j][i]
		m[j][i] = 0
		for k := range n {
			m[j][k] -= f * m[i][k]
		}
	}
}

// solve returns the weighted least-squares solution of Z p = y, or false where
// there is no single one.
func (l *linearised) solve(y []float64) (p gradient, ok bool) {
	l.made = l.normal()
	inverse, ok := invert(&l.made, l.n)
	if !ok {
		return p, false
	}
	for j := range l.n {
		sum := 0.0
		z := l.z[j][:len(l.w)]
		for k, w := range l.w {
			sum += w * z[k] * y[k]
		}
		l.right[j] = sum
		for i := range l.n {
			p[i] += inverse[i][j] * sum
		}
	}
	return p, true
}

// add appends a parameter. Its standard error follows by the delta method from
// its derivatives by the parameters of the fit.
func (e *Estimate) add(symbol Symbol, value float64, s *spread, derivatives ...float64) {
	var g gradient
	copy(g[:], derivatives)
	p := Parameter{Symbol: symbol, Value: value, SE: math.NaN()}
	if s.ok {
		p.SE = math.Sqrt(g.times(&s.cov, &g))
	}
	e.Parameters = append(e.Parameters, p)
	e.gradients = append(e.gradients, g)
}

// times returns gᵀ C h.
func (g *gradient) times(c *square, h *gradient) float64 {
	sum := 0.0
	for i, a := range g {
		if a == 0 {
			continue
		}
		for j, b := range h {
			sum += a * b * c[i][j]
		}
	}
	return sum
}
