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

// plane returns what the header of an object with the single plane n, counted
// from 0, would say of itself.
func (i Instance) plane(n int) Instance {
	p := i.Planes
	t := p.Times[p.At[n]/len(p.Positions)]
	i.Position = p.Positions[p.At[n]%len(p.Positions)]
	i.AcquisitionTime, i.Duration, i.DecayFactor = t.AcquisitionTime, t.Duration, t.DecayFactor
	i.FrameReferenceTime, i.HasReferenceTime = t.FrameReferenceTime, t.HasReferenceTime
	i.Plane = n
	return i
}

// planesOf returns one record for each plane: the records themselves, where
// each object is one slice of one frame.
func planesOf(objects []*Record) []*Record {
	planes := make([]*Record, 0, len(objects))
	for _, r := range objects {
		if r.Instance.Planes == nil {
			planes = append(planes, r)
			continue
		}
		for n := range r.Instance.Planes.At {
			plane, instance := *r, r.Instance.plane(n)
			plane.Instance = &instance
			planes = append(planes, &plane)
		}
	}
	return planes
}

// partsMissing returns how many objects of a concatenation have not come and
// how many there are in all.
func partsMissing(objects []*Record) (missing, all int) {
	for _, r := range objects {
		if r.Instance.Planes != nil {
			all = max(all, r.Instance.Planes.Parts)
		}
	}
	return max(all-len(objects), 0), all
}

// countPlanes returns how many slices and frames a series of multi-frame
// objects has. An object that holds several frames, or a concatenation of
// which every part is there, speaks for itself; of an object with one frame it
// is not known whether others follow, unless the header counts them, and then
// frames is 0.
func countPlanes(s Strict, g grid, objects []*Record) (slices, frames int) {
	whole := s.SeriesType == "STATIC"
	for _, r := range objects {
		if p := r.Instance.Planes; p != nil {
			whole = whole || len(p.Times) > 1 || p.Parts > 0
		}
	}
	switch {
	case s.NumberOfTimeSlices > 0:
		return max(s.NumberOfSlices, len(g.positions)), s.NumberOfTimeSlices
	case whole:
		return len(g.positions), len(g.starts)
	}
	return 0, 0
}
