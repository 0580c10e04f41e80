package fit

import (
	"math"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Parameter is one estimated number.
type Parameter struct {
	Symbol Symbol
	Value  float64
	SE     float64 // standard error; NaN where the model gives none
}

// An Estimate is what one model says of one region. Its methods Main, Interval,
// Correlation and WeightedResiduals answer for the fit, from a record of it:
// whatever is done to the exported fields, or to the scan, the answers stay the
// same. Get reads Parameters as they are. An Estimate that is put together from
// the exported fields of another has no record: its Interval and Correlation are
// NaN, and Main and WeightedResiduals go by its fields.
type Estimate struct {
	Region     extract.Region
	Model      string
	Parameters []Parameter   // in the model's order; a parameter that it does not have is absent
	Fitted     []float64     // the model's curve, in the terms of Scan.TACs; NaN in frames that it leaves out
	Weights    []float64     // of the frames, with mean 1 over those used
	RSS        float64       // weighted residual sum of squares
	AIC, BIC   float64       // criteria of Akaike and of Schwarz
	AICc       float64       // AIC for few frames; NaN where there are too few
	NoiseLevel float64       // q of the region: the variance of a frame mean U is q U / duration in min; see noiseGrowth
	K2PrimeSE  float64       // what of the main parameter's standard error comes from an estimated k2′
	TStar      time.Duration // start of the linear phase, after model zero; 0 where the model has none
	Line       *Line         // of a graphical model
	Warnings   []ingest.Warning
	record
}

// A record is what an estimate knows of its fit. It shares nothing with the
// exported fields or with the scan, and does not change after the fit.
type record struct {
	free      int // number of parameters that were fitted
	cov       square
	gradients []gradient // of the first parameters, by those of the fit
	nominal   float64    // relative standard error of the main parameter in a scan of nominalNoise
	profile   profile
	loose     bool        // the profile may have no end
	noErrors  string      // why the model gives no standard errors, "" where it does
	kept      []Parameter // Parameters
	measured  []float64   // the values of the region; nil where there is no record
	fitted    []float64   // Fitted
	weights   []float64   // Weights
}

// keep records a fit to a curve, with room for three times the frames.
func (e *Estimate) keep(measured []float64, kept []Parameter, room []float64) {
	n := len(measured)
	e.measured, e.kept = room[:n:n], append(kept, e.Parameters...)
	copy(e.measured, measured)
	if e.Fitted != nil {
		e.fitted, e.weights = room[n:2*n:2*n], room[2*n:3*n:3*n]
		copy(e.fitted, e.Fitted)
		copy(e.weights, e.Weights)
	}
}

// answering returns the estimate as it was fitted, or as it stands where there
// is no record of that.
func (e Estimate) answering() Estimate {
	if e.measured != nil {
		e.Parameters, e.Fitted, e.Weights = e.kept, e.fitted, e.weights
	}
	return e
}

// A Line is the plot behind a graphical estimate: Y against X, of which the
// points of the frames from First on were fitted. A model that is solved for C
// has the plot that it comes from, and a plane is seen along the line.
type Line struct {
	X, Y             []float64
	XLabel, YLabel   string // what they are, with the unit
	First            int    // of X and Y, which start with the first frame after model zero
	Slope, Intercept float64
}

// Get returns the value and standard error of a parameter, or NaN, NaN where
// the model does not have it.
func (e Estimate) Get(s Symbol) (value, se float64) {
	for _, p := range e.Parameters {
		if p.Symbol == s {
			return p.Value, p.SE
		}
	}
	return math.NaN(), math.NaN()
}

// Main returns the parameter that the model is run for: VT, BPND or Ki.
func (e Estimate) Main() Symbol {
	e = e.answering()
	if i := e.main(); i >= 0 {
		return e.Parameters[i].Symbol
	}
	return BPND
}

// main returns the index of the main parameter, −1 where there is none.
func (e *Estimate) main() int {
	main := -1
	for i := range e.Parameters {
		switch e.Parameters[i].Symbol {
		case VT:
			return i
		case BPND:
			main = i
		case KI:
			if main < 0 {
				main = i
			}
		}
	}
	return main
}

// Correlation returns the correlation of the errors of two parameters, or NaN
// where either has no standard error or the estimate was put together from the
// fields of another.
func (e Estimate) Correlation(a, b Symbol) float64 {
	i := slices.IndexFunc(e.kept, func(p Parameter) bool { return p.Symbol == a })
	j := slices.IndexFunc(e.kept, func(p Parameter) bool { return p.Symbol == b })
	if i < 0 || j < 0 || i >= len(e.gradients) || j >= len(e.gradients) {
		return math.NaN()
	}
	return e.gradients[i].times(&e.cov, &e.gradients[j]) / (e.kept[i].SE * e.kept[j].SE)
}

// WeightedResiduals returns √w (measured − fitted) of each frame of the curve
// that was fitted, NaN in frames that were left out or that measured or the
// estimate do not have.
func (e Estimate) WeightedResiduals(measured []float64) []float64 {
	e = e.answering()
	r := make([]float64, len(e.Fitted))
	for f := range r {
		if r[f] = math.NaN(); f < len(e.Weights) && f < len(measured) {
			r[f] = math.Sqrt(e.Weights[f]) * (measured[f] - e.Fitted[f])
		}
	}
	return r
}

// A profile prepares, for an estimate of its scan, a function that returns the
// least weighted residual sum of squares that the model can have with the main
// parameter held at a value. All estimates of a fit have the same one.
type profile func(e *Estimate) (at func(value float64) float64)

// add appends a parameter. Its standard error follows by the delta method from
// its derivatives by the parameters of the fit.
func (e *Estimate) add(symbol Symbol, value float64, s *spread, derivatives ...float64) {
	var g gradient
	copy(g[:], derivatives)
	p := Parameter{Symbol: symbol, Value: value, SE: math.NaN()}
	if s.ok {
		p.SE = math.Sqrt(g.variance(&s.cov, len(derivatives)))
	}
	e.Parameters = append(e.Parameters, p)
	e.gradients = append(e.gradients, g)
}
