package fit_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// A ratio worked out by hand: three times the reference in one frame of the
// window and once in the other, both corrected for decay and of one length.
func TestSUVR(t *testing.T) {
	frames := schedule(6, 60, 4, 600)
	s := fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "r", TACs: []extract.TAC{{Region: "r"}, {Region: "t"}}}
	for i, f := range frames {
		decayed := 1000 / f.DecayFactor(s.HalfLife, 0)
		s.TACs[0].BqPerML = append(s.TACs[0].BqPerML, decayed)
		factor := 1.0
		if i == 8 {
			factor = 3
		}
		s.TACs[1].BqPerML = append(s.TACs[1].BqPerML, factor*decayed)
	}
	for window, want := range map[fit.Window]float64{
		{From: 26 * time.Minute, To: 46 * time.Minute}: 2, // frames 9 and 10
		{From: 26 * time.Minute, To: 36 * time.Minute}: 3,
		{From: 31 * time.Minute, To: 46 * time.Minute}: 5.0 / 3, // half of frame 9 counts
		{From: 30 * time.Minute}:                       (0.6*3 + 1) / 1.6,
	} {
		estimates, err := fit.SUVR{Window: window}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		if dvr, _ := estimates[0].Get(fit.DVR); math.Abs(dvr-want) > 1e-9 {
			t.Errorf("%v: %.6f, want %.6f", window, dvr, want)
		}
	}
	if _, err := (fit.SUVR{Window: fit.Window{From: 3 * time.Hour, To: 4 * time.Hour}}).Fit(s); !errors.Is(err, fit.ErrTooFewFrames) {
		t.Errorf("a window after the scan: %v", err)
	}
}

// Every weighting fits exact curves, and a name that there is not is named.
func TestWeightings(t *testing.T) {
	s := goldenScan(hrrt(), phantom.CarbonHalfLife)
	for range s.Frames {
		s.Weights = append(s.Weights, 1)
	}
	for _, w := range fit.Weightings() {
		for _, m := range []fit.Model{fit.SRTM{Weighting: w}, fit.MRTM2{K2PrimePerMin: 0.065, Weighting: w}} {
			estimates, err := m.Fit(s)
			if err != nil {
				t.Fatalf("%s: %v", w, err)
			}
			bp, se := estimates[0].Get(fit.BPND)
			sum := 0.0
			for _, v := range estimates[0].Weights {
				sum += v / float64(len(s.Frames))
			}
			if math.Abs(bp-1.9) > 1e-4 || math.IsNaN(se) || math.Abs(sum-1) > 1e-9 {
				t.Errorf("%s %s: BPND %.6f ± %g, mean weight %g", m.Name(), w, bp, se, sum)
			}
		}
	}
	if _, err := (fit.SRTM{Weighting: "best"}).Fit(s); err == nil {
		t.Error("a weighting that there is not")
	}
	s.Weights = s.Weights[1:]
	if _, err := (fit.SRTM{Weighting: fit.User}).Fit(s); !errors.Is(err, fit.ErrFrames) {
		t.Errorf("weights for other frames: %v", err)
	}
}
