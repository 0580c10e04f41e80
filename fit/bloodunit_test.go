package fit_test

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/fit"
	"tacstream/ingest"
)

// bloodTimes is a scan of one compartment, with blood in a unit that makes its
// numbers so many times as large as they should be.
func bloodTimes(factor float64) fit.Scan {
	s := cortex(1e-9, 0.05)
	s.Blood.Parent = slices.Clone(s.Blood.Parent)
	for i := range s.Blood.Parent {
		s.Blood.Parent[i].BqPerML *= factor
	}
	s.Blood.Whole = nil // or the fraction of blood would take up what is wrong
	return s
}

// moreBlood is a scan of a region with a quarter more blood than cortex has.
func moreBlood() fit.Scan {
	s := cortex(1e-9, 0.05)
	for f, v := range plasma().FrameMeans(s.Frames, s.HalfLife) {
		s.TACs[0].BqPerML[f] += 0.3 * v
	}
	return s
}

// Blood that is a thousand times too high or too low is doubted with every model,
// whatever its numbers are, and VT and K1 are each found out of range.
func TestBloodInAnotherUnitIsDoubted(t *testing.T) {
	for _, factor := range []float64{1e-6, 1e-3, 1, 1e3, 1e6} {
		for _, m := range []fit.Model{fit.TCM1{}, fit.TCM2{}, fit.Logan{}, fit.MA1{}, fit.MA2{}, fit.Spectral{}} {
			estimates, err := m.Fit(bloodTimes(factor))
			if err != nil {
				t.Fatal(err)
			}
			e := estimates[0]
			if got := warned(e, ingest.WarnBloodScale); got != (factor != 1) {
				t.Errorf("%s, factor %g: doubted %v: %v", m.Name(), factor, got, e.Warnings)
			}
			if warned(e, ingest.WarnVTRange) != (factor != 1) {
				t.Errorf("%s, factor %g: %v, %v", m.Name(), factor, e.Parameters, e.Warnings)
			}
			if k1, _ := e.Get(fit.K1); !math.IsNaN(k1) && warned(e, ingest.WarnK1Range) != (factor != 1) {
				t.Errorf("%s, factor %g: K1 %g, %v", m.Name(), factor, k1, e.Warnings)
			}
		}
	}
}

// With whole blood in the wrong unit too, the fraction of blood cannot be either.
func TestWholeBloodInAnotherUnitIsDoubted(t *testing.T) {
	for _, factor := range []float64{1e-3, 1e3} {
		s := bloodTimes(factor)
		s.Blood.Whole = s.Blood.Parent
		estimates, err := fit.TCM1{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		e := estimates[0]
		if !warned(e, ingest.WarnBloodScale) || !warned(e, ingest.WarnVTRange) && !warned(e, ingest.WarnNegativeRate) {
			t.Errorf("factor %g: %v", factor, e.Warnings)
		}
	}
}

// A fraction of blood that is usual has no warning.
func TestAUsualFractionOfBloodIsNotDoubted(t *testing.T) {
	for _, share := range []float64{-0.01, 0, 0.1} {
		s := cortex(0.05, 0.05)
		for f, v := range plasma().FrameMeans(s.Frames, s.HalfLife) {
			s.TACs[0].BqPerML[f] += (share - 0.04) * v
		}
		estimates, err := fit.TCM2{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		vB, se := estimates[0].Get(fit.VB)
		if want := vB+2*se < 0; warned(estimates[0], ingest.WarnVBRange) != want {
			t.Errorf("vB %.3f ± %.3f: %v", vB, se, estimates[0].Warnings)
		}
	}
}

const bloodstreamUnits = "../../shared/data/field/bloodstream-units/sub-04_ses-baseline_inputfunction"

// The sidecars of bloodstream have "Units": ["Bq"]. Whatever the shape is, and where
// there is no sidecar at all, VT, K1 and vB are those with "Units": "Bq".
func TestUnitsOfBloodstream(t *testing.T) {
	samples, side := shared(t, bloodstreamUnits+".tsv"), shared(t, bloodstreamUnits+".json")
	plain := `{"time":{"Units":"s"},"whole_blood_radioactivity":{"Units":"Bq"},"plasma_radioactivity":{"Units":"Bq"},"AIF":{"Units":"Bq"}}`
	want := fitsWithBlood(t, samples, plain)
	if len(want) < 5 {
		t.Fatalf("estimates %v", want)
	}
	for name, other := range map[string]string{
		"as bloodstream writes it": string(side),
		"a list around the column": strings.ReplaceAll(strings.ReplaceAll(plain, `:{`, `:[{`), `"}`, `"}]`),
		"one unit for all":         `{"Units":["Bq/mL"]}`,
		"stated per millilitre":    strings.ReplaceAll(plain, `"Bq"`, `"Bq mL⁻¹"`),
		"no sidecar":               "",
	} {
		got := fitsWithBlood(t, samples, other)
		for key, v := range want {
			if !(math.Abs(got[key]/v-1) < 1e-9) {
				t.Errorf("%s: %s %g, want %g", name, key, got[key], v)
			}
		}
	}
}

// fitsWithBlood fits the cortex of a real scan with samples of blood that a sidecar
// goes with.
func fitsWithBlood(t *testing.T, samples []byte, side string) map[string]float64 {
	t.Helper()
	s := bloodScan(t, "sub-04", "ses-baseline")
	s.TACs = s.TACs[:1]
	blood, err := table.ReadBlood(bytes.NewReader(samples), []byte(side))
	if err != nil {
		t.Fatal(err)
	}
	s.Blood = blood.Settle(extract.Curves{Frames: s.Frames, TACs: s.TACs, HalfLife: s.HalfLife})
	found := map[string]float64{}
	for _, m := range []fit.Model{fit.TCM2{}, fit.Logan{}, fit.MA1{}} {
		estimates, err := m.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, symbol := range []fit.Symbol{fit.VT, fit.K1, fit.VB} {
			if v, _ := estimates[0].Get(symbol); !math.IsNaN(v) {
				found[fmt.Sprint(m.Name(), " ", symbol)] = v
			}
		}
		if vt, _ := estimates[0].Get(fit.VT); !(vt > 1 && vt < 5) || warned(estimates[0], ingest.WarnVTRange) {
			t.Errorf("%s: VT %g, %v", m.Name(), vt, estimates[0].Warnings)
		}
	}
	return found
}

// Real blood in the unit that is stated fits its tissue.
func TestRealBloodIsNotDoubtedForItsScale(t *testing.T) {
	for _, scan := range [][2]string{{"sub-04", "ses-baseline"}, {"sub-04", "ses-blocked"}, {"sub-21", "ses-test"}, {"sub-21", "ses-retest"}} {
		s := bloodScan(t, scan[0], scan[1])
		uptake := s.Blood.Uptake(s.Frames, s.HalfLife, s.TACs, 0)
		if list := s.Blood.CheckScale(s.Frames, uptake); len(list) > 0 || !(uptake > 0.01 && uptake < 1) {
			t.Errorf("%s: uptake %g: %v", filepath.Join(scan[:]...), uptake, list)
		}
	}
}
