package fit_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// ordinary is a scan that deserves no warning.
func ordinary() fit.Scan { return region(1, 1.5) }

// region returns an exact scan of a region with k2′ 0.065 /min.
func region(r1, bpnd float64) fit.Scan {
	return exactScan(phantom.Kinetics{R1: r1, K2PerMin: 0.065 * r1, BPND: bpnd}, phantom.DASB.Reference(), hrrt(), phantom.CarbonHalfLife)
}

// changed returns the ordinary scan after a change to its target.
func changed(change func(frame int, u float64) float64) fit.Scan {
	s := ordinary()
	u := s.TACs[1].BqPerML
	for i := range u {
		u[i] = change(i, u[i])
	}
	return s
}

func TestAnOrdinaryScanHasNoWarnings(t *testing.T) {
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{}} {
		estimates, err := m.Fit(ordinary())
		if err != nil || len(estimates) != 1 || len(estimates[0].Warnings) > 0 {
			t.Errorf("%s: %v, %v", m.Name(), estimates, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	late := ordinary()
	for i := range late.TACs {
		late.TACs[i].BqPerML[0] = slices.Max(late.TACs[i].BqPerML) / 2
	}
	gap := ordinary()
	gap.Frames = slices.Delete(gap.Frames, 26, 28)
	for i := range gap.TACs {
		gap.TACs[i].BqPerML = slices.Delete(gap.TACs[i].BqPerML, 26, 28)
	}
	missed := ordinary()
	missed.Frames = missed.Frames[1:]
	for i := range missed.TACs {
		missed.TACs[i].BqPerML = missed.TACs[i].BqPerML[1:]
	}
	long := exactScan(phantom.Kinetics{R1: 1, K2PerMin: 0.065, BPND: 1.5}, phantom.DASB.Reference(), schedule(1, 360, 14, 360), phantom.CarbonHalfLife)
	small := ordinary()
	small.TACs[1].Voxels = 4
	zigzag := func(size float64) fit.Scan {
		return changed(func(i int, u float64) float64 { return u * (1 + size*float64(1-2*(i%2))) })
	}
	tests := []struct {
		name string
		scan fit.Scan
		want ingest.Code
	}{
		{"the tracer had arrived", late, ingest.WarnLateStart},
		{"two frames are missing", gap, ingest.WarnFrameGap},
		{"the first ten seconds are missing", missed, ingest.WarnFrameGap},
		{"the first frame lasts six minutes", long, ingest.WarnScanShort},
		{"a late mean is negative", changed(func(i int, u float64) float64 { return u * float64(1-2*(i/35)) }), ingest.WarnNegative},
		{"four voxels", small, ingest.WarnSmallRegion},
		{"late frames jump", zigzag(0.3), ingest.WarnNoise},
		{"BPND is uncertain", zigzag(0.3), ingest.WarnSE},
		{"the reference binds", region(1, -0.4), ingest.WarnRefBinding},
		{"a tracer that never leaves", region(1, 1000), ingest.WarnFitBound},
		{"BPND is negative", region(1, -0.3), ingest.WarnBPRange},
		{"BPND is beyond belief", region(1, 40), ingest.WarnBPRange},
		{"little delivery", region(0.2, 1), ingest.WarnR1Range},
		{"much delivery", region(2.5, 1), ingest.WarnR1Range},
		{"residuals in waves", changed(func(i int, u float64) float64 { return u * (1 + 0.05*math.Sin(float64(i)/1.5)) }), ingest.WarnResiduals},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			estimates, err := fit.SRTM{}.Fit(test.scan)
			if err != nil {
				t.Fatal(err)
			}
			if !warned(estimates[0], test.want) {
				t.Errorf("no %s: %v, %+v", test.want, estimates[0].Warnings, estimates[0].Parameters)
			}
			for _, w := range estimates[0].Warnings {
				if math.IsNaN(w.Value) || math.IsInf(w.Value, 0) || w.Level == "" || w.Detail == "" {
					t.Errorf("a warning that no event can hold: %+v", w)
				}
			}
		})
	}
}

func TestTStar(t *testing.T) {
	tests := []struct {
		name  string
		model fit.LoganRef
		warns bool
	}{
		{"chosen", fit.LoganRef{K2PrimePerMin: 0.065}, false},
		{"given, straight", fit.LoganRef{K2PrimePerMin: 0.065, TStar: 30 * time.Minute}, false},
		{"given, before the plot is straight", fit.LoganRef{K2PrimePerMin: 1, TStar: time.Second}, true},
		{"given, with four points after it", fit.LoganRef{K2PrimePerMin: 0.065, TStar: 55 * time.Minute}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			estimates, err := test.model.Fit(ordinary())
			if err != nil {
				t.Fatal(err)
			}
			if warned(estimates[0], ingest.WarnTStar) != test.warns {
				t.Errorf("t* %v: warnings %v", estimates[0].TStar, estimates[0].Warnings)
			}
			if given := test.model.TStar; given > 0 && estimates[0].TStar != given {
				t.Errorf("t* %v of %v", estimates[0].TStar, given)
			}
		})
	}
}

// Nothing is clipped: a region that binds less than the reference comes out
// negative, exactly.
func TestNegativeBindingIsNotClipped(t *testing.T) {
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{K2PrimePerMin: 0.065}} {
		estimates, err := m.Fit(region(1, -0.3))
		if err != nil {
			t.Fatal(err)
		}
		if bpnd, _ := estimates[0].Get(fit.BPND); math.Abs(bpnd+0.3) > 1e-5 {
			t.Errorf("%s: BPND %g, want −0.3", m.Name(), bpnd)
		}
	}
}

// A clock that starts minutes after the injection leaves out what came before,
// and that is said.
func TestActivityBeforeModelZeroIsDoubted(t *testing.T) {
	for _, late := range []time.Duration{0, 2 * time.Minute, 10 * time.Minute} {
		s := goldenScan(phantom.DefaultFrames(), phantom.CarbonHalfLife)
		s.Frames = slices.Clone(s.Frames)
		for i := range s.Frames {
			s.Frames[i].Start -= late
		}
		estimates, err := fit.SRTM{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := warned(estimates[0], ingest.WarnLateStart); got != (late > 0) {
			t.Errorf("a clock %v late: LATE_START %v", late, got)
		}
	}
}
