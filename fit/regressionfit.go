package fit

import (
	"math"

	"tacstream/extract"
)

// fit estimates one region.
func (r *regression) fit(t *extract.TAC, u []float64, e *Estimate, from *guess) {
	first, plot := r.first, r.look(from)
	r.lay(u)
	g, ok := r.solve(t, u, e, first, from)
	if !ok {
		e.unsolved(r.main)
		return
	}
	rss := squares(r.l.w, u[first:], e.Fitted[first:])
	r.score(e, rss, len(u)-first, r.l.n)
	r.spread(t, g, u, rss, from)
	r.plan.parameters(e, g, &r.s)
	e.finish(r.partition, u, &r.s)
	if r.lined() || r.tStar > 0 {
		if e.TStar = r.tStar; r.tStar == 0 {
			e.TStar = r.startOf(first)
		}
	}
	if r.lined() {
		e.Line = r.line(u, g, first)
		e.Warnings = append(e.Warnings, r.doubts(plot, u, e, first)...)
	}
	for i := range first {
		e.Fitted[i], e.Weights[i] = math.NaN(), 0
	}
}
