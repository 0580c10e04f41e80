package fit

import (
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

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
	// frame. The reference curve, if there is one, is among them. Values that
	// are corrected for decay are not always told: see NewScan.
	TACs []extract.TAC
	// Reference names the reference curve, for models that need one.
	Reference extract.Region
	// HalfLife of the nuclide. 0 means that it is not known or that there is
	// no decay: then λ = 0 and the curves are taken as they are, and only the growth
	// of their noise is estimated.
	HalfLife time.Duration
	// Blood is the arterial input, for models that need one.
	Blood extract.Blood
	// Delay is how much later the tracer arrives in the regions than where blood
	// was sampled. See FindDelay.
	Delay time.Duration
	// Weights are the weights of the frames for the weighting User.
	Weights []float64
	// doubts name the frames that NewScan left out.
	doubts []ingest.Warning
	// schedules are shared by the fits of the scan, and of its copies. They may be
	// nil: then each fit prepares the frames for itself.
	schedules *schedules
}

// sharing returns the scan with schedules, so that several fits of it prepare
// its frames once.
func (s Scan) sharing() Scan {
	if s.schedules == nil {
		s.schedules = new(schedules)
	}
	return s
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
