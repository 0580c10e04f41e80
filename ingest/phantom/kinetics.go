package phantom

import (
	"math"
	"time"

	"tacstream/ingest"
)

// A Term is one exponential, BqPerML e^(−PerMin t).
type Term struct {
	BqPerML float64
	PerMin  float64 // the rate, not negative
}

// A Curve is a sum of exponentials that starts at model zero, with t in
// minutes: activity corrected for decay to model zero. It is zero before.
type Curve []Term

// At returns the curve at a time after model zero, in Bq/mL.
func (c Curve) At(minutes float64) float64 {
	if minutes < 0 {
		return 0
	}
	sum := 0.0
	for _, term := range c {
		sum += term.BqPerML * math.Exp(-term.PerMin*minutes)
	}
	return sum
}

// Integral returns the integral of the curve from model zero, in Bq/mL min.
func (c Curve) Integral(minutes float64) float64 {
	sum := 0.0
	for _, term := range c {
		sum += term.BqPerML * convolved(term.PerMin, 0, minutes)
	}
	return sum
}

// FrameMeans returns the mean over each frame of the curve as it decays, in
// Bq/mL. Nothing decays where halfLife is 0.
func (c Curve) FrameMeans(frames []ingest.Frame, halfLife time.Duration) []float64 {
	return Kinetics{R1: 1}.FrameMeans(c, frames, halfLife)
}

// times returns the curve multiplied by a factor.
func (c Curve) times(factor float64) Curve {
	scaled := make(Curve, len(c))
	for i, term := range c {
		scaled[i] = Term{term.BqPerML * factor, term.PerMin}
	}
	return scaled
}

// raised returns the curve with all its rates raised by λ: what is measured
// of it while it decays.
func (c Curve) raised(perMin float64) Curve {
	decaying := make(Curve, len(c))
	for i, term := range c {
		decaying[i] = Term{term.BqPerML, term.PerMin + perMin}
	}
	return decaying
}

// Kinetics is what a tracer does in a region according to the simplified
// reference tissue model. With the curve of the reference region C_R, the
// curve of the region is
//
//	C_T = R1 C_R + (k2 − R1 θ) (C_R ⊗ e^(−θt))    θ = k2 / (1 + BPND)
//
// and the curves of the decaying activity obey the same equation with θ and
// the rates of C_R raised by λ, while R1 and the factor k2 − R1 θ stay.
//
// Source: Lammertsma and Hume, NeuroImage 1996;4:153–158,
// doi:10.1006/nimg.1996.0066.
type Kinetics struct {
	Region   string
	R1       float64 // K1/K1′
	K2PerMin float64 // k2
	BPND     float64
}

// K2PrimePerMin returns k2′ = k2/R1, the efflux rate of the reference region.
func (k Kinetics) K2PrimePerMin() float64 { return k.K2PerMin / k.R1 }

// At returns the region's curve at a time after model zero, corrected for
// decay to model zero, in Bq/mL.
func (k Kinetics) At(ref Curve, minutes float64) float64 { return k.with(ref, 0).at(minutes) }

// Integral returns the integral of the region's curve from model zero, in
// Bq/mL min.
func (k Kinetics) Integral(ref Curve, minutes float64) float64 {
	return k.with(ref, 0).integral(minutes)
}

// FrameMeans returns the mean over each frame of the region's activity as it
// decays, in Bq/mL. Nothing decays where halfLife is 0.
func (k Kinetics) FrameMeans(ref Curve, frames []ingest.Frame, halfLife time.Duration) []float64 {
	tissue := k.with(ref, perMin(halfLife))
	means := make([]float64, len(frames))
	for i, f := range frames {
		start, end := f.Start.Minutes(), f.End().Minutes()
		means[i] = (tissue.integral(end) - tissue.integral(start)) / (end - start)
	}
	return means
}

// with puts the kinetics beside a reference curve, both decaying with λ.
func (k Kinetics) with(ref Curve, lambda float64) srtm {
	theta := k.K2PerMin / (1 + k.BPND)
	return srtm{ref: ref.raised(lambda), r1: k.R1, gain: k.K2PerMin - k.R1*theta, theta: theta + lambda}
}

// srtm is the curve R1 C_R + g (C_R ⊗ e^(−θt)).
type srtm struct {
	ref             Curve
	r1, gain, theta float64
}

func (s srtm) at(t float64) float64 { return s.r1*s.ref.At(t) + s.gain*s.tail(t) }

// integral returns ∫C_T from 0 to t. The integral of y = C_R ⊗ e^(−θt) follows
// from y′ = C_R − θ y:
//
//	∫y = (∫C_R − y) / θ
func (s srtm) integral(t float64) float64 {
	input := s.ref.Integral(t)
	if s.gain == 0 { // also where θ is 0
		return s.r1 * input
	}
	return s.r1*input + s.gain*(input-s.tail(t))/s.theta
}

// tail returns C_R ⊗ e^(−θt).
func (s srtm) tail(t float64) float64 {
	sum := 0.0
	for _, term := range s.ref {
		sum += term.BqPerML * convolved(term.PerMin, s.theta, t)
	}
	return sum
}

// convolved returns the convolution of two exponentials that start at 0,
//
//	e^(−at) ⊗ e^(−bt) = (e^(−at) − e^(−bt)) / (b − a)
//
// which is t e^(−at) where the rates are equal, and 0 before 0.
func convolved(a, b, t float64) float64 {
	if t <= 0 {
		return 0
	}
	x := math.Abs(a-b) * t
	if x == 0 {
		return t * math.Exp(-a*t)
	}
	return t * math.Exp(-min(a, b)*t) * -math.Expm1(-x) / x
}

// perMin returns λ = ln 2 / halfLife in 1/min, 0 where halfLife is 0.
func perMin(halfLife time.Duration) float64 {
	if halfLife == 0 {
		return 0
	}
	return math.Ln2 / halfLife.Minutes()
}
