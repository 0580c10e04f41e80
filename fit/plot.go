package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tacstream/ingest"
)

// MaxDeviation is how far, relative to its own value, a point may lie off the
// line after t*.
const MaxDeviation = 0.10

// arterialDeviation is that where t* is chosen with an arterial input: blood in
// the region and a slow second compartment bend these plots gently.
const arterialDeviation = 0.0075

// A straightness says how straight the plot of an expected curve is after t*.
type straightness struct {
	off    float64 // of the worst point from the line, relative to its own value
	wrong  float64 // of the slope from what the model says that the curve came from, as a part of it; 0 within its error
	drift  float64 // of the slope in the later half of the points, relative to that of all, of tracers that should be trapped
	unsure bool    // noise bends the expected curve
	blood  float64 // by which part blood in the region changes the slope; 0 where that is not known
}

// look returns how straight the plot of the expected curve is from the first frame
// that is fitted on. It lays the columns anew for that.
func (r *regression) look(from *guess) (s straightness) {
	if !r.lined() {
		return straightness{}
	}
	r.lay(from.expected)
	g, ok := r.lineFrom(from, r.first)
	if !ok {
		return straightness{off: math.Inf(1)}
	}
	s.off = r.deviation(g, r.first)
	s.unsure = from.unsure
	slope, known := r.slope(g), from.main.Value != 0
	if left := len(r.mid) - r.first; !known && r.main == KI && left/2 > len(r.columns) {
		if g, ok := r.lineFrom(from, r.first+left/2); ok {
			s.drift = r.slope(g)/slope - 1
		}
	}
	tissue := slope
	if from.tissue != nil {
		r.lay(from.tissue)
		if g, ok := r.lineFrom(from, r.first); ok {
			tissue = r.slope(g)
			s.blood = slope/tissue - 1
		}
	}
	if wrong := tissue/from.main.Value - 1; known && math.Abs(wrong) > 2*from.main.SE/math.Abs(from.main.Value) {
		s.wrong = wrong
	}
	return s
}

// slope returns what the line's coefficients mean.
func (r *regression) slope(g gradient) float64 {
	if r.ratio {
		return -g[0] / g[len(r.input)]
	}
	return g[0]
}

// lineFrom returns the line through the points of the expected curve, which is
// laid out, from a frame on.
func (r *regression) lineFrom(from *guess, first int) (gradient, bool) {
	var l linearised
	r.linearise(&l, first, r.moved[:len(r.mid)-first])
	r.weigh(from.expected, first, l.w)
	return l.solve(r.y[first:])
}

// bend returns how far the worst point of the expected curve lies off the line
// through those from frame first on, infinite where there is no line.
func (r *regression) bend(from *guess, first int) float64 {
	g, ok := r.lineFrom(from, first)
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

// doubts says where the plot is not straight, has few points, holds blood, or is
// biased by noise.
func (r *regression) doubts(plot straightness, u []float64, e *Estimate, first int) []ingest.Warning {
	points := float64(len(u) - first)
	bias := 0.0
	value, se := e.Get(r.main)
	relative := math.Abs(se / value)
	if len(e.gradients) > 0 {
		by := r.bias()
		for i, d := range e.gradients[slices.IndexFunc(e.Parameters, func(p Parameter) bool { return p.Symbol == r.main })] {
			bias += d * by[i] * r.s.level / value
		}
	}
	main := string(r.main)
	bent := !(plot.off <= MaxDeviation) && (r.tStar > 0 || !plot.unsure && !(relative > seWarn))
	return append(broken(
		rule{bent, ingest.WarnTStar, ingest.LevelWarn, plot.off, MaxDeviation, "The worst point of the expected curve after t* lies off the line by {value} of its value, more than {limit}."},
		rule{math.Abs(plot.wrong) > mostWrong, ingest.WarnTStar, ingest.LevelWarn, plot.wrong, mostWrong,
			"The plot is not straight enough: on the curve of two compartments that describes the region its " + main + " is off by {value} of theirs, more than {limit}."},
		rule{math.Abs(plot.drift) > mostDrift, ingest.WarnTStar, ingest.LevelWarn, plot.drift, mostDrift,
			"The plot bends after t*: the later half of its points has a slope that differs by {value} of that of all, more than {limit}, as where a tracer comes off again."},
		rule{math.Abs(plot.blood) > mostBlood, ingest.WarnPlotBlood, ingest.LevelWarn, plot.blood, mostBlood,
			"The plot leaves the blood in the region, which changes " + main + " by {value} of its value, more than {limit}: a model with vB takes it out."},
		rule{points < MinPoints, ingest.WarnTStar, ingest.LevelWarn, points, MinPoints, "Only {value} points lie after t*, fewer than {limit}."},
		rule{math.Abs(bias) > materialBias && !(math.Abs(bias) < relative/2), ingest.WarnNoiseBias, ingest.LevelWarn, bias, materialBias, "Noise of the curve, which is a regressor, biases " + main + " by {value} of its value, more than {limit}."},
	), r.scattered...)
}

// mostWrong is by which part the slope may differ from what two compartments
// say. On exact curves of these that is the plot's error, blood apart.
const mostWrong = 0.04

// mostDrift is by which part the slope of a tracer that is trapped may change in
// the later half of the points.
const mostDrift = 0.03

// mostBlood is by which part blood in the region may change the slope.
const mostBlood = 0.04

// materialBias is the relative bias from which it is said, if it is half of the
// standard error or more.
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
