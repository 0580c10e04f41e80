package fit

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/ingest"
)

// A regression fits a plan to the regions of a scan. It is used again for the
// next region.
type regression struct {
	*prepared
	plan
	tStar       time.Duration
	first       int
	scattered   []ingest.Warning // that regions would choose other starts
	shared      *sharedRate      // nil where the plan has no k2′
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
// that is fitted, see startAt; else chooseStart does. Shared is nil where the plan has no k2′.
func newRegression(p *prepared, pl plan, in sources, tStar time.Duration, first int, shared *sharedRate) *regression {
	if pl.k2Prime && shared != nil {
		pl.input = slices.Clone(pl.input)
		pl.input[0].own = 1 / shared.value
	}
	n, k := len(p.mid), len(pl.input)+len(pl.region)
	r := &regression{
		prepared: p, plan: pl, tStar: tStar, first: first, shared: shared, in: in,
		integrator: newIntegrator(p.integration), influences: newInfluences(min(k+1, maxParameters), n), // k2′ may be one more
		once: make([]float64, n), again: make([]float64, n), unit: make([]float64, n), moved: make([]float64, n), columns: make([][]float64, k),
		space: make([]float64, (len(pl.region)+1)*n), shapeW: make([]float64, n),
	}
	for i, t := range pl.input {
		r.columns[i] = t.of(in.own, in.once, in.again, make([]float64, n))
	}
	r.weigh(r.shape(), 0, r.shapeW)
	return r
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
func (r *regression) spread(t *extract.TAC, g gradient, u []float64, rss float64, from *guess) {
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
	if r.misfits {
		r.s.lower(r.ownNoise(u, r.unit), r.l.n)
	}
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

// linearise takes the columns from frame first on, with weights w.
func (r *regression) linearise(l *linearised, first int, w []float64) {
	l.first, l.n, l.w, l.influences = first, len(r.columns), w, r.influences
	for i, x := range r.columns {
		l.z[i] = x[first:]
	}
}
