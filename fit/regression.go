package fit

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/ingest"
)

// A term is a curve as it is, its integral and the integral of that, each with
// a factor: all averaged over the frames, decayed.
type term struct{ own, through, twice float64 }

// of returns the sum, in out unless it is one of the curves as it stands.
func (t term) of(own, once, again, out []float64) []float64 {
	switch t {
	case term{own: 1}:
		return own
	case term{through: 1}:
		return once
	case term{twice: 1}:
		return again
	}
	for i := range out {
		out[i] = 0
		if t.own != 0 {
			out[i] = t.own * own[i]
		}
		if t.through != 0 {
			out[i] += t.through * once[i]
		}
		if t.twice != 0 {
			out[i] += t.twice * again[i]
		}
	}
	return out
}

// A plan is a model that is linear in its parameters g:
//
//	y = Σ g x    y of the region; each x of the input or of the region
//
// with the input's first. Multiplied by e^(−λt) and averaged over the frames
// exactly, the integrals are those of the rebuilt curves.
type plan struct {
	y             term
	input, region []term
	k2Prime       bool // the first term of the input has R/k2′
	ratio         bool // the main parameter is a ratio of the first coefficients of input and region
	plot          bool // it is a line after t*, whatever y is
	main          Symbol
	parameters    func(e *Estimate, g gradient, s *spread)
}

// least is the number of points that must be left after a t* that is given.
func (p *plan) least() int {
	if p.lined() {
		return fewestPoints
	}
	return minFrames
}

// graphical reports whether y is an integral: then noise in the curve, which
// is a regressor, biases the estimate, and the expected curve must come from
// another model.
func (p *plan) graphical() bool { return p.y.through != 0 }

// lined reports whether the plan holds after t* only.
func (p *plan) lined() bool { return p.graphical() || p.plot }

// A sources holds the curves of an input that plans are made of.
type sources struct {
	own, once, again []float64
	noise            noise // none for blood
}

// sources returns those of an input, own being its means.
func (p *plan) sources(c curve, own []float64, n noise) sources {
	once, again := c.integrals(len(own), slices.ContainsFunc(p.input, func(t term) bool { return t.twice != 0 }))
	return sources{own, once, again, n}
}

// A guess is what another model says of a region, for plans that need it: the
// curve to expect and the level of its noise, NaN where it does not know that.
type guess struct {
	expected, unit []float64
	level          float64
}

// A regression fits a plan to the regions of a scan. It is used again for the
// next region.
type regression struct {
	*prepared
	plan
	tStar       time.Duration
	first       int
	shared      *sharedRate // nil where the plan has no k2′
	integrator  *integrator
	in          sources
	influences  *influences
	s           spread // of the last region
	l           linearised
	once, again []float64
	columns     [][]float64 // of the model: the input's, and then the region's
	space       []float64   // for those of the region that are sums
	shapeW      []float64   // weights to begin with
	unit        []float64
	moved       []float64 // working space
	y           []float64
}

// newRegression prepares a plan. A t* that is given makes first the first frame
// that is fitted, see startAt. Shared is nil where the plan has no k2′.
func newRegression(p *prepared, pl plan, in sources, tStar time.Duration, first int, shared *sharedRate) *regression {
	if pl.k2Prime && shared != nil {
		pl.input = slices.Clone(pl.input)
		pl.input[0].own = 1 / shared.value
	}
	n, k := len(p.mid), len(pl.input)+len(pl.region)
	r := &regression{
		prepared: p, plan: pl, tStar: tStar, first: first, shared: shared, in: in,
		integrator: newIntegrator(p.grid), influences: newInfluences(min(k+1, maxParameters), n), // k2′ may be one more
		once: make([]float64, n), again: make([]float64, n), unit: make([]float64, n), moved: make([]float64, n), columns: make([][]float64, k),
		space: make([]float64, (len(pl.region)+1)*n), shapeW: make([]float64, n),
	}
	for i, t := range pl.input {
		r.columns[i] = t.of(in.own, in.once, in.again, make([]float64, n))
	}
	r.weigh(r.shape(), 0, r.shapeW)
	return r
}

// fit estimates one region.
func (r *regression) fit(t *extract.TAC, u []float64, e *Estimate, from *guess) {
	first, off := r.start(from)
	r.lay(u)
	g, ok := r.solve(t, u, e, first, from)
	if !ok {
		e.unsolved(r.main)
		return
	}
	rss := squares(r.l.w, u[first:], e.Fitted[first:])
	r.score(e, rss, len(u)-first, r.l.n)
	r.spread(t, g, rss, from)
	r.plan.parameters(e, g, &r.s)
	e.finish(r.grid, u, &r.s)
	if r.lined() || r.tStar > 0 {
		if e.TStar = r.tStar; r.tStar == 0 {
			e.TStar = max(r.scan.Frames[r.from+first].Start, 0)
		}
	}
	if r.lined() {
		e.Line = r.line(u, g, first)
		e.Warnings = append(e.Warnings, r.doubts(off, u, e, first, from)...)
	}
	for i := range first {
		e.Fitted[i], e.Weights[i] = math.NaN(), 0
	}
}

// lay fills in the columns and y of a region with data u.
func (r *regression) lay(u []float64) {
	if slices.ContainsFunc(r.region, func(t term) bool { return t.twice != 0 }) {
		r.integrator.both(u, r.once, r.again)
	} else {
		r.integrator.once(u, r.once)
	}
	n := len(u)
	for i, t := range r.region {
		r.columns[len(r.input)+i] = t.of(u, r.once, r.again, r.space[(i+1)*n:(i+2)*n])
	}
	r.y = r.plan.y.of(u, r.once, r.again, r.space[:n])
}

// solve finds the coefficients from frame first on, and the curve and the
// weights that go with them. Weights that are not given follow from the guess,
// or from the curve of a first pass.
func (r *regression) solve(t *extract.TAC, u []float64, e *Estimate, first int, from *guess) (g gradient, ok bool) {
	r.linearise(&r.l, first, e.Weights[first:])
	switch given := r.given(t); {
	case given != nil:
		copy(r.l.w, given[first:])
		normalise(r.l.w)
	case from != nil:
		r.weigh(from.expected, first, r.l.w)
	default:
		r.l.w = r.shapeW[first:]
		if g, ok = r.l.solve(r.y[first:]); !ok {
			return g, false
		}
		r.l.w = e.Weights[first:]
		r.curve(g, u, e.Fitted)
		r.weigh(e.Fitted, first, r.l.w)
	}
	if g, ok = r.l.solve(r.y[first:]); !ok {
		return g, false
	}
	r.curve(g, u, e.Fitted)
	if from != nil {
		copy(r.unit, from.unit)
	} else {
		r.unitVariances(e.Fitted, r.unit)
	}
	return g, true
}

// shape returns an activity to begin with: the reference's, or a level one.
func (r *regression) shape() []float64 {
	if r.ref != nil {
		return r.ref
	}
	level := make([]float64, len(r.mid))
	for i := range level {
		level[i] = 1
	}
	return level
}

// curve writes the curve that would fit exactly: the columns' sum, or where y
// is an integral the C that brings its point onto the line.
func (r *regression) curve(g gradient, u, out []float64) {
	floats.ScaleTo(out, g[0], r.columns[0])
	for j, x := range r.columns[1:] {
		floats.AddScaled(out, g[j+1], x)
	}
	if !r.graphical() {
		return
	}
	divisor := 0.0
	for j, t := range r.region {
		divisor += g[len(r.input)+j] * t.own
	}
	for i := range out {
		out[i] = u[i] + (r.y[i]-out[i])/divisor
	}
}

// spread carries the noise of both curves, and of k2′ where it was estimated,
// through the fit.
func (r *regression) spread(t *extract.TAC, g gradient, rss float64, from *guess) {
	target := effect{own: r.plan.y.own, through: r.plan.y.through, memory: r.memory}
	for j, term := range r.region {
		c := g[len(r.input)+j]
		target.own -= c * term.own
		target.through -= c * term.through
		target.twice -= c * term.twice
	}
	reference := effect{memory: r.memory}
	for j, term := range r.input {
		reference.own += g[j] * term.own
		reference.through += g[j] * term.through
		reference.twice += g[j] * term.twice
	}
	known := -1.0
	if from != nil && !math.IsNaN(from.level) {
		known = from.level
	}
	r.l.target, r.l.reference = target, reference
	r.l.spread(rss, r.unit, r.in.noise, known, &r.s)
	if r.shared != nil {
		r.s.k2Prime = r.shared.value
	}
	if r.shared.estimated() && r.s.ok {
		// The first column has R/k2′: as k2′ grows the residuals grow by g₀R/k2′².
		moved := r.moved[:len(r.l.w)]
		for i := range moved {
			moved[i] = g[0] * r.ref[r.l.first+i] / (r.shared.value * r.shared.value)
		}
		by, _ := r.l.solve(moved)
		r.shared.join(&r.s, r.influences, r.l.n, by, t.Region, r.unit, r.in.noise)
	}
}

// MaxDeviation is how far, relative to its own value, a point may lie off the
// line after t*.
const MaxDeviation = 0.10

// arterialDeviation is that where t* is chosen with an arterial input: blood in
// the region and a slow second compartment bend these plots gently.
const arterialDeviation = 0.0075

// MinPoints is the least number of points that t* leaves where it is chosen.
const MinPoints = 5

// fewestPoints is the least number of points that a given t* may leave.
const fewestPoints = 3

// start returns the first frame that is fitted, and how far the expected curve
// lies off the line from there on: the frame that was given, or for plans that
// choose it the earliest after which no point lies more than straight off. It
// lays the columns anew for that.
func (r *regression) start(from *guess) (first int, off float64) {
	if !r.lined() {
		return r.first, 0
	}
	r.lay(from.expected)
	if r.tStar > 0 {
		return r.first, r.bend(from, r.first)
	}
	last := len(r.mid) - MinPoints
	for ; first < last; first++ {
		if off = r.bend(from, first); off <= r.straight() {
			return first, off
		}
	}
	return last, r.bend(from, last)
}

// bend returns how far the worst point of the expected curve lies off the line
// through those from frame first on, infinite where there is no line.
func (r *regression) bend(from *guess, first int) float64 {
	var l linearised
	r.linearise(&l, first, r.moved[:len(r.mid)-first])
	r.weigh(from.expected, first, l.w)
	g, ok := l.solve(r.y[first:])
	if !ok {
		return math.Inf(1)
	}
	return r.deviation(g, first)
}

// straight returns how far points may lie off the line where t* is chosen.
func (r *regression) straight() float64 {
	if r.ref == nil {
		return arterialDeviation
	}
	return MaxDeviation
}

// deviation returns how far the worst point from frame first on lies off the
// line, relative to its own value. Points from before the tracer came have none.
func (r *regression) deviation(g gradient, first int) float64 {
	level := r.y
	scale := 1.0
	if r.ratio { // MA1 is judged as the Logan plot that it solves for C
		level, scale = r.columns[len(r.input)], g[len(r.input)]
	}
	least := nothingYet * math.Abs(floats.Max(level))
	worst := 0.0
	for i := first; i < len(r.mid); i++ {
		if math.Abs(level[i]) <= least {
			continue
		}
		left := r.y[i]
		for j := range len(r.input) + len(r.region) {
			left -= g[j] * r.columns[j][i]
		}
		worst = math.Max(worst, math.Abs(left/(scale*level[i])))
	}
	return worst
}

// nothingYet is the fraction of its largest value below which y says nothing.
const nothingYet = 1e-4

// line returns the plot: the integral of the region, and the input's part of it,
// both over the curve.
func (r *regression) line(u []float64, g gradient, first int) *Line {
	n := len(u)
	b := make([]float64, 2*n)
	input := "R"
	if r.ref == nil {
		input = "Cp"
	}
	l := &Line{X: b[:n], Y: b[n:], XLabel: "∫" + input + " / C (min)", YLabel: "∫C / C (min)", First: first, Slope: g[0], Intercept: g[1]}
	floats.DivTo(l.X, r.columns[0], u)
	switch {
	case r.ratio: // MA1: C = g₀ ∫Cp + g₁ ∫C
		l.Slope, l.Intercept = -g[0]/g[1], 1/g[1]
		floats.DivTo(l.Y, r.columns[1], u)
	case r.plot: // Patlak divides by the input
		l.XLabel, l.YLabel = "∫"+input+" / "+input+" (min)", "C / "+input
		floats.DivTo(l.X, r.columns[0], r.columns[1])
		floats.DivTo(l.Y, r.y, r.columns[1])
	default:
		floats.DivTo(l.Y, r.y, u)
	}
	if r.graphical() && len(r.input) == 2 { // MRTM0, whose k2′ is the region's own
		l.Intercept = g[2]
		for i := range l.X {
			l.X[i] += g[1] / g[0] * r.columns[1][i] / u[i]
		}
		l.XLabel = "(∫R + R R1/k2) / C (min)"
	}
	if r.k2Prime {
		l.XLabel = "(∫R + R/k2′) / C (min)"
	}
	return l
}

// doubts says where the plot is not straight, has few points, or is biased by
// noise.
func (r *regression) doubts(off float64, u []float64, e *Estimate, first int, from *guess) []ingest.Warning {
	points := float64(len(u) - first)
	bias := 0.0
	if value, _ := e.Get(r.main); len(e.gradients) > 0 {
		by := r.bias()
		for i, d := range e.gradients[slices.IndexFunc(e.Parameters, func(p Parameter) bool { return p.Symbol == r.main })] {
			bias += d * by[i] * r.s.level / value
		}
	}
	return broken(
		rule{!(off <= MaxDeviation), ingest.WarnTStar, ingest.LevelWarn, off, MaxDeviation, "the worst point of the expected curve after t* lies off the line by this fraction"},
		rule{points < MinPoints, ingest.WarnTStar, ingest.LevelWarn, points, MinPoints, "points after t*"},
		rule{math.Abs(bias) > materialBias, ingest.WarnNoiseBias, ingest.LevelWarn, bias, materialBias, "bias that the noise of the curve gives to " + string(r.main) + ", as a fraction of it: the curve is a regressor"},
	)
}

// materialBias is the relative bias from which it is said.
const materialBias = 0.02

// bias returns the bias of the parameters under noise of level 1 in the
// region's curve. To second order in its errors e, with N = Zᵀ W Z, Z = Z + X e
// and residuals A e,
//
//	N δ = E[(X e)ᵀ W A e] − E[((X e)ᵀ W Z + Zᵀ W X e) L A e]
//
// where only the curve itself counts as a noisy regressor, not its integral.
func (r *regression) bias() gradient {
	l := &r.l
	var right gradient
	for j, t := range r.region {
		if t.own == 0 {
			continue
		}
		c := len(r.input) + j
		for i, w := range l.w {
			at := l.first + i
			v := w * r.unit[at] * t.own
			right[c] += v * (l.target.own + l.target.through*r.memory.frames[at].own)
			for b := range l.n {
				h := r.influences.target[b][at]
				right[c] -= v * l.z[b][i] * h
				right[b] -= v * l.z[b][i] * r.influences.target[c][at]
			}
		}
	}
	var delta gradient
	for i := range l.n {
		for j := range l.n {
			delta[i] += l.inverse[i][j] * right[j]
		}
	}
	return delta
}

// linearise takes the columns from frame first on, with weights w.
func (r *regression) linearise(l *linearised, first int, w []float64) {
	l.first, l.n, l.w, l.influences = first, len(r.columns), w, r.influences
	for i, x := range r.columns {
		l.z[i] = x[first:]
	}
}
