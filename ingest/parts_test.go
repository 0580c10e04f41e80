package ingest_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"tacstream/ingest"
)

// Parts of an acquisition lie on one axis, also where the injection moves model
// zero into the first. Factors of a later part that correct to the start of the
// acquisition are no contradiction of its own start; those that correct elsewhere
// are.
func TestPartsLieOnOneAxis(t *testing.T) {
	const half = 10 * time.Minute // after which the second part begins
	part := func(later, origin, injection time.Duration) ingest.Assembly {
		records := scanned(func(_ int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = in.AcquisitionTime.Add(later)
			h.Strict.DecayCorrection, h.Strict.HalfLife = "START", carbon.Seconds()
			h.Soft.SeriesStart, h.Soft.Injection = scanStart.Add(later), scanStart.Add(injection)
			in.DecayFactor = fr.DecayFactor(carbon, origin-later)
		})
		a, out := ingest.Assess("s", records, true)
		if out.Condition != ingest.Ready {
			t.Fatalf("%+v", out)
		}
		return a
	}
	alarm := func(axis ingest.Timing) bool {
		return slices.ContainsFunc(axis.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnDecayRef })
	}
	for _, tt := range []struct {
		name              string
		first, second     time.Duration // what the parts are corrected to, after the start of the first
		injection         time.Duration
		doubted, doubted1 bool
	}{
		{"all to the start of the first", 0, 0, -time.Minute, false, false},
		{"each to its own", 0, half, -time.Minute, false, false},
		{"all to a time before the first", -31 * time.Second, -31 * time.Second, -time.Minute, false, true},
		{"the second to a time of its own", 0, -100 * time.Second, -time.Minute, true, false},
		{"an injection in the first part", 0, 0, 90 * time.Second, false, false},
	} {
		parts := []ingest.Assembly{part(0, tt.first, tt.injection), part(half, tt.second, tt.injection)}
		axes, zeros, err := ingest.TimingOfParts(parts)
		if err != nil {
			t.Fatal(err)
		}
		if alarm(axes[0]) != tt.doubted1 || alarm(axes[1]) != tt.doubted {
			t.Errorf("%s: %v, %v", tt.name, axes[0].Warnings, axes[1].Warnings)
		}
		if got := axes[1].Frames[0].Start + zeros[1] - axes[0].Frames[0].Start; zeros[0] != 0 || got != half {
			t.Errorf("%s: the second part begins %v after the first, want %v", tt.name, got, half)
		}
		apart := axes[1].Stored + zeros[1] - axes[0].Stored
		if off := apart - (tt.second - tt.first); math.Abs(off.Seconds()) > 1e-3 {
			t.Errorf("%s: corrected to times %v apart, want %v", tt.name, apart, tt.second-tt.first)
		}
	}
}
