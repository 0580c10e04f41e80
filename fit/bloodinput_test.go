package fit_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// arterialScan returns a scan with all the blood and the reference that a model
// may need.
func arterialScan() fit.Scan {
	s := vascularRegions()[0].scan(0)
	s.Blood.Parent = slices.Clone(s.Blood.Whole)
	return s
}

// used returns the curves of blood of a scan that a model needs.
func used(m fit.Model, b *extract.Blood) (curves map[string]*[]extract.Sample) {
	curves = map[string]*[]extract.Sample{"whole blood": &b.Whole}
	if m.Input()&fit.Plasma != 0 {
		curves["plasma"] = &b.Parent
	}
	return curves
}

// Every model with blood as its input checks the blood, whichever curve of it is
// at fault, and says what is doubtful about it.
func TestEveryArterialModelJudgesItsBlood(t *testing.T) {
	for _, m := range fit.Models() {
		if !m.Input().Arterial() {
			continue
		}
		for _, curve := range []string{"plasma", "whole blood"} {
			s := arterialScan()
			of := used(m, &s.Blood)[curve]
			if of == nil {
				continue
			}
			samples := *of
			for _, shift := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
				*of = slices.Clone(samples)
				for i := range *of {
					(*of)[i].At += shift
				}
				if _, err := m.Fit(s); !errors.Is(err, fit.ErrBlood) {
					t.Errorf("%s, %s %v away: %v", m.Name(), curve, shift, err)
				}
			}
			if *of = samples[:len(samples)*2/3]; !says(t, m, s, "The last sample of "+curve) {
				t.Errorf("%s: %s that ends early is not warned of", m.Name(), curve)
			}
		}
		s := arterialScan()
		s.Blood.Warnings = []ingest.Warning{ingest.Warn(ingest.WarnBlood, ingest.LevelDoubt, 0, 0, "The table of blood is odd.")}
		if !says(t, m, s, "The table of blood is odd.") {
			t.Errorf("%s: the warnings of the blood are lost", m.Name())
		}
	}
}

// says reports whether every estimate has a warning BLOOD that begins with text.
func says(t *testing.T, m fit.Model, s fit.Scan, text string) bool {
	t.Helper()
	estimates, err := m.Fit(s)
	if err != nil {
		t.Errorf("%s: %v", m.Name(), err)
	}
	for _, e := range estimates {
		if !slices.ContainsFunc(e.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnBlood && strings.HasPrefix(w.Detail, text) }) {
			return false
		}
	}
	return len(estimates) > 0
}

// Plasma that srtm-v does not use is not its concern.
func TestBloodThatIsNotUsedIsNotJudged(t *testing.T) {
	s := arterialScan()
	s.Blood.Parent = s.Blood.Parent[:2]
	estimates, err := fit.SRTMV{}.Fit(s)
	if err != nil || warned(estimates[0], ingest.WarnBlood) {
		t.Errorf("%v, %v", estimates, err)
	}
}
