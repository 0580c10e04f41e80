package fit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
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
// which TCM2 fits the curves best, each with a noise level of its own. Dispersion
// between the two is not modelled.
//
// It needs whole blood: without it the blood in the regions, which comes first,
// counts as tissue, and the delay comes out seconds too low. Frames of half a
// minute and more at the start leave it uncertain by several seconds.
//
// Where an end of that range fits best, the search has not found the delay. It is
// 0 then, and doubts says so, if the curves fit plainly without a delay, or if what
// moves the search is known: whole blood is missing, or the rise of the plasma was
// not sampled. Otherwise the times of blood and scan do not belong together, which is
// an error. Doubts belong to every estimate of the scan: append them to the Warnings
// of its Blood.
//
// Source: Meyer, J Nucl Med 1989;30:1069–1078.
func FindDelay(s Scan) (delay time.Duration, doubts []ingest.Warning, err error) {
	if len(s.TACs) == 0 {
		return 0, nil, ErrFrames.With("no curves")
	}
	if err := s.check(); err != nil {
		return 0, nil, err
	}
	d := delaySearch{scan: s.sharing()}
	d.scan.TACs = nil
	for i := 0; i < len(s.TACs); i += (len(s.TACs) + delayRegions - 1) / delayRegions {
		d.scan.TACs = append(d.scan.TACs, s.TACs[i])
	}
	best, least := 0.0, math.Inf(1)
	for x := earliestDelay; x <= latestDelay; x += delayStride {
		if m := d.misfit(x); m < least {
			best, least = x, m
		}
	}
	switch {
	case d.failed != nil:
		return 0, nil, d.failed
	case best == earliestDelay || best == latestDelay:
		doubts, err = d.without(best)
		return 0, doubts, err
	}
	best, _ = golden(d.misfit, best-delayStride, best+delayStride, 0.05)
	return time.Duration(best*1000) * time.Millisecond, nil, nil
}

// A delaySearch tries delays.
type delaySearch struct {
	scan   Scan
	failed error // of the last fit that could not be made
}

// fit returns the estimates with a delay in s.
func (d *delaySearch) fit(seconds float64) []Estimate {
	d.scan.Delay = time.Duration(seconds * float64(time.Second))
	estimates, err := TCM2{}.Fit(d.scan)
	if err != nil {
		d.failed = err
	}
	return estimates
}

// misfit returns how badly TCM2 fits with a delay in s.
func (d *delaySearch) misfit(seconds float64) float64 {
	estimates := d.fit(seconds)
	if estimates == nil {
		return math.Inf(1)
	}
	sum := 0.0
	for _, e := range estimates {
		sum += e.logMisfit()
	}
	return sum
}

// plainNoise is the variance of the residuals, over that of the noise which the
// curves show by themselves, up to which the curves count as fitted plainly. Four real
// scans with [11C]MC1 have 2 to 4 there at the right delay.
const plainNoise = 10.0

// without says why the delay is 0 though an end of the range fits best, or returns
// the error that it cannot be.
func (d *delaySearch) without(end float64) ([]ingest.Warning, error) {
	noise, why := d.noiseRatio(0), ""
	switch {
	case d.failed != nil:
		return nil, d.failed
	case d.scan.Blood.Whole == nil:
		why = "without whole blood the blood in the regions counts as early tissue"
	case riseMissed(d.scan.Blood.Parent):
		why = "the rise of the plasma was not sampled"
	case noise <= plainNoise:
		why = fmt.Sprintf("the curves fit without a delay, with residuals of %.3g times their own noise", math.Sqrt(noise))
	default:
		return nil, ErrBlood.With("no delay between %g and %g s fits best: the times of blood and scan do not belong together", earliestDelay, latestDelay)
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnDelay, ingest.LevelWarn, end, 0,
		"The delay of the tracer after the blood was not found, since an end of the search, %g s, fits best; 0 s is used: %s.", end, why)}, nil
}

// noiseRatio returns the noise level that the residuals show with a delay in s, over
// that which the curve itself shows, in the median of the regions.
func (d *delaySearch) noiseRatio(seconds float64) float64 {
	var all []float64
	for i, e := range d.fit(seconds) {
		if own := ownLevel(d.scan, d.scan.TACs[i]); own > 0 && !math.IsNaN(e.NoiseLevel) {
			all = append(all, e.NoiseLevel/own)
		}
	}
	if len(all) == 0 {
		return math.Inf(1)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// risen is the part of the peak above which the first sample comes too late to say
// when the tracer arrived.
const risen = 0.1

// riseMissed reports whether the first sample after model zero is of that height.
func riseMissed(plasma []extract.Sample) bool {
	peak := 0.0
	for _, v := range plasma {
		peak = math.Max(peak, v.BqPerML)
	}
	return len(plasma) > 0 && plasma[0].At > 0 && plasma[0].BqPerML > risen*peak
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
