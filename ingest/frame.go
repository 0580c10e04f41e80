package ingest

import (
	"math"
	"time"
)

// A Frame is one time frame of a dynamic scan.
type Frame struct {
	Start    time.Duration // after model zero
	Duration time.Duration // always positive
}

// End returns the end of the frame, after model zero.
func (f Frame) End() time.Duration { return f.Start + f.Duration }

// Mid returns the middle of the frame, after model zero.
func (f Frame) Mid() time.Duration { return f.Start + f.Duration/2 }

// DecayFactor is what turns the mean of the decaying activity over the frame
// into the activity at model zero plus origin:
//
//	DF = e^(λ (start − origin)) λd / (1 − e^(−λd))
//
// where d is the frame's duration and λ = ln 2 / halfLife. It is 1 where
// halfLife is zero: no decay is known.
func (f Frame) DecayFactor(halfLife, origin time.Duration) float64 {
	lambda := DecayPerSecond(halfLife)
	x := lambda * f.Duration.Seconds()
	if x == 0 {
		return 1
	}
	return math.Exp(lambda*(f.Start-origin).Seconds()) * x / -math.Expm1(-x)
}

// DecayPerSecond returns λ = ln 2 / halfLife in 1/s, or 0 where halfLife is
// zero.
func DecayPerSecond(halfLife time.Duration) float64 {
	if halfLife <= 0 {
		return 0
	}
	return math.Ln2 / halfLife.Seconds()
}
