package ingest

import (
	"math"
	"time"
)

// An Instance is what the header of one PET object says of itself.
type Instance struct {
	SOPInstanceUID     string        `json:"uid"`
	Position           [3]float64    `json:"ipp"`          // ImagePositionPatient, LPS mm, as in the file
	AcquisitionTime    time.Time     `json:"acq,omitzero"` // date and time; zero where absent
	FrameReferenceTime time.Duration `json:"frt,omitempty"`
	HasReferenceTime   bool          `json:"hrt,omitempty"`
	Duration           time.Duration `json:"dur,omitempty"` // ActualFrameDuration; 0 where absent
	DecayFactor        float64       `json:"dcf,omitempty"` // (0054,1321); 0 where absent
	ImageIndex         int           `json:"idx,omitempty"` // (0054,1330); 0 where absent
	// TransferSyntax and where the pixel data's value lies in the object.
	TransferSyntaxUID string `json:"tsx"`
	// Planes holds what a multi-frame object says of each of its images, and
	// then what is said above of one alone is left empty; nil for an object
	// that is one slice of one frame.
	Planes *Planes `json:"pln,omitempty"`
	// Plane is the image of a multi-frame object that an assembled slot is
	// filled with, counted from 0 in the order of storage.
	Plane int `json:"-"`
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

// startOf returns the start of a frame after the origin of its decay factor,
// in seconds.
func startOf(i Instance, lambda float64) float64 {
	x := lambda * i.Duration.Seconds()
	return (math.Log(i.DecayFactor) - math.Log(x/-math.Expm1(-x))) / lambda
}
