package fit

import (
	"math"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Model estimates binding in the regions of one scan. Models are stateless
// values and safe for concurrent use. Package fittest tests what every Model
// must do.
type Model interface {
	// Name returns the model's name in configuration and events, such as
	// "logan-ref".
	Name() string

	// Input returns what the model needs beside the curves of the regions. A
	// scan without it gives an error.
	Input() Input

	// Fit estimates every region of scan in the order of scan.TACs, but for the
	// reference where that is the model's input. An estimate that can be
	// computed but should be doubted is returned with Warnings, not with an
	// error. Curves that do not share their frames give ErrFrames. Fit does not
	// change the scan.
	Fit(scan Scan) ([]Estimate, error)
}

// An Input says what drives the curves of the regions: any of these together.
type Input uint8

// The inputs.
const (
	ReferenceCurve Input = 1 << iota // the curve that Scan.Reference names
	Plasma                           // Scan.Blood.Parent
	WholeBlood                       // Scan.Blood.Whole
)

// Arterial reports whether samples of blood are part of the input.
func (in Input) Arterial() bool { return in&(Plasma|WholeBlood) != 0 }

// A Scan is what a model is fitted to.
type Scan struct {
	// Frames are in time order, do not overlap, and may have gaps.
	Frames []ingest.Frame
	// TACs hold frame means of the activity as it decayed, one value per
	// frame. The reference curve, if there is one, is
	// among them.
	TACs []extract.TAC
	// Reference names the reference curve, for models that need one.
	Reference extract.Region
	// HalfLife of the nuclide. 0 means that it is not known or that there is
	// no decay: then λ = 0 and the curves are taken as they are.
	HalfLife time.Duration
	// Blood is the arterial input, for models that need one.
	Blood extract.Blood
	// Delay is how much later the tracer arrives in the regions than where blood
	// was sampled. See FindDelay.
	Delay time.Duration
	// Weights are the weights of the frames for the weighting User.
	Weights []float64
}

// Input returns what the scan has for models to need.
func (s Scan) Input() (in Input) {
	if s.Reference != "" {
		in |= ReferenceCurve
	}
	if s.Blood.Parent != nil {
		in |= Plasma
	}
	if s.Blood.Whole != nil {
		in |= WholeBlood
	}
	return in
}

// A Symbol is the name of a parameter in files and events (Innis et al., J
// Cereb Blood Flow Metab 2007;27:1533–1539, doi:10.1038/sj.jcbfm.9600493).
type Symbol string

// The parameters that models give. Rate constants are per minute.
const (
	BPND    Symbol = "BPnd"    // binding potential, unitless
	R1      Symbol = "R1"      // K1/K1′, unitless
	K2      Symbol = "k2"      // efflux rate of the region, 1/min
	K2Prime Symbol = "k2prime" // efflux rate of the reference, 1/min
	K2A     Symbol = "k2a"     // apparent efflux rate, 1/min
	DVR     Symbol = "DVR"     // distribution volume ratio, BPND + 1, unitless
	K1      Symbol = "K1"      // influx rate from plasma, mL/cm³/min
	K3      Symbol = "k3"      // rate of binding, 1/min
	K4      Symbol = "k4"      // rate of release, 1/min
	VB      Symbol = "vB"      // fraction of the region that is blood, unitless
	VT      Symbol = "VT"      // total distribution volume, mL/cm³
	KI      Symbol = "Ki"      // net influx rate: mL/cm³/min from plasma, 1/min from a reference
)

// A Parameter is one estimated number.
type Parameter struct {
	Symbol Symbol
	Value  float64
	SE     float64 // standard error; NaN where the model gives none
}

// An Estimate is what one model says of one region. One that is put together
// from the exported fields of another answers as that one does, except to
// Interval and Correlation, which are then NaN.
type Estimate struct {
	Region     extract.Region
	Model      string
	Parameters []Parameter   // in the model's order; a parameter that it does not have is absent
	Fitted     []float64     // the model's curve, in the terms of Scan.TACs; NaN in frames that it leaves out
	Weights    []float64     // of the frames, with mean 1 over those used
	RSS        float64       // weighted residual sum of squares
	AIC, BIC   float64       // criteria of Akaike and of Schwarz
	AICc       float64       // AIC for few frames; NaN where there are too few
	NoiseLevel float64       // q of the region: the variance of a frame mean U is q U / duration in min
	K2PrimeSE  float64       // what of the main parameter's standard error comes from an estimated k2′
	TStar      time.Duration // start of the linear phase, after model zero; 0 where the model has none
	Line       *Line         // of a graphical model
	Warnings   []ingest.Warning
	parameters int // that were fitted
	cov        square
	gradients  []gradient // of the parameters, by those of the fit
	nominal    float64    // relative standard error of the main parameter in a scan of nominalNoise
	profile    profile
	measured   []float64 // the values of the region; nil where the estimate was put together from its fields
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
	i := slices.IndexFunc(e.Parameters, func(p Parameter) bool { return p.Symbol == a })
	j := slices.IndexFunc(e.Parameters, func(p Parameter) bool { return p.Symbol == b })
	if i < 0 || j < 0 || i >= len(e.gradients) || j >= len(e.gradients) {
		return math.NaN()
	}
	return e.gradients[i].times(&e.cov, &e.gradients[j]) / (e.Parameters[i].SE * e.Parameters[j].SE)
}

// WeightedResiduals returns √w (measured − fitted) of each frame of the curve
// that was fitted, NaN in frames that were left out.
func (e Estimate) WeightedResiduals(measured []float64) []float64 {
	r := make([]float64, len(e.Fitted))
	for f := range r {
		r[f] = math.Sqrt(e.Weights[f]) * (measured[f] - e.Fitted[f])
	}
	return r
}
