package fit_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// proportional are scans of a region whose curve is 1 + BPND times the reference's,
// but for noise: R1 = 1 + BPND.
func proportional(bpnd float64) experiment {
	k := phantom.Kinetics{R1: 1 + bpnd, K2PerMin: (1 + bpnd) * 0.065, BPND: bpnd}
	return experiment{frames: phantom.DefaultFrames(), ref: phantom.DASB.Reference(), k: k, noise: 0.03}
}

// A statement stands beside an interval without an end, names the end that there is,
// and stands beside no other: for SRTM and SRTM2, where the curve is proportional to
// the reference's and where it is not.
func TestAnIntervalWithoutAnEndIsSaid(t *testing.T) {
	for _, bpnd := range []float64{0, 0.3, 1, 2} {
		usual := proportional(bpnd)
		usual.k.R1, usual.k.K2PerMin = 1, 0.065
		for name, x := range map[string]experiment{"proportional": proportional(bpnd), "R1 = 1": usual} {
			for _, m := range []fit.Model{fit.SRTM{}, fit.SRTM2{K2PrimePerMin: 0.065}} {
				rng, open := rand.New(rand.NewPCG(1, 2)), 0
				for range 60 {
					estimates, err := m.Fit(x.scan(rng))
					if err != nil {
						t.Fatal(err)
					}
					if checkOpen(t, estimates[0]) {
						open++
					}
				}
				t.Logf("BPND %g, %s, %s: %d of 60 intervals have no end on one side or on both", bpnd, name, m.Name(), open)
				if name == "proportional" && m.Name() == "srtm" && open < 20 {
					t.Errorf("BPND %g: only %d of 60 intervals are open: nothing was tried", bpnd, open)
				}
				if name != "proportional" && bpnd >= 1 && open > 0 {
					t.Errorf("BPND %g, %s: %d open intervals", bpnd, m.Name(), open)
				}
			}
		}
	}
}

// checkOpen reports whether the interval of an estimate has no end on a side, and
// checks what is said of it.
func checkOpen(t *testing.T, e fit.Estimate) (open bool) {
	t.Helper()
	low, high := e.Interval(0.95)
	up, down := math.IsInf(high, 1), math.IsInf(low, -1)
	if up || down {
		open = true
	}
	if warned(e, ingest.WarnIntervalOpen) != open {
		t.Errorf("%s: %g to %g, warnings %v", e.Model, low, high, e.Warnings)
	}
	for _, w := range e.Warnings {
		if w.Code != ingest.WarnIntervalOpen {
			continue
		}
		says, value := "no upper end", low
		switch {
		case up && down:
			says = "on either side"
			value, _ = e.Get(e.Main())
		case down:
			says, value = "no lower end", high
		}
		if !strings.Contains(w.Detail, says) || w.Value != value {
			t.Errorf("%s: %g to %g: %v, value %g", e.Model, low, high, w, w.Value)
		}
	}
	return open
}
