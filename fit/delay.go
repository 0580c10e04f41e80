package fit

import (
	"math"
	"time"
)

// The range of delays in s, and how far apart they are tried: activity arrives
// within seconds, and a wider stride can miss the best one.
const (
	earliestDelay = -30.0
	latestDelay   = 60.0
	delayStride   = 1.0
)

// delayRegions is how many regions a delay is found from: enough that more
// would not move it.
const delayRegions = 24

// FindDelay estimates how much later the tracer arrives in the regions than
// where blood was sampled, for Scan.Delay: the delay from −30 s to 60 s with
// which TCM2 fits the curves best, each with a noise level of its own. One that
// fits best at an end of that range is an error. Dispersion between the two is
// not modelled.
//
// It needs whole blood: without it the blood in the regions, which comes first,
// counts as tissue, and the delay comes out seconds too low. Frames of half a
// minute and more at the start leave it uncertain by several seconds.
//
// Source: Meyer, J Nucl Med 1989;30:1069–1078.
func FindDelay(s Scan) (time.Duration, error) {
	if len(s.TACs) == 0 {
		return 0, ErrFrames.With("no curves")
	}
	if err := s.check(); err != nil {
		return 0, err
	}
	all := s.TACs
	s = s.sharing()
	s.TACs = nil
	for i := 0; i < len(all); i += (len(all) + delayRegions - 1) / delayRegions {
		s.TACs = append(s.TACs, all[i])
	}
	var failed error
	misfit := func(seconds float64) float64 {
		s.Delay = time.Duration(seconds * float64(time.Second))
		estimates, err := TCM2{}.Fit(s)
		if err != nil {
			failed = err
			return math.Inf(1)
		}
		sum := 0.0
		for _, e := range estimates {
			sum += e.logMisfit()
		}
		return sum
	}
	best, least := 0.0, math.Inf(1)
	for x := earliestDelay; x <= latestDelay; x += delayStride {
		if m := misfit(x); m < least {
			best, least = x, m
		}
	}
	switch {
	case failed != nil:
		return 0, failed
	case best == earliestDelay || best == latestDelay:
		return 0, ErrBlood.With("no delay between %g and %g s fits best: the times of blood and scan do not belong together", earliestDelay, latestDelay)
	}
	best, _ = golden(misfit, best-delayStride, best+delayStride, 0.05)
	return time.Duration(best*1000) * time.Millisecond, nil
}

// logMisfit returns minus the logarithm of the likelihood, up to a constant, of
// a region with a noise level of its own. What is negative and cannot be, such
// as a fraction of blood, counts against it.
func (e Estimate) logMisfit() float64 {
	if math.IsNaN(e.RSS) {
		return 0 // an empty region says nothing
	}
	misfit := float64(len(e.Fitted)) * math.Log(math.Max(e.RSS, math.SmallestNonzeroFloat64)) / 2
	if vB, _ := e.Get(VB); vB < 0 {
		misfit += impossible
	}
	return misfit
}

// impossible is what an estimate that cannot be adds to the misfit.
const impossible = 3.0
