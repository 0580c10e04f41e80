package fit_test

import (
	"math"
	"testing"

	"tacstream/fit"
	"tacstream/ingest"
)

// Spectral gives no standard errors, and says so.
func TestSpectralSaysThatItHasNoErrors(t *testing.T) {
	estimates, err := fit.Spectral{}.Fit(cortex(0.05, 0.05))
	if err != nil {
		t.Fatal(err)
	}
	e := estimates[0]
	for _, p := range e.Parameters {
		if !math.IsNaN(p.SE) {
			t.Errorf("%s ± %g", p.Symbol, p.SE)
		}
	}
	if low, high := e.Interval(0.95); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("interval %g to %g", low, high)
	}
	if !warned(e, ingest.WarnNoSE) || warned(e, ingest.WarnSE) {
		t.Errorf("warnings %v", e.Warnings)
	}
	if !(e.NoiseLevel > 0) {
		t.Errorf("noise level %g", e.NoiseLevel)
	}
}

// What of VT lies beyond the end of the scan is named: not in tissue that has given
// back most of the tracer, but in tissue that holds it.
func TestSpectralNamesWhatItExtrapolates(t *testing.T) {
	for _, test := range []struct {
		name   string
		k3, k4 float64
		named  bool
	}{
		{"one compartment", 1e-9, 0.05, false},
		{"quick release", 0.05, 0.05, false},
		{"slow release", 0.1, 0.004, true},
	} {
		estimates, err := fit.Spectral{}.Fit(cortex(test.k3, test.k4))
		if err != nil {
			t.Fatal(err)
		}
		if got := warned(estimates[0], ingest.WarnIdentify); got != test.named {
			t.Errorf("%s: named %v: %v", test.name, got, estimates[0].Warnings)
		}
	}
}

// In real scans spectral analysis lies far above 2TCM only where it says that it
// extrapolates.
func TestSpectralIsFarOffOnlyWhereItSaysSo(t *testing.T) {
	for _, scan := range [][2]string{{"sub-04", "ses-baseline"}, {"sub-04", "ses-blocked"}, {"sub-21", "ses-test"}, {"sub-21", "ses-retest"}} {
		s := bloodScan(t, scan[0], scan[1])
		s.TACs = s.TACs[:min(len(s.TACs), 12)]
		spectral, err := fit.Spectral{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		compartments, err := fit.TCM2{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range spectral {
			a, _ := e.Get(fit.VT)
			b, _ := compartments[i].Get(fit.VT)
			if a > 1.25*b && !warned(e, ingest.WarnIdentify) {
				t.Errorf("%s, region %d: spectral %.2f, 2tcm %.2f, without a word: %v", scan, i, a, b, e.Warnings)
			}
		}
	}
}
