package fit

import (
	"math"

	"tacstream/extract"
)

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
	r.spread(t, g, u, rss, from)
	r.plan.parameters(e, g, &r.s)
	e.finish(r.partition, u, &r.s)
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
