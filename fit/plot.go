package fit

import (
	"math"
	"time"

	"tacstream/ingest"
)

// A plot is what the regions of a scan share in Logan.
type plot struct {
	*basis
	k2Prime  Parameter
	x        []float64 // ∫R + R/k2′, undecayed, frame means
	integral *operator // frame means to those of the integral, decayed
	kernel   kernel    // likewise
}

func newPlot(b *basis, k2Prime Parameter) *plot {
	p := &plot{basis: b, k2Prime: k2Prime, x: make([]float64, b.n), integral: b.operators.of(0), kernel: b.grid.kernel(0)}
	b.refCurve.convolve(p.kernel, p.x)
	for i, r := range b.ref {
		p.x[i] += r / k2Prime.Value
	}
	return p
}

// A line is y = DVR x + b C through the points from first on, all of them
// multiplied by C and e^(−λt).
type line struct {
	*plot
	first    int
	c, y     []float64
	w        []float64 // of the frames from first on
	dvr, b   float64
	straight bool // false where there is no line
}

// integrated returns the integral of the curve with these frame means.
func (p *plot) integrated(means []float64) []float64 {
	y := make([]float64, p.n)
	p.curve(means).convolve(p.kernel, y)
	return y
}

// line fits the points from first on, with weights from the variances of C.
func (p *plot) line(c, y, unit []float64, first int) line {
	l := line{plot: p, first: first, c: c, y: y, w: make([]float64, p.n-first)}
	weigh(unit[first:], l.w)
	g, ok := solve([][]float64{p.x[first:], c[first:]}, l.w, y[first:])
	l.dvr, l.b, l.straight = g[0], g[1], ok && g[1] != 0
	return l
}

// deviation returns how far the worst point lies off the line, relative to its
// own value.
func (l line) deviation() float64 {
	worst := 0.0
	for i := l.first; i < l.n; i++ {
		worst = math.Max(worst, math.Abs(l.left(i)/l.y[i]))
	}
	return worst
}

// left returns the residual of frame i.
func (l line) left(i int) float64 { return l.y[i] - l.dvr*l.x[i] - l.b*l.c[i] }

// estimate fits one region.
func (p *plot) estimate(u []float64, tStar time.Duration) Estimate {
	whole := p.fit(u, false)
	first := p.start(whole, tStar)
	l := p.line(u, p.integrated(u), whole.unit, first)
	if !l.straight {
		return unsolved()
	}
	e := Estimate{Fitted: make([]float64, p.n), Weights: make([]float64, p.n), TStar: tStar}
	if tStar == 0 {
		e.TStar = p.scan.Frames[p.from+first].Start
	}
	copy(e.Weights[first:], l.w)
	rss := 0.0
	for i := range p.n {
		e.Fitted[i] = math.NaN()
		if i >= first {
			// The curve that would lie on the line.
			e.Fitted[i] = (l.y[i] - l.dvr*l.x[i]) / l.b
			r := u[i] - e.Fitted[i]
			rss += l.w[i-first] * r * r
		}
	}
	p.score(&e, rss, p.n-first, 2)
	l.parameters(&e, whole)
	e.Warnings = l.warnings()
	return e
}

// start returns the first frame of the linear phase.
func (p *plot) start(whole *srtmFit, tStar time.Duration) int {
	first := 0
	if tStar > 0 {
		for p.mid[first] < tStar.Minutes() {
			first++
		}
		return first
	}
	y := p.integrated(whole.fitted)
	for ; first < p.n-MinPoints; first++ {
		if l := p.line(whole.fitted, y, whole.unit, first); l.straight && l.deviation() <= MaxDeviation {
			break
		}
	}
	return first
}

// parameters sets DVR, BPND and k2′. The noise of both curves is carried
// through their integrals, and that of k2′, where it was estimated, through
// the points.
func (l line) parameters(e *Estimate, whole *srtmFit) {
	lin := linearised{
		first: l.first, z: [][]float64{l.x[l.first:], l.c[l.first:]}, w: l.w,
		target:    effect{own: -l.b, through: 1, op: l.integral},
		reference: effect{own: l.dvr / l.k2Prime.Value, through: l.dvr, op: l.integral},
	}
	s := lin.spread(0, whole.unit, l.refNoise, whole.spread.level)
	if !whole.spread.ok {
		s.ok = false
	}
	if se := l.k2Prime.SE; s.ok && se > 0 {
		d := l.byK2Prime() * se
		s.cov[0][0] += d * d
	}
	e.add(BPND, l.dvr-1, s, 1, 0)
	e.add(DVR, l.dvr, s, 1, 0)
	e.Parameters = append(e.Parameters, l.k2Prime)
}

// byK2Prime returns the derivative of DVR by k2′: the points move by
// −R/k2′², and the line follows.
func (l line) byK2Prime() float64 {
	k := l.k2Prime.Value
	moved := make([]float64, len(l.w))
	for i := range moved {
		moved[i] = l.dvr * l.ref[l.first+i] / (k * k)
	}
	g, _ := solve([][]float64{l.x[l.first:], l.c[l.first:]}, l.w, moved)
	return g[0]
}

// warnings says where the plot is not straight or has few points.
func (l line) warnings() []ingest.Warning {
	off, points := l.deviation(), float64(l.n-l.first)
	return broken(
		rule{!(off <= MaxDeviation), ingest.WarnTStar, ingest.LevelWarn, off, MaxDeviation, "the worst point after t* lies off the line by this fraction"},
		rule{points < MinPoints, ingest.WarnTStar, ingest.LevelWarn, points, MinPoints, "points after t*"},
	)
}
