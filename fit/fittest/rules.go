package fittest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// everyInput are all inputs that there are.
const everyInput = fit.ReferenceCurve | fit.Plasma | fit.WholeBlood

// onlyItsInput adds inputs that a model does not say it needs, which must not
// matter to it. A model with plasma may use whole blood where there is some.
func onlyItsInput(m fit.Model) error {
	was, err := m.Fit(scanFor(m.Input()))
	if err != nil {
		return err
	}
	s := scanFor(m.Input())
	if m.Input()&fit.ReferenceCurve == 0 {
		s.Reference = "thalamus"
	}
	other := samples()
	for i := range other {
		other[i].BqPerML *= 2 - float64(i)/float64(len(other))
	}
	if m.Input()&fit.Plasma == 0 {
		s.Blood.Parent = other
		if m.Input()&fit.WholeBlood == 0 {
			s.Blood.Whole = other
		}
	}
	is, err := m.Fit(s)
	if err != nil {
		return err
	}
	return compare(was, is, 0)
}

// judgedBlood gives blood from another time, blood that ends early, and blood with
// a warning.
func judgedBlood(m fit.Model) error {
	if !m.Input().Arterial() {
		return nil
	}
	for _, shift := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		s := scanFor(m.Input())
		for _, list := range [][]extract.Sample{s.Blood.Parent, s.Blood.Whole} {
			for i := range list {
				list[i].At += shift
			}
		}
		if _, err := m.Fit(s); !errors.Is(err, fit.ErrBlood) {
			return fmt.Errorf("samples %v from the scan: error %v", shift, err)
		}
	}
	early, warned := scanFor(m.Input()), scanFor(m.Input())
	early.Blood.Parent = early.Blood.Parent[:len(early.Blood.Parent)*2/3]
	early.Blood.Whole = early.Blood.Whole[:len(early.Blood.Whole)*2/3]
	warned.Blood.Warnings = []ingest.Warning{ingest.Warn(ingest.WarnBlood, ingest.LevelWarn, 0, 0, "The blood is odd.")}
	for _, s := range []fit.Scan{early, warned} {
		estimates, err := m.Fit(s)
		if err != nil {
			return err
		}
		for _, e := range estimates {
			if !slices.Contains(codesOf(e), ingest.WarnBlood) {
				return fmt.Errorf("%s: no warning of blood that ends early, or has one", e.Region)
			}
		}
	}
	return nil
}

// apart uses the buffers of a scan again, and looks whether the estimates change.
func apart(m fit.Model) error {
	s, plain := scanFor(m.Input()), scanFor(m.Input())
	is, err := m.Fit(s)
	if err != nil {
		return err
	}
	was, err := m.Fit(plain)
	if err != nil {
		return err
	}
	low, high := is[0].Interval(0.95)
	for _, t := range s.TACs {
		scale(t.BqPerML, -3)
	}
	clear(s.Frames)
	clear(s.Blood.Parent)
	clear(s.Blood.Whole)
	if again, above := is[0].Interval(0.95); again != low && !math.IsNaN(low) || above != high && !math.IsNaN(high) {
		return fmt.Errorf("%s: interval %g to %g, then %g to %g", is[0].Region, low, high, again, above)
	}
	return compare(was, is, 0)
}

// How standard errors are held against the scatter: over so many scans, with noise
// of this level, from the least to the most of it that may be told.
const (
	noisyScans   = 40
	noiseLevel   = 4.0 // a frame mean U has the variance of this times U over its duration in min
	mostTold     = 2.0
	leastTold    = 0.2 // spectral analysis takes the rates that it picks for known, and tells a quarter
	leastScatter = 1e-9
)

func calibrated(m fit.Model) error {
	rng := rand.New(rand.NewPCG(1, 2))
	var values, errs [][]float64
	var main fit.Symbol
	for range noisyScans {
		s := scanFor(m.Input())
		for _, t := range s.TACs {
			for f, u := range t.BqPerML {
				t.BqPerML[f] += math.Sqrt(noiseLevel*math.Max(u, 0)/s.Frames[f].Duration.Minutes()) * rng.NormFloat64()
			}
		}
		estimates, err := m.Fit(s)
		if err != nil {
			return err
		}
		if values == nil {
			values, errs, main = make([][]float64, len(estimates)), make([][]float64, len(estimates)), estimates[0].Main()
		}
		for i, e := range estimates {
			if v, se := e.Get(main); !math.IsNaN(v + se) {
				values[i], errs[i] = append(values[i], v), append(errs[i], se)
			}
		}
	}
	for i := range values {
		if len(values[i]) < noisyScans/2 {
			continue // a model need not give standard errors
		}
		// Medians, so that a wild fit does not set them.
		told, seen := median(errs[i]), scatter(values[i])
		if ratio := told / seen; seen > leastScatter && !(ratio < mostTold && ratio > leastTold) {
			return fmt.Errorf("region %d: %s scatters by %.3g, and the standard error is %.3g", i+1, main, seen, told)
		}
	}
	return nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// scatter returns the standard deviation by the median distance from the median.
func scatter(list []float64) float64 {
	middle := median(list)
	off := make([]float64, len(list))
	for i, v := range list {
		off[i] = math.Abs(v - middle)
	}
	const ofNormal = 1.4826 // standard deviations over that of the normal distribution
	return ofNormal * median(off)
}

// unclipped adds a region with less binding than the reference: BPND is below 0, or
// a warning says that the search ended at a bound.
func unclipped(m fit.Model) error {
	s := scanFor(m.Input())
	if s.Reference == "" {
		return nil
	}
	c := tissue(0.12, 0.2)
	if m.Input()&fit.WholeBlood != 0 {
		c = append(times(c, 1-vB), times(plasma(), vB)...)
	}
	s.TACs = append(s.TACs, extract.TAC{Region: "below", Voxels: 500, BqPerML: c.FrameMeans(s.Frames, s.HalfLife)})
	estimates, err := m.Fit(s)
	if err != nil {
		return err
	}
	if e := estimates[len(estimates)-1]; e.Main() == fit.BPND {
		bound := slices.Contains(codesOf(e), ingest.WarnFitBound) // of compartments that cannot bind less than nothing
		if v, _ := e.Get(fit.BPND); !(v < -0.1) && !bound {
			return fmt.Errorf("BPND is %g where half of the reference's activity is left", v)
		}
	}
	return nil
}
