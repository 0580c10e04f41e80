package fit_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tacstream/config/figures"
	"tacstream/fit"
)

// MA2 has no blood in the region, so that its residuals hold more than noise. Its
// standard error is the scatter all the same, where there are two compartments.
func TestMA2StandardErrorsAreCalibrated(t *testing.T) {
	row := figures.Accuracy(t, "VT: standard error over scatter, MA2, two compartments", 19)
	ratio := row.Within("#")
	sets := slices.DeleteFunc(closedSets(), func(x arterialSet) bool { return !x.two })
	check := func(t *testing.T, sets []arterialSet) {
		for i, x := range sets {
			c := x.calibration(t, fit.MA2{}, x.scan(rand.New(rand.NewPCG(5, uint64(i))), 1000))
			ratio.Add(c.ratio)
			t.Logf("%s: standard error over scatter %.3f", x.name, c.ratio)
			if !(c.ratio > 0.75 && c.ratio < 1.4) {
				t.Errorf("%s: standard error over scatter %.3f, want 0.75 to 1.4", x.name, c.ratio)
			}
		}
	}
	t.Run("closed form", func(t *testing.T) { check(t, sets) })
	t.Run("tcm2", func(t *testing.T) { check(t, sharedSets(t, "tcm2")) })
}
