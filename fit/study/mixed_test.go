package study_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tacstream/config/figures"
	"tacstream/fit/study"
)

// A scan is one value of a study, for a mixed model.
type scan struct {
	subject, condition, region string
	y                          float64
}

// design returns the data of y ~ condition + (1 | subject): an intercept and one
// column for each further condition.
func design(scans []scan, conditions ...string) study.MixedData {
	var d study.MixedData
	d.Groups = [][]int{groups(scans, func(s scan) string { return s.subject })}
	d.Fixed = make([][]float64, len(conditions))
	for _, s := range scans {
		d.Y = append(d.Y, s.y)
		for k, c := range conditions {
			d.Fixed[k] = append(d.Fixed[k], indicator(k == 0 || s.condition == c))
		}
	}
	return d
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func groups(scans []scan, of func(scan) string) []int {
	numbers := map[string]int{}
	var list []int
	for _, s := range scans {
		if _, ok := numbers[of(s)]; !ok {
			numbers[of(s)] = len(numbers)
		}
		list = append(list, numbers[of(s)])
	}
	return list
}

// scansOf returns the logarithms of one region of the synthetic study, or of all
// regions.
func scansOf(t *testing.T, set, tracer, region string) []scan {
	t.Helper()
	var list []scan
	for _, r := range rowsOf(t, "testdata/bpnd.tsv") {
		if r["set"] == set && r["tracer"] == tracer && (region == "" || r["region"] == region) {
			list = append(list, scan{r["subject"], r["condition"], r["region"], math.Log(r.number(t, "bpnd"))})
		}
	}
	return list
}

// A lmm is what lme4, lmerTest and pbkrtest say of one model.
type lmm struct {
	N         int     `json:"n"`
	Sigma     float64 `json:"sigma"`
	SDSubject float64 `json:"sd_subject"`
	REML      float64 `json:"reml"`
	F         float64 `json:"F_kr"`
	DF2       float64 `json:"df2_kr"`
	P         float64 `json:"p_kr"`
	Contrasts []struct {
		Contrast string  `json:"contrast"`
		Estimate float64 `json:"est"`
		PlainSE  float64 `json:"se"`
		SE       float64 `json:"se_kr"`
		DF       float64 `json:"df_kr"`
		P        float64 `json:"p_kr"`
	} `json:"contrasts"`
}

func TestMixedModelsAgreeWithR(t *testing.T) {
	worst := figures.Accuracy(t, "mixed models, Kenward and Roger's p: difference from R", 1).AtMost("at most # in 10⁹")
	eachTruth(t, "lmm.json", func(t *testing.T, dir string) {
		var truth struct {
			Balanced     lmm `json:"balanced_AZ_NAc_n6"`
			MissingOne   lmm `json:"missing_one_AZ_NAc_n6"`
			MissingThree lmm `json:"missing_three_AZ_NAc_n6"`
			Thalamus     lmm `json:"balanced_DASB_Thalamus_n4"`
			Boundary     lmm `json:"boundary"`
			BoundaryData []struct {
				Subject, Condition string
				BPND               float64 `json:"bpnd"`
			} `json:"boundary_data"`
		}
		readJSON(t, filepath.Join(dir, "lmm.json"), &truth)
		nac := scansOf(t, "n6", "AZ10419369", "NAc")
		without := func(cells ...string) []scan {
			return slices.DeleteFunc(slices.Clone(nac), func(s scan) bool {
				return slices.Contains(cells, s.subject+" "+s.condition)
			})
		}
		var boundary []scan
		for _, b := range truth.BoundaryData {
			boundary = append(boundary, scan{b.Subject, b.Condition, "", math.Log(b.BPND)})
		}
		c := compare(t).into(worst)
		for _, test := range []struct {
			name  string
			want  lmm
			scans []scan
		}{
			{"balanced", truth.Balanced, nac},
			{"one missing", truth.MissingOne, without("sub-03 nbqxket")},
			{"three missing", truth.MissingThree, without("sub-03 nbqxket", "sub-05 ket", "sub-06 base")},
			{"four subjects", truth.Thalamus, scansOf(t, "n4", "DASB", "Thalamus")},
			{"no variance between subjects", truth.Boundary, boundary},
		} {
			agreesWithR(t, c, test.name, test.want, test.scans)
		}
	})
}

// agreesWithR compares one model. The estimates hold to 1e-6, which is what lme4's search
// leaves; the degrees of freedom to 1e-4.
func agreesWithR(t *testing.T, c *comparison, name string, want lmm, scans []scan) {
	t.Helper()
	m, err := study.FitMixed(design(scans, "base", "ket", "nbqxket"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if m.N != want.N {
		t.Errorf("%s: %d observations, want %d", name, m.N, want.N)
	}
	c.close(name+": σ", math.Sqrt(m.Residual), want.Sigma, 1e-6)
	c.close(name+": SD between subjects", math.Sqrt(m.Variances[0]), want.SDSubject, 1e-6)
	c.close(name+": REML", m.Criterion, want.REML, 1e-9)
	f, err := m.Test([][]float64{{0, 1, 0}, {0, 0, 1}})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.close(name+": F", f.F, want.F, 1e-5)
	c.close(name+": df of F", f.DF2, want.DF2, 1e-4)
	c.close(name+": p of F", f.P, want.P, 1e-4)
	weights := map[string][]float64{"ket_base": {0, 1, 0}, "nbqxket_base": {0, 0, 1}, "ket_nbqxket": {0, 1, -1}}
	for _, k := range want.Contrasts {
		e, err := m.Effect(weights[k.Contrast])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		what := name + ", " + k.Contrast
		c.close(what+": estimate", e.Estimate, k.Estimate, 1e-6)
		c.close(what+": plain se", e.PlainSE, k.PlainSE, 1e-6)
		c.close(what+": se", e.SE, k.SE, 1e-6)
		c.close(what+": df", e.DF, k.DF, 1e-4)
		c.close(what+": p", e.P, k.P, 1e-4)
		if f, err := m.Test([][]float64{weights[k.Contrast]}); err != nil || math.Abs(f.F/(e.T*e.T)-1) > 1e-9 ||
			math.Abs(f.P/e.P-1) > 1e-6 {
			t.Errorf("%s: F = %v, p = %v, %v, but t² = %v, p = %v", what, f.F, f.P, err, e.T*e.T, e.P)
		}
	}
}

// All regions at once, with a variance that is 0 at best. The reference has
// Satterthwaite's 78 degrees of freedom; with both variances kept there are 10, as
// in the analysis of variance of six subjects and three conditions.
func TestTheModelOverRegionsAgreesWithR(t *testing.T) {
	eachTruth(t, "lmm_regions.json", func(t *testing.T, dir string) {
		var truth struct {
			Variance []struct {
				Group string  `json:"grp"`
				Value float64 `json:"vcov"`
			} `json:"variance"`
			REML      float64 `json:"reml"`
			Contrasts []struct {
				Contrast string  `json:"contrast"`
				Estimate float64 `json:"estimate"`
				SE       float64 `json:"SE"`
			} `json:"contrasts"`
		}
		readJSON(t, filepath.Join(dir, "lmm_regions.json"), &truth)
		scans := scansOf(t, "n6", "DASB", "")
		d := design(scans, "base", "ket", "nbqxket")
		for _, region := range []string{"VP", "Putamen", "Caudate", "Thalamus"} {
			var column []float64
			for _, s := range scans {
				column = append(column, indicator(s.region == region))
			}
			d.Fixed = append(d.Fixed, column)
		}
		d.Groups = append(d.Groups, groups(scans, func(s scan) string { return s.subject + s.condition }))
		m, err := study.FitMixed(d)
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		got := map[string]float64{"subject": m.Variances[0], "subject:condition": m.Variances[1], "Residual": m.Residual}
		for _, v := range truth.Variance {
			c.close(v.Group, got[v.Group], v.Value, 1e-6)
		}
		c.close("REML", m.Criterion, truth.REML, 1e-9)
		weights := map[string][]float64{"ket_base": {0, 1, 0, 0, 0, 0, 0}, "nbqxket_base": {0, 0, 1, 0, 0, 0, 0},
			"ket_nbqxket": {0, 1, -1, 0, 0, 0, 0}}
		for _, k := range truth.Contrasts {
			e, err := m.Effect(weights[k.Contrast])
			if err != nil {
				t.Fatal(err)
			}
			c.close(k.Contrast, e.Estimate, k.Estimate, 1e-6)
			c.close(k.Contrast+": se", e.PlainSE, k.SE, 1e-6)
			c.close(k.Contrast+": df", e.DF, 10, 1e-6)
		}
	})
}

// The model of SiMBA, 360 values of 20 people with 12 fixed effects, agrees with
// what lmer printed of it (Matheson et al., github.com/mathesong/SiMBA_Ref_Materials).
func TestTheModelOfSiMBAAgreesWithR(t *testing.T) {
	file := filepath.Join(shared, "simba", "kinfitr_srtm_bpnd.tsv")
	if _, err := os.Stat(file); err != nil {
		t.Log("the data of SiMBA are not there; TestMixedModelsAgreeWithR compares smaller models with R")
		return
	}
	var truth struct {
		Refit []struct {
			Term     string
			Estimate float64
			SE       float64 `json:"Std..Error"`
		} `json:"refit_here"`
		REML float64 `json:"reml_here"`
	}
	readJSON(t, filepath.Join(shared, "simba", "published_lmm.json"), &truth)
	var d study.MixedData
	d.Fixed = make([][]float64, len(truth.Refit))
	var scans []scan
	for _, r := range rowsOf(t, file) {
		d.Y = append(d.Y, math.Log(r.number(t, "BPnd")))
		scans = append(scans, scan{subject: r["ID"]})
		for k, term := range truth.Refit {
			d.Fixed[k] = append(d.Fixed[k], indicator(k == 0 ||
				slices.Contains([]string{"Region" + r["Region"], "Group" + r["Group"], "Treatment" + r["Treatment"]}, term.Term)))
		}
	}
	d.Groups = [][]int{groups(scans, func(s scan) string { return s.subject })}
	m, err := study.FitMixed(d)
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t)
	c.close("REML", m.Criterion, truth.REML, 1e-9)
	for k, term := range truth.Refit {
		weights := make([]float64, len(truth.Refit))
		weights[k] = 1
		e, err := m.Effect(weights)
		if err != nil {
			t.Fatal(err)
		}
		c.close(term.Term, e.Estimate, term.Estimate, 1e-6)
		c.close(term.Term+": se", e.PlainSE, term.SE, 1e-6)
	}
}

// Of two conditions without gaps the model is the paired t test, as long as
// subjects differ.
func TestTheModelOfTwoConditionsIsThePairedTest(t *testing.T) {
	scans := slices.DeleteFunc(scansOf(t, "n6", "AZ10419369", "VP"), func(s scan) bool { return s.condition == "nbqxket" })
	m, err := study.FitMixed(design(scans, "base", "ket"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Effect([]float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := study.PairedTest(changes(t, "n6", "AZ10419369", "VP", "base", "ket", "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t)
	c.close("mean", e.Estimate, p.Mean, 1e-9)
	c.close("se", e.SE, p.SE, 1e-7) // of the search
	c.close("df", e.DF, p.DF, 1e-6)
	c.close("p", e.P, p.P, 1e-6)
	c.close("low", e.Interval(0.95).Low, p.Interval(0.95).Low, 1e-6)
}

// A balanced design with regions nested in subjects has closed forms for all
// variances: mean squares of the analysis of variance.
func TestNestedVariancesAreThoseOfMeanSquares(t *testing.T) {
	const subjects, regions, repeats = 8, 4, 3
	rng := rand.New(rand.NewPCG(3, 3))
	var d study.MixedData
	d.Fixed, d.Groups = make([][]float64, 1), make([][]int, 2)
	cell := make([][]float64, subjects) // sums over repeats
	var inside float64
	for s := range subjects {
		cell[s] = make([]float64, regions)
		u := 0.5 * rng.NormFloat64()
		for r := range regions {
			v := u + 0.3*rng.NormFloat64()
			var squares float64
			for range repeats {
				y := 1 + v + 0.1*rng.NormFloat64()
				d.Y, d.Fixed[0] = append(d.Y, y), append(d.Fixed[0], 1)
				d.Groups[0], d.Groups[1] = append(d.Groups[0], s), append(d.Groups[1], s*regions+r)
				cell[s][r] += y
				squares += y * y
			}
			inside += squares - cell[s][r]*cell[s][r]/repeats
		}
	}
	var middle, outer, grand float64
	for s := range subjects {
		sum, squares := 0.0, 0.0
		for _, c := range cell[s] {
			sum, squares = sum+c, squares+c*c
		}
		middle += squares/repeats - sum*sum/repeats/regions
		outer += sum * sum / repeats / regions
		grand += sum
	}
	outer -= grand * grand / float64(len(d.Y))
	mse, msm, mso := inside/(subjects*regions*(repeats-1)), middle/(subjects*(regions-1)), outer/(subjects-1)
	m, err := study.FitMixed(d)
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t)
	c.close("σ²", m.Residual, mse, 1e-6)
	c.close("between regions", m.Variances[1], (msm-mse)/repeats, 1e-6)
	c.close("between subjects", m.Variances[0], (mso-msm)/repeats/regions, 1e-6)
	e, err := m.Effect([]float64{1})
	if err != nil {
		t.Fatal(err)
	}
	c.close("se of the mean", e.SE, math.Sqrt(mso/float64(len(d.Y))), 1e-6)
	c.close("df", e.DF, subjects-1, 1e-6)
}

// The unit of the data changes nothing but the unit of the answer.
func TestMixedModelsAreFreeOfScale(t *testing.T) {
	d := design(scansOf(t, "n6", "AZ10419369", "NAc")[:17], "base", "ket", "nbqxket")
	first, err := study.FitMixed(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []float64{1e-9, 1e9} {
		scaled := d
		scaled.Y = nil
		for _, y := range d.Y {
			scaled.Y = append(scaled.Y, y*scale)
		}
		m, err := study.FitMixed(scaled)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := first.Effect([]float64{0, 0, 1})
		b, errB := m.Effect([]float64{0, 0, 1})
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		c.close("estimate", b.Estimate, a.Estimate*scale, 1e-8)
		c.close("se", b.SE, a.SE*scale, 1e-6)
		c.close("df", b.DF, a.DF, 1e-6)
		c.close("p", b.P, a.P, 1e-6)
		c.close("σ²", m.Residual, first.Residual*scale*scale, 1e-6)
	}
}

func TestImpossibleMixedModelsAreRefused(t *testing.T) {
	whole := design(scansOf(t, "n4", "DASB", "VP"), "base", "ket", "nbqxket")
	change := func(edit func(*study.MixedData)) error {
		d := study.MixedData{Y: slices.Clone(whole.Y), Groups: slices.Clone(whole.Groups)}
		for _, c := range whole.Fixed {
			d.Fixed = append(d.Fixed, slices.Clone(c))
		}
		edit(&d)
		_, err := study.FitMixed(d)
		return err
	}
	if err := change(func(*study.MixedData) {}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		edit func(*study.MixedData)
		want error
	}{
		{"nothing", func(d *study.MixedData) { *d = study.MixedData{} }, study.ErrTooFew},
		{"NaN", func(d *study.MixedData) { d.Y[3] = math.NaN() }, study.ErrValues},
		{"an infinite column", func(d *study.MixedData) { d.Fixed[1][3] = math.Inf(1) }, study.ErrValues},
		{"a short column", func(d *study.MixedData) { d.Fixed[1] = d.Fixed[1][1:] }, study.ErrValues},
		{"a short grouping", func(d *study.MixedData) { d.Groups[0] = d.Groups[0][1:] }, study.ErrValues},
		{"the same column twice", func(d *study.MixedData) { d.Fixed[2] = d.Fixed[1] }, study.ErrNotIdentified},
		{"the same grouping twice", func(d *study.MixedData) { d.Groups = append(d.Groups, d.Groups[0]) },
			study.ErrNotIdentified},
		{"a group for every scan", func(d *study.MixedData) { d.Groups[0] = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12} },
			study.ErrTooFew},
		{"as many effects as scans", func(d *study.MixedData) {
			d.Y, d.Fixed, d.Groups = d.Y[:3], [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, nil
		}, study.ErrTooFew},
		{"equal values", func(d *study.MixedData) {
			for i := range d.Y {
				d.Y[i] = 0.4
			}
		}, study.ErrConstant},
		{"the same changes in all subjects", func(d *study.MixedData) {
			for i := range d.Y {
				d.Y[i] = 0.4 + 0.2*d.Fixed[1][i] + float64(d.Groups[0][i])
			}
		}, study.ErrConstant},
	} {
		if err := change(test.edit); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	m, err := study.FitMixed(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, weights := range [][]float64{nil, {1}, {0, 0, 0}, {0, math.NaN(), 0}} {
		if e, err := m.Effect(weights); err == nil {
			t.Errorf("weights %v gave %+v", weights, e)
		}
	}
}

// Two scans a subject, one or none: whatever is missing, the answer is finite or
// an error.
func TestMixedModelsOfAnyGapsAreFiniteOrErrors(t *testing.T) {
	all := scansOf(t, "n4", "AZ10419369", "Caudate")
	fitted := 0
	for mask := range 1 << len(all) {
		if mask%7 != 0 { // a seventh of the 4,096 choices
			continue
		}
		var some []scan
		for i, s := range all {
			if mask>>i&1 == 1 {
				some = append(some, s)
			}
		}
		m, err := study.FitMixed(design(some, "base", "ket", "nbqxket"))
		if err != nil {
			continue
		}
		for _, w := range [][]float64{{0, 1, 0}, {0, 1, -1}} {
			if e, err := m.Effect(w); err == nil {
				fitted++
				if text := fmt.Sprint(e); math.IsNaN(e.P) || e.P < 0 || e.P > 1 || !(e.DF > 0) || !(e.SE > 0) {
					t.Errorf("mask %b: %s", mask, text)
				}
			}
		}
	}
	if fitted < 300 {
		t.Errorf("only %d effects were estimated", fitted)
	}
}
