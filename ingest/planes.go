package ingest

import "time"

// Planes are the images within a multi-frame object, which shares one header
// among many slices and frames.
type Planes struct {
	Positions [][3]float64 `json:"ipp"` // ImagePositionPatient, LPS mm, each once
	Times     []PlaneTime  `json:"tim"` // each once
	// At says for each plane, in the order in which the object stores them,
	// its index in Times × len(Positions) + its index in Positions.
	At []int `json:"at"`
	// Parts is InConcatenationTotalNumber: over how many objects the
	// acquisition is spread. It is 0 where the object stands for itself.
	Parts int `json:"prt,omitempty"`
}

// A PlaneTime is when the planes of one frame in time were measured.
type PlaneTime struct {
	AcquisitionTime    time.Time     `json:"acq,omitzero"`
	FrameReferenceTime time.Duration `json:"frt,omitempty"`
	HasReferenceTime   bool          `json:"hrt,omitempty"`
	Duration           time.Duration `json:"dur,omitempty"`
	DecayFactor        float64       `json:"dcf,omitempty"`
}

// valid reports whether every plane has a position and a time, as is true of
// whatever the classifier makes but not of whatever a ledger may hold.
func (p *Planes) valid() bool {
	for _, at := range p.At {
		if at < 0 || at >= len(p.Times)*len(p.Positions) {
			return false
		}
	}
	return len(p.At) > 0
}
