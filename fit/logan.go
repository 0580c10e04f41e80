package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// Logan is the reference Logan plot. After t* the points
//
//	y = ∫₀ᵗ C ds / C(t)    x = (∫₀ᵗ R ds + R(t)/k2′) / C(t)
//
// lie on a line of slope DVR = BPND + 1, where C is the curve of the region
// and R that of the reference, both corrected for decay. Multiplied by e^(−λt)
// the integrals become those curves, undecayed, convolved with e^(−λt), and C
// and R become the frame means that were measured: so everything is averaged
// over the frames exactly.
//
// The plot makes no assumption on compartments, only that it is straight after
// t*. Noise in C lowers its slope: at 10 % noise in the late frames BPND comes
// out some 5 % low. The term with k2′ matters for tracers whose reference is
// slow: without it BPND may be 20 % low while the line looks straight.
//
// Source: Logan et al., J Cereb Blood Flow Metab 1996;16:834–840,
// doi:10.1097/00004647-199609000-00008.
type Logan struct {
	// TStar is the start of the linear phase, after model zero. 0 takes the
	// earliest after which no point lies more than MaxDeviation off the line.
	TStar time.Duration
	// K2PerMin is k2′, the efflux rate of the reference. 0 estimates it from
	// all regions by SRTM.
	K2PerMin float64
}

// MaxDeviation is how far, relative to its own value, a point may lie off the
// line after t*.
const MaxDeviation = 0.10

// minPoints is the least number of points for a line.
const minPoints = 5

// Name returns "logan-ref".
func (Logan) Name() string { return "logan-ref" }

// Fit estimates DVR and BPND of every region, and says which k2′ was used.
func (m Logan) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	if m.K2PerMin < 0 || math.IsNaN(m.K2PerMin) || math.IsInf(m.K2PerMin, 0) {
		return nil, fmt.Errorf("k2′ of %g /min: %w", m.K2PerMin, ErrValues)
	}
	if len(p.mid) < minPoints || p.mid[len(p.mid)-minPoints] < minutes(m.TStar) {
		return nil, fmt.Errorf("fewer than %d frames after t* = %v: %w", minPoints, m.TStar, ErrTooFewFrames)
	}
	basis := newBasis(p)
	k2p, se := m.K2PerMin, math.NaN()
	if k2p == 0 {
		if k2p, se, err = sharedK2Prime(basis); err != nil {
			return nil, err
		}
	}
	plot := newLoganPlot(p, k2p)
	return p.each(func(_ extract.TAC, u []float64) Estimate {
		// The few points of the line say little of the noise, the whole
		// curve says more.
		whole, level := basis.fit(u, false)
		return plot.fit(u, m.TStar, se, whole.Fitted, level)
	}), nil
}

// sharedK2Prime estimates k2′ from all regions: the mean of SRTM's, weighted
// by the inverse of its variance, over regions that bind.
func sharedK2Prime(b *basis) (k2p, se float64, err error) {
	var sum, weight float64
	b.each(func(_ extract.TAC, u []float64) Estimate {
		e, _ := b.fit(u, false)
		bp, _ := e.Get(BPND)
		k, s := e.Get(K2Prime)
		if bp > 0.1 && k > 0 && s > 0 && s < k {
			sum += k / (s * s)
			weight += 1 / (s * s)
		}
		return e
	})
	if !(weight > 0) {
		return 0, 0, fmt.Errorf("k2′ cannot be estimated, since no region binds clearly; give it: %w", ErrReference)
	}
	return sum / weight, 1 / math.Sqrt(weight), nil
}

// A loganPlot holds what all regions share.
type loganPlot struct {
	*prepared
	k2p      float64
	x        []float64   // ∫R + R/k2′, undecayed, frame means
	integral [][]float64 // frame means to those of their convolution with e^(−λt)
}

func newLoganPlot(p *prepared, k2p float64) loganPlot {
	l := loganPlot{prepared: p, k2p: k2p, x: make([]float64, len(p.ref)), integral: p.grid.operator(p.lambda)}
	p.refCurve.convolve(p.lambda, l.x)
	for f, r := range p.ref {
		l.x[f] += r / k2p
	}
	return l
}

// fit estimates one region.
func (l loganPlot) fit(u []float64, tStar time.Duration, k2pSE float64, expected []float64, level float64) Estimate {
	n := len(u)
	e := Estimate{Model: Logan{}.Name(), Fitted: make([]float64, n), Weights: make([]float64, n)}
	y := make([]float64, n)
	l.curve(u).convolve(l.lambda, y)
	first, chosen := l.start(u, y, tStar)
	line, ok := l.line(u, y, first)
	if !ok {
		return e.none(l.prepared, u)
	}
	e.TStar = tStar
	if tStar == 0 {
		e.TStar = l.scan.Frames[l.from+first].Start
	}
	copy(e.Weights[first:], line.w)
	residuals := make([]float64, n-first)
	for f := range n {
		e.Fitted[f] = math.NaN()
		if f >= first {
			// The curve that would lie on the line.
			e.Fitted[f] = (y[f] - line.p[0]*l.x[f]) / line.p[1]
			residuals[f-first] = y[f] - dot(line.z[f-first], line.p)
			e.RSS += line.w[f-first] * residuals[f-first] * residuals[f-first]
		}
	}
	e.criteria(n-first, 2)
	cov, ok := l.covariance(line, expected, first, level)
	e.add(BPND, line.p[0]-1, []float64{1, 0}, cov, ok)
	e.add(DVR, line.p[0], []float64{1, 0}, cov, ok)
	e.Parameters = append(e.Parameters, Parameter{K2Prime, l.k2p, k2pSE})
	e.Warnings = append(append(e.Warnings, l.warnings...), commonWarnings(e, u)...)
	if !chosen {
		e.Warnings = append(e.Warnings, ingest.Warning{
			Code: ingest.WarnTStar, Level: ingest.LevelWarn, Value: l.deviation(line, u, y, first), Threshold: MaxDeviation,
			Detail: "the plot is not straight to this fraction after t*",
		})
	}
	return e
}

// A straight is the line y = DVR x + b C through the points from first on,
// weighted in the terms of the plot, y/C against x/C.
type straight struct {
	z [][]float64
	w []float64
	p []float64 // DVR and b
}

func (l loganPlot) line(u, y []float64, first int) (straight, bool) {
	var s straight
	for f := first; f < len(u); f++ {
		s.z = append(s.z, []float64{l.x[f], u[f]})
		// The error of y/C is about b times that of C over C, and C's own
		// variance is C/d.
		s.w = append(s.w, l.length[f]/math.Max(math.Abs(u[f]), 1e-3*l.ref[f]))
	}
	sum := 0.0
	for _, w := range s.w {
		sum += w
	}
	for i := range s.w {
		s.w[i] *= float64(len(s.w)) / sum
	}
	var ok bool
	s.p, ok = solve(s.z, s.w, y[first:])
	return s, ok && s.p[1] != 0
}

// start returns the first frame of the linear phase, and whether the plot is
// straight from there on.
func (l loganPlot) start(u, y []float64, tStar time.Duration) (int, bool) {
	last := len(u) - minPoints
	if tStar > 0 {
		first := 0
		for first < last && l.mid[first] < minutes(tStar) {
			first++
		}
		line, ok := l.line(u, y, first)
		return first, ok && l.deviation(line, u, y, first) <= MaxDeviation
	}
	for first := range last + 1 {
		if line, ok := l.line(u, y, first); ok && l.deviation(line, u, y, first) <= MaxDeviation {
			return first, true
		}
	}
	return last, false
}

// deviation returns how far the worst point lies off the line, relative to
// its own value.
func (l loganPlot) deviation(s straight, u, y []float64, first int) float64 {
	worst := 0.0
	for f := first; f < len(u); f++ {
		worst = math.Max(worst, math.Abs(y[f]-dot(s.z[f-first], s.p))/math.Abs(y[f]))
	}
	return worst
}

// covariance propagates the noise of both curves through their integrals.
func (l loganPlot) covariance(s straight, expected []float64, first int, level float64) ([][]float64, bool) {
	n := len(expected)
	lin := linearised{z: s.z, w: s.w}
	for f := first; f < n; f++ {
		a, b := make([]float64, n), make([]float64, n)
		for j := range n {
			a[j], b[j] = l.integral[f][j], -s.p[0]*l.integral[f][j]
		}
		a[f] -= s.p[1]
		b[f] -= s.p[0] / l.k2p
		lin.a, lin.b = append(lin.a, a), append(lin.b, b)
	}
	v := make([]float64, n)
	l.unitVariances(expected, v)
	gain, ok := lin.gain()
	if !ok {
		return nil, false
	}
	return lin.covariance(gain, v, l.refUnit, level, l.refLevel), true
}
