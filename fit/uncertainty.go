package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

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

// A linearised estimator works on the frames from first on.
type linearised struct {
	first             int
	n                 int // number of parameters
	z                 [maxParameters][]float64
	w                 []float64
	target, reference effect // A and B
	*influences              // working space; nil where solve is not called

	// What is left of the last solution, until z or w change.
	solved  bool
	made    square   // the normal equations
	inverse square   // of them
	right   gradient // their right-hand side
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

// influences are working space for those of both curves, and for one row.
type influences struct {
	target, reference influence
	row               []float64
}

// newInfluences makes room for those of so many parameters by n frames.
func newInfluences(parameters, n int) *influences {
	all := make([]float64, (2*parameters+1)*n)
	take := func() []float64 { s := all[:n:n]; all = all[n:]; return s }
	f := &influences{row: take()}
	for i := range parameters {
		f.target[i], f.reference[i] = take(), take()
	}
	return f
}

// spread finds the covariance of the parameters, given the weighted residual
// sum of squares, and leaves the influences behind. Where known is not
// negative, it is the level of the region.
func (l *linearised) spread(rss float64, unit []float64, ref noise, known float64, s *spread) {
	*s = spread{level: known}
	if !l.solved && !l.invert() {
		if known < 0 {
			s.level = math.NaN()
		}
		return
	}
	s.ok = true
	f := l.influences
	noisy := len(ref.unit) > 0
	l.answer(noisy)
	f.target.cov(l.n, unit, f.row, &s.unit)
	var others square
	if noisy {
		f.reference.cov(l.n, ref.unit, f.row, &others)
	}
	if known < 0 {
		power, refPower := l.powers(unit, ref.unit)
		share := 0.0
		if noisy && ref.level > 0 {
			share = ref.level * l.left(refPower, &others)
		}
		s.level = math.Max(rss-share, leastShare*rss) / l.left(power, &s.unit)
	}
	for i := range l.n {
		for j := range l.n {
			s.cov[i][j] = s.level*s.unit[i][j] + ref.level*others[i][j]
		}
	}
}

// misfitShare is how many times the noise of a curve by itself residuals must
// speak of before the rest counts as misfit. The former is an estimate from few
// numbers, and the lower of two of them would be too low.
const misfitShare = 2

// lower takes the level of a curve by itself where the residuals' is much more.
// It needs an input without noise.
func (s *spread) lower(own float64, parameters int) {
	if !s.ok || !(own > 0) || !(s.level > misfitShare*own) {
		return
	}
	s.level = own
	for i := range parameters {
		for j := range parameters {
			s.cov[i][j] = own * s.unit[i][j]
		}
	}
}

// leastShare is the share of the residuals that is put down to the region at
// least: the reference's noise level is an estimate too.
const leastShare = 0.05

// normal returns Zᵀ W Z.
func (l *linearised) normal() square {
	l.sum(nil)
	return l.made
}

// sum makes Zᵀ W Z and, unless y is nil, Zᵀ W y.
func (l *linearised) sum(y []float64) {
	if l.solved = false; l.n == 2 {
		if y == nil {
			y = l.z[0]
		}
		r := sumPair(l.w, l.z[0], l.z[1], y)
		l.made[0][0], l.made[0][1], l.made[1][0], l.made[1][1] = r.aa, r.ab, r.ab, r.bb
		l.right[0], l.right[1] = r.ay, r.by
		return
	}
	weighted := l.row[:len(l.w)]
	for i := range l.n {
		floats.MulTo(weighted, l.w, l.z[i][:len(l.w)])
		for j := range i + 1 {
			l.made[i][j] = floats.Dot(weighted, l.z[j][:len(l.w)])
			l.made[j][i] = l.made[i][j]
		}
		if y != nil {
			l.right[i] = floats.Dot(weighted, y[:len(l.w)])
		}
	}
}

// invert takes the inverse of the normal equations, and reports whether they
// have one.
func (l *linearised) invert() bool {
	l.sum(nil)
	l.solved = invert(&l.made, l.n, &l.inverse)
	return l.solved
}

// answer writes the influences of errors that have the effects A and B: L A,
// and where the reference is noisy −L B.
func (l *linearised) answer(noisy bool) {
	f, together := l.influences, l.together() && noisy
	if together && l.n == 2 {
		l.answerPair()
		return
	}
	row := f.row[:len(l.w)]
	for i := range l.n {
		clear(row)
		for j := range l.n {
			floats.AddScaled(row, l.inverse[i][j], l.z[j][:len(row)])
		}
		floats.Mul(row, l.w)
		if together {
			l.reference.memory.backBoth(row, l.first, l.target, l.reference, f.target[i], f.reference[i])
			continue
		}
		l.target.back(row, l.first, f.target[i])
		if noisy {
			l.reference.back(row, l.first, f.reference[i])
			floats.Scale(-1, f.reference[i])
		}
	}
}

// together reports whether the errors of both curves go through one memory, and
// once, as they mostly do. Without jumps that takes a single pass.
func (l *linearised) together() bool {
	m := l.reference.memory
	return m != nil && len(m.jumps) == 0 && l.target.simple(m) && l.reference.simple(m)
}

// powers returns the weighted sums of squares that errors of both curves, with
// variances v and ref, cause in the residuals before anything is fitted.
func (l *linearised) powers(v, ref []float64) (target, reference float64) {
	switch {
	case len(ref) == 0:
		return l.target.power(l.w, l.first, v), 0
	case l.together():
		return l.reference.memory.powers(l.w, l.first, l.target, l.reference, v, ref)
	}
	return l.target.power(l.w, l.first, v), l.reference.power(l.w, l.first, ref)
}

// cov writes the covariance of n parameters under errors with variances v.
func (f *influence) cov(n int, v, scratch []float64, c *square) {
	if n == 2 {
		covPair(v, f[0], f[1], c)
		return
	}
	for i := range n {
		floats.MulTo(scratch, f[i], v)
		for j := range i + 1 {
			c[i][j] = floats.Dot(scratch, f[j])
			c[j][i] = c[i][j]
		}
	}
}

// left returns the weighted sum of squares that errors leave in the residuals
// after the fit: their power, which is what they cause, less what the parameters
// take up, tr(Zᵀ W Z · L X V Xᵀ Lᵀ).
func (l *linearised) left(power float64, passed *square) float64 {
	for i := range l.n {
		for j := range l.n {
			power -= l.made[i][j] * passed[i][j]
		}
	}
	return math.Max(power, math.SmallestNonzeroFloat64)
}

// solve returns the weighted least-squares solution of Z p = y, or false where
// there is no single one.
func (l *linearised) solve(y []float64) (p gradient, ok bool) {
	l.sum(y)
	if l.solved = invert(&l.made, l.n, &l.inverse); !l.solved {
		return p, false
	}
	for i := range l.n {
		for j := range l.n {
			p[i] += l.inverse[i][j] * l.right[j]
		}
	}
	return p, true
}

// answerPair writes the influences of both curves, which go through one memory
// and once.
func (l *linearised) answerPair() {
	f, m, x, y := l.influences, l.reference.memory, &l.target, &l.reference
	n, first := len(m.frames), l.first
	frames := m.frames[:n]
	targetA, targetB, referenceA, referenceB := f.target[0][:n], f.target[1][:n], f.reference[0][:n], f.reference[1][:n]
	w, a, b := l.w, l.z[0][:len(l.w)], l.z[1][:len(l.w)]
	aa, ab, bb := l.inverse[0][0], l.inverse[0][1], l.inverse[1][1]
	onceA, onceB := 0.0, 0.0 // what later means ask of the state
	for i := n - 1; i >= 0; i-- {
		c, p, q := &frames[i], 0.0, 0.0
		if at := i - first; at >= 0 {
			p, q = w[at]*(aa*a[at]+ab*b[at]), w[at]*(ab*a[at]+bb*b[at])
		}
		throughA, throughB := c.own*p+c.added*onceA, c.own*q+c.added*onceB
		onceA, onceB = c.carried*p+c.kept*onceA, c.carried*q+c.kept*onceB
		targetA[i], targetB[i] = x.own*p+x.through*throughA, x.own*q+x.through*throughB
		referenceA[i], referenceB[i] = -y.own*p-y.through*throughA, -y.own*q-y.through*throughB
	}
}
