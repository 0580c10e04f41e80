package fit

import (
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Model estimates binding in the regions of one scan. Models are stateless
// values and safe for concurrent use.
type Model interface {
	// Name returns the model's name in configuration and events, such as
	// "logan-ref".
	Name() string

	// Fit estimates every region of scan but its reference, in the order of
	// scan.TACs. An estimate that can be computed but should be doubted is
	// returned with Warnings, not with an error. Curves that do not share
	// their frames give ErrFrames.
	Fit(scan Scan) ([]Estimate, error)
}

// A Scan is what a model is fitted to.
type Scan struct {
	// Frames are in time order, do not overlap, and may have gaps.
	Frames []ingest.Frame
	// TACs hold frame means of the activity as it decayed, one value per
	// frame. The reference curve is among them.
	TACs []extract.TAC
	// Reference names the reference curve.
	Reference extract.Region
	// HalfLife of the nuclide. 0 means that it is not known or that there is
	// no decay: then λ = 0 and the curves are taken as they are.
	HalfLife time.Duration
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
)

// A Parameter is one estimated number.
type Parameter struct {
	Symbol Symbol
	Value  float64
	SE     float64 // standard error; NaN where the model gives none
}

// An Estimate is what one model says of one region.
type Estimate struct {
	Region     extract.Region
	Model      string
	Parameters []Parameter // in the model's order; a parameter that it does not have is absent
	Fitted     []float64   // the model's curve, in the terms of Scan.TACs; NaN in frames that it leaves out
	Weights    []float64   // of the frames, with mean 1 over those used
	RSS        float64     // weighted residual sum of squares
	AIC, BIC   float64
	TStar      time.Duration // start of the linear phase, after model zero; 0 where the model has none
	Warnings   []ingest.Warning
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
