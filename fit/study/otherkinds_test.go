package study_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tacstream/config/figures"
	"tacstream/fit/study"
)

// oneTracer is a design of one tracer with one more contrast.
func oneTracer(k study.Contrast, regions ...string) study.Design {
	d := twoTracers(regions...)
	d.Tracers, d.Contrasts = d.Tracers[:1], []study.Contrast{k}
	return d
}

// Student's sleep data as changes of two groups give what R prints of them.
func TestTwoGroupsBeforeAndAfter(t *testing.T) {
	a := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	b := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	var list []study.Observation
	for group, changes := range map[string][]float64{"patients": a, "controls": b, "others": {9, 9, 9}} {
		for i, c := range changes {
			for condition, value := range map[string]float64{"baseline": 1.7, "ketamine": 1.7 * math.Exp(c)} {
				list = append(list, study.Observation{Subject: fmt.Sprint(group, i), Group: group, Condition: condition,
					Tracer: "az", Region: "NAc", Value: value})
			}
		}
	}
	d := oneTracer(study.Contrast{ID: "group", Kind: study.KindGroupChange, Of: "ketamine", Against: "baseline",
		Groups: [2]string{"patients", "controls"}}, "NAc")
	g := analyse(t, d, list).Groups[0]
	if g.Difference == nil || len(g.Subjects[0]) != 10 || len(g.Subjects[1]) != 10 {
		t.Fatalf("%+v", g)
	}
	for name, v := range map[string][2]float64{
		"t": {g.Difference.T, 1.8608}, "df": {g.Difference.DF, 17.776}, "p": {g.Difference.P, 0.07939},
		"low": {g.Interval.Low, -0.2054832}, "high": {g.Interval.High, 3.3654832},
		"change of patients": {g.Changes[0].Mean, 0.75}, "change of controls": {g.Changes[1].Mean, 2.33},
	} {
		if math.Abs(v[0]-v[1]) > 2e-4*math.Abs(v[1]) {
			t.Errorf("%s = %v, want %v", name, v[0], v[1])
		}
	}
	few := slices.DeleteFunc(list, func(o study.Observation) bool {
		return o.Group == "controls" && o.Subject != "controls1"
	})
	if g := analyse(t, d, few).Groups[0]; g.Refused != study.RefusedTooFew || g.Difference != nil || g.Changes[1] == nil {
		t.Errorf("one control: %+v", g)
	}
}

func TestRepeatabilityOfAStudy(t *testing.T) {
	var truth struct {
		Data       []struct{ Test, Retest float64 }
		Absolute   float64 `json:"absvar_mean_pct"`
		Agreement  float64 `json:"icc2"`
		MDD        float64 `json:"mdd95_msw"`
		SignedMean float64 `json:"signvar_mean_pct"`
	}
	readJSON(t, "testdata/repeatability.json", &truth)
	table := func(n int) []study.Observation {
		var list []study.Observation
		for i, p := range truth.Data[:n] {
			for condition, value := range map[string]float64{"baseline": p.Test, "ketamine": p.Retest} {
				list = append(list, study.Observation{Subject: fmt.Sprintf("s%02d", i), Condition: condition, Tracer: "az",
					Region: "NAc", Value: value})
			}
		}
		return list
	}
	d := oneTracer(study.Contrast{ID: "trt", Kind: study.KindTestRetest, Of: "baseline", Against: "ketamine"}, "NAc", "VP")
	f := analyse(t, d, table(11))
	r := f.Repeatability[0]
	c := compare(t)
	c.close("ICC", r.Repeatability.ICC.Agreement, truth.Agreement, exactly)
	c.close("MDD", r.Repeatability.MDD, truth.MDD, exactly)
	c.close("absolute variability", 100**r.Absolute, truth.Absolute, exactly)
	c.close("signed variability, retest less test", 100*r.Repeatability.Signed, truth.SignedMean, exactly)
	if empty := f.Repeatability[1]; empty.Refused != study.RefusedTooFew || empty.Absolute != nil {
		t.Errorf("no scans: %+v", empty)
	}
	two := analyse(t, d, table(2)).Repeatability[0]
	if two.Refused != study.RefusedTooFew || two.Repeatability != nil || two.Absolute == nil {
		t.Errorf("two subjects: %+v", two)
	}
}

func TestOccupancyOfAStudy(t *testing.T) {
	var truth occupancyTruth
	readJSON(t, "testdata/occupancy.json", &truth)
	var list []study.Observation
	var regions []string
	for i := range truth.Before {
		region := fmt.Sprintf("r%d", i)
		regions = append(regions, region)
		for condition, value := range map[string]float64{"baseline": truth.Before[i], "ketamine": truth.After[i]} {
			for subject, factor := range map[string]float64{"s1": 1, "s2": 1.25} { // the same occupancy in both
				list = append(list, study.Observation{Subject: subject, Condition: condition, Tracer: "az", Region: region,
					Value: factor * value})
			}
		}
	}
	list = append(list, study.Observation{Subject: "s3", Condition: "baseline", Tracer: "az", Region: "r0", Value: 2},
		study.Observation{Subject: "s3", Condition: "ketamine", Tracer: "az", Region: "r0", Value: 1})
	k := study.Contrast{ID: "occ", Kind: study.KindOccupancy, Of: "ketamine", Against: "baseline"}
	k.Methods = []study.OccupancyMethod{study.MethodLassen, study.MethodLEO, study.MethodRatio}
	f := analyse(t, oneTracer(k, regions...), list)
	if len(f.Occupancy) != 2+len(regions) || len(f.Statements) != 0 {
		t.Fatalf("%d results, %d statements", len(f.Occupancy), len(f.Statements))
	}
	c := compare(t)
	lassen, leo, ratio := f.Occupancy[0], f.Occupancy[1], f.Occupancy[2]
	c.close("Lassen", lassen.Subjects[0].Occupancy, truth.Lassen.Occupancy, exactly)
	c.close("Lassen's VND", *lassen.Subjects[0].VND, truth.Lassen.VND, exactly)
	c.close("its low end", lassen.Subjects[0].VNDRange.Low, truth.Lassen.Fieller[0], exactly)
	c.close("another subject's", *lassen.Subjects[1].VND, 1.25*truth.Lassen.VND, exactly)
	c.close("LEO", leo.Subjects[0].Occupancy, truth.Identity.Occupancy, 1e-6)
	c.close("ratio", ratio.Subjects[0].Occupancy, 1-truth.After[0]/truth.Before[0], exactly)
	c.close("mean", *lassen.Mean, truth.Lassen.Occupancy, exactly)
	// With standard errors the covariance is the mean of both scans'.
	covariance := make([][]float64, len(regions))
	for i := range list {
		list[i].SE = 0.03 * list[i].Value
		if list[i].Condition == "ketamine" {
			list[i].SE = 0.05 * list[i].Value
		}
	}
	for i := range covariance {
		covariance[i] = make([]float64, len(regions))
		covariance[i][i] = (math.Pow(0.03*truth.Before[i], 2) + math.Pow(0.05*truth.After[i], 2)) / 2
	}
	want, err := study.LEO(truth.Before, truth.After, covariance, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	c.close("LEO with standard errors", analyse(t, oneTracer(k, regions...), list).Occupancy[1].Subjects[0].Occupancy,
		want.Occupancy, 1e-12)
	if s3 := lassen.Subjects[2]; s3.Detail == "" || s3.Interval != nil {
		t.Errorf("one region: %+v", s3)
	}
	if len(ratio.Subjects) != 3 || ratio.Subjects[2].Occupancy != 0.5 {
		t.Errorf("ratios: %+v", ratio.Subjects)
	}
}

func TestDosesOfAStudy(t *testing.T) {
	var truth occupancyTruth
	readJSON(t, "testdata/occupancy.json", &truth)
	d := oneTracer(study.Contrast{ID: "dose", Kind: study.KindDose, Against: "baseline", Doses: map[string]float64{},
		Unit: "mg/kg"}, "NAc")
	list := []study.Observation{{Subject: "s1", Condition: "baseline", Tracer: "az", Region: "NAc", Value: 2}}
	for i, dose := range truth.Emax.Dose {
		label := fmt.Sprintf("dose%d", len(truth.Emax.Dose)-i)
		d.Conditions = append(d.Conditions, study.Condition{Label: label})
		d.Contrasts[0].Doses[label] = dose
		list = append(list, study.Observation{Subject: "s1", Condition: label, Tracer: "az", Region: "NAc",
			Value: 2 * (1 - truth.Emax.Occ[i])})
	}
	r := analyse(t, d, list).Doses[0]
	if r.Curve == nil {
		t.Fatalf("%+v", r)
	}
	c := compare(t)
	c.close("ED50", r.Curve.ED50, truth.Emax.ED50, 1e-6)
	c.close("most", r.Curve.Most, truth.Emax.Most, 1e-6)
	if !slices.IsSortedFunc(r.Levels, func(a, b study.DoseLevel) int { return int(math.Copysign(1, a.Dose-b.Dose)) }) {
		t.Errorf("levels are not in order: %+v", r.Levels)
	}
	// Two doses, one e times the other: the slope on ln dose is the difference of the changes.
	d.Contrasts[0].Doses = map[string]float64{"ketamine": 1, "nbqxketamine": math.E}
	r = analyse(t, d, madeUp([]float64{-0.1, -0.2, -0.15}, []float64{-0.4, -0.6, -0.35})).Doses[0]
	want, err := study.PairedTest([]float64{-0.3, -0.4, -0.2})
	if err != nil {
		t.Fatal(err)
	}
	if r.Trend == nil || r.Curve != nil {
		t.Fatalf("%+v", r)
	}
	c.close("slope", r.Trend.Mean, want.Mean, exactly)
	c.close("p", r.Trend.P, want.P, exactly)
}

// What the regions of a scan share is in the interval of their average.
func TestAveragesOverRegionsAreCalibrated(t *testing.T) {
	const studies = 1000
	d := twoTracers("a", "b", "c")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:1]
	rng := rand.New(rand.NewPCG(4, 4))
	holds := 0
	for range studies {
		var list []study.Observation
		for s := range 6 {
			subject := 0.09 * rng.NormFloat64()
			for k, condition := range []string{"baseline", "ketamine"} {
				effect := 0.1 * float64(k)
				shared := 0.03 * rng.NormFloat64()
				for _, region := range []string{"a", "b", "c"} {
					list = append(list, study.Observation{
						Subject: fmt.Sprint(s), Condition: condition, Tracer: "az", Region: region,
						Value: math.Exp(subject + effect + shared + 0.02*rng.NormFloat64()),
					})
				}
			}
		}
		f, err := study.Analyse(d, list, study.State{Complete: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Averages) != 1 {
			t.Fatalf("%d averages", len(f.Averages))
		}
		if f.Averages[0].Estimate.Interval.Contains(math.Expm1(0.1)) {
			holds++
		}
	}
	cover := float64(holds) / studies
	t.Logf("cover %.3f", cover)
	figures.Accuracy(t, "95 % intervals of an average over regions that hold the truth", 1).AtLeast("# %").Add(100 * cover)
	if math.Abs(cover-0.95) > 0.028 { // four standard errors
		t.Errorf("%.3f of the intervals hold the truth", cover)
	}
}

func TestK2PrimeMayBeShared(t *testing.T) {
	sensitivities := []float64{-0.5, -0.25}
	// By hand: mean 0.02, SD 0.02, n 4: ± t(0.95, 3) = 2.353363 · 0.01 about 0.02.
	changes := []float64{0.04, 0.02, 0.02, 0}
	sd := math.Sqrt((0.02*0.02 + 0.02*0.02) / 3)
	reach := 0.02 + 2.353363*sd/2
	got, err := study.K2PrimeUnchanged(changes, sensitivities, 0.15, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t)
	c.close("hidden", got.Hidden[0], 0.5*reach, 1e-6) // digits of the table
	c.close("hidden", got.Hidden[1], 0.25*reach, 1e-6)
	c.close("limit", got.Limit, math.Log(1/0.85)/3, 1e-12)
	if !got.Unchanged {
		t.Errorf("%+v", got)
	}
	// k2′ that rises by a tenth hides 5 % of BPND, and more with its interval.
	got, err = study.K2PrimeUnchanged([]float64{0.09, 0.13, 0.07, 0.11}, sensitivities, 0.15, 0.05)
	if err != nil || got.Unchanged || got.Hidden[0] < 0.05 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, err := range map[string]error{
		"one subject": second(study.K2PrimeUnchanged(changes[:1], sensitivities, 0.15, 0.05)),
		"no region":   second(study.K2PrimeUnchanged(changes, nil, 0.15, 0.05)),
		"NaN":         second(study.K2PrimeUnchanged(changes, []float64{math.NaN()}, 0.15, 0.05)),
		"no margin":   second(study.K2PrimeUnchanged(changes, sensitivities, 0, 0.05)),
		"alpha of 1":  second(study.K2PrimeUnchanged(changes, sensitivities, 0.15, 1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Check says everything that is wrong at once.
func TestDesignsAreCheckedWhole(t *testing.T) {
	if err := twoTracers("NAc", "VP").Check(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		edit func(*study.Design)
		want []string
	}{
		{"no subjects", func(d *study.Design) { d.Planned = 0 }, []string{"planned"}},
		{"a condition twice", func(d *study.Design) { d.Conditions[1].Label = "baseline" },
			[]string{`"baseline" is given twice`, `no condition "ketamine"`}},
		{"no name", func(d *study.Design) { d.Tracers[0].Label = "" }, []string{"one has no name"}},
		{"a region twice", func(d *study.Design) { d.Tracers[0].Exploratory = []string{"NAc"} },
			[]string{`"NAc" is given twice`}},
		{"an unknown tracer", func(d *study.Design) { d.Contrasts[0].Tracers = []string{"x"} }, []string{`no tracer "x"`}},
		{"itself", func(d *study.Design) { d.Contrasts[0].Of = "baseline" }, []string{"compares \"baseline\" with itself"}},
		{"an unknown kind", func(d *study.Design) { d.Contrasts[0].Kind = "x" },
			[]string{`no kind is called "x"`, "two change contrasts"}},
		{"a change twice", func(d *study.Design) { d.Contrasts[1].Of = "ketamine" },
			[]string{`"ketamine against baseline" is given twice`}},
		{"other baselines", func(d *study.Design) {
			d.Contrasts[1].Of, d.Contrasts[1].Against = "nbqxketamine",
				"ketamine"
		}, []string{"ket is against baseline and both against ketamine"}},
		{"nothing to block", func(d *study.Design) { d.Contrasts[2].Drug = "x" }, []string{`not "x" and "both"`}},
		{"one part twice", func(d *study.Design) { d.Contrasts[2].Drug = "both" }, []string{"the same contrast"}},
		{"groups", func(d *study.Design) {
			d.Contrasts[0].Kind, d.Contrasts[0].Groups = study.KindGroupChange, [2]string{"a", "a"}
		}, []string{"two groups"}},
		{"doses", func(d *study.Design) {
			d.Contrasts[2] = study.Contrast{ID: "d", Kind: study.KindDose, Against: "baseline",
				Doses: map[string]float64{"ketamine": 0}}
		}, []string{"must be above 0", "two doses"}},
		{"a method", func(d *study.Design) {
			d.Contrasts[2] = study.Contrast{ID: "d", Kind: study.KindOccupancy, Of: "ketamine", Against: "baseline",
				Methods: []study.OccupancyMethod{"x"}}
		}, []string{`no method is called "x"`}},
		{"the analysis", func(d *study.Design) {
			d.Analysis = study.Analysis{Alpha: 0.5, Margin: 1, MinPairs: 1, Test: "x", Scale: "y", Interim: "z"}
		}, []string{"alpha", "margin", "min_pairs", `"x"`, `"y"`, `"z"`}},
	} {
		d := twoTracers("NAc", "VP")
		test.edit(&d)
		err := d.Check()
		if !errors.Is(err, study.ErrDesign) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", test.name, want, err)
			}
		}
		if _, err := study.Analyse(d, nil, study.State{}, 1); !errors.Is(err, study.ErrDesign) {
			t.Errorf("%s: a finding: %v", test.name, err)
		}
	}
}

func TestImpossibleTablesAreRefused(t *testing.T) {
	d := twoTracers("NAc")
	one := study.Observation{Subject: "s1", Condition: "baseline", Tracer: "az", Region: "NAc", Value: 1}
	with := func(edit func(*study.Observation)) study.Observation { o := one; edit(&o); return o }
	for _, test := range []struct {
		name string
		list []study.Observation
		want error
	}{
		{"NaN", []study.Observation{with(func(o *study.Observation) { o.Value = math.NaN() })}, study.ErrValues},
		{"infinite", []study.Observation{with(func(o *study.Observation) { o.Value = math.Inf(-1) })}, study.ErrValues},
		{"a negative error", []study.Observation{with(func(o *study.Observation) { o.SE = -1 })}, study.ErrValues},
		{"an error of NaN", []study.Observation{with(func(o *study.Observation) { o.SE = math.NaN() })}, study.ErrValues},
		{"two values in a cell", []study.Observation{one, one}, study.ErrDesign},
		{"another tracer", []study.Observation{with(func(o *study.Observation) { o.Tracer, o.Value = "x", math.NaN() })},
			nil},
	} {
		if _, err := study.Analyse(d, test.list, study.State{Complete: true}, 1); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}
