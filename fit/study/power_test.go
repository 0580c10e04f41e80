package study_test

import (
	"errors"
	"math"
	"testing"

	"tacstream/config/figures"
	"tacstream/fit/study"
)

// published is what is true of twoTracers: the first so many regions of az rise by a
// fifth, and dasb falls by as much in all, as logarithms.
func published(raised ...string) []study.Truth {
	down := math.Exp(-math.Log(1.2)) - 1
	truths := []study.Truth{{Tracer: "dasb", Condition: "ketamine", Change: down},
		{Tracer: "dasb", Condition: "nbqxketamine", Change: down}}
	for _, r := range raised {
		truths = append(truths, study.Truth{Tracer: "az", Condition: "ketamine", Region: r, Change: 0.2})
	}
	return truths
}

// joint returns how often a contrast of a tracer has its true verdict in all
// regions of the plan.
func joint(t *testing.T, p study.Power, contrast, tracer string) float64 {
	t.Helper()
	for _, j := range p.Joint {
		if j.Contrast == contrast && j.Tracer == tracer {
			return j.Share
		}
	}
	t.Fatalf("no power of %s with %s", contrast, tracer)
	return 0
}

// The rule agrees with an independent simulation in R, of 1,000 studies a row, with five
// primary regions a tracer. That program has no rule of half, which costs nothing up
// to 3 % of noise.
func TestPowerOfTheRuleAgreesWithR(t *testing.T) {
	const studies = 1000
	d := twoTracers("a", "b", "c", "d", "e")
	worst, n := 0.0, 0
	for _, r := range rowsOf(t, "testdata/power_rule_study.tsv") {
		plan := study.PowerPlan{
			Subjects: int(r.number(t, "n")), ScanSD: r.number(t, "sd_scan_log"), Studies: studies, Seed: 7,
			Truths: published("a", "b"), Regions: []string{"a", "b"},
		}
		p, err := study.Simulate(d, plan)
		if err != nil {
			t.Fatal(err)
		}
		plan.Truths = nil
		null, err := study.Simulate(d, plan)
		if err != nil {
			t.Fatal(err)
		}
		compared := map[string]float64{
			"null_any_claim": null.False, "raise": joint(t, p, "ket", "az"), "serot": joint(t, p, "ket",
				"dasb"), "notc": joint(t, p, "both", "dasb"),
		}
		if plan.ScanSD < 0.04 {
			compared["cancel"], compared["all"] = joint(t, p, "nbqx", "az"), p.Whole
		}
		for column, got := range compared {
			want := r.number(t, column)
			// The smallest share that the table tells from 0 is 0.001.
			z := (got - want) / math.Sqrt(math.Max(want*(1-want), 0.001)*(1.0/studies+1.0/1000))
			worst, n = math.Max(worst, math.Abs(z)), n+1
			if math.Abs(z) > 4 {
				t.Errorf("%d subjects, SD %v: %s = %.4f, R has %.4f", plan.Subjects, plan.ScanSD, column, got, want)
			}
		}
	}
	t.Logf("%d shares, largest difference %.2g standard errors", n, worst)
	figures.Accuracy(t, "power of 12 designs, 64 shares: difference from a simulation in R",
		1).AtMost("at most # standard errors").Add(worst)
}

// Of two primary regions a tracer the whole finding, with the rule of half, has the
// power that other simulations of 1,500 to 4,000 studies found.
func TestPowerOfTheFamilyOfEight(t *testing.T) {
	d := twoTracers("NAc", "VP")
	for _, test := range []struct {
		subjects  int
		sd        float64
		want, tol float64
	}{
		{6, 0.03, 0.999, 0.004}, {6, 0.04, 0.96, 0.02}, // four standard errors
	} {
		plan := study.PowerPlan{Subjects: test.subjects, ScanSD: test.sd, Studies: 2000, Seed: 3,
			Truths: published("NAc", "VP")}
		p, err := study.Simulate(d, plan)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d subjects, SD %v: whole %.4f, false %.4f", test.subjects, test.sd, p.Whole, p.False)
		if math.Abs(p.Whole-test.want) > test.tol {
			t.Errorf("%d subjects, SD %v: power %.4f, want %.4f", test.subjects, test.sd, p.Whole, test.want)
		}
	}
}

// More subjects have more power, and the smallest number that is enough is found.
func TestSubjectsNeeded(t *testing.T) {
	d := twoTracers("NAc", "VP")
	plan := study.PowerPlan{ScanSD: 0.04, Studies: 500, Seed: 1, Truths: published("NAc", "VP")}
	n, p, err := study.SubjectsNeeded(d, plan, 0.9, 12)
	if err != nil {
		t.Fatal(err)
	}
	plan.Subjects = n - 1
	before, err := study.Simulate(d, plan)
	if err != nil {
		t.Fatal(err)
	}
	if n != 6 || p.Whole < 0.9 || before.Whole >= 0.9 {
		t.Errorf("%d subjects with power %v, one less with %v", n, p.Whole, before.Whole)
	}
	if _, _, err := study.SubjectsNeeded(d, plan, 0.9, 5); !errors.Is(err, study.ErrNotIdentified) {
		t.Errorf("at most five subjects: %v", err)
	}
}

// The same seed gives the same power, and noise that all regions of a scan share
// counts like their own.
func TestSimulationsRepeat(t *testing.T) {
	d := twoTracers("NAc", "VP")
	plan := study.PowerPlan{Subjects: 5, ScanSD: 0.03, SharedSD: 0.02, Studies: 200, Seed: 1,
		Truths: published("NAc", "VP")}
	first, err := study.Simulate(d, plan)
	if err != nil {
		t.Fatal(err)
	}
	again, err := study.Simulate(d, plan)
	if err != nil {
		t.Fatal(err)
	}
	if first.Whole != again.Whole || first.False != again.False {
		t.Errorf("%+v, then %+v", first, again)
	}
	plan.SharedSD = 0
	quieter, err := study.Simulate(d, plan)
	if err != nil {
		t.Fatal(err)
	}
	if !(quieter.Whole > first.Whole) {
		t.Errorf("power %v with shared noise and %v without", first.Whole, quieter.Whole)
	}
}

func TestImpossiblePlansAreRefused(t *testing.T) {
	good := study.PowerPlan{Subjects: 6, ScanSD: 0.03, Studies: 10, Truths: published("NAc")}
	for name, edit := range map[string]func(*study.PowerPlan){
		"one subject":  func(p *study.PowerPlan) { p.Subjects = 1 },
		"no studies":   func(p *study.PowerPlan) { p.Studies = 0 },
		"no noise":     func(p *study.PowerPlan) { p.ScanSD = 0 },
		"noise of NaN": func(p *study.PowerPlan) { p.SharedSD = math.NaN() },
		"an unknown region": func(p *study.PowerPlan) {
			p.Truths = []study.Truth{{Tracer: "az", Condition: "ketamine",
				Region: "x"}}
		},
		"a fall to nothing": func(p *study.PowerPlan) {
			p.Truths = []study.Truth{{Tracer: "az", Condition: "ketamine",
				Change: -1}}
		},
	} {
		plan := good
		edit(&plan)
		if _, err := study.Simulate(twoTracers("NAc", "VP"), plan); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := study.Simulate(twoTracers("NAc", "VP"), good); err != nil {
		t.Error(err)
	}
	d := twoTracers("NAc", "VP")
	d.Contrasts[2].Drug = "nothing"
	if _, err := study.Simulate(d, good); !errors.Is(err, study.ErrDesign) {
		t.Errorf("an impossible design: %v", err)
	}
}

// A study whose claims the mixed model carries keeps its family's error too.
func TestTheMixedModelKeepsTheError(t *testing.T) {
	d := twoTracers("NAc", "VP")
	d.Analysis.Test = study.TestMixed
	p, err := study.Simulate(d, study.PowerPlan{Subjects: 6, ScanSD: 0.03, Studies: 1000, Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("false claims %.4f", p.False)
	if p.False > 0.05+4*math.Sqrt(0.05*0.95/1000) {
		t.Errorf("%.4f of the studies claim something that is not true", p.False)
	}
}

// Without the rule of half a change of which more than half is left would be called
// cancelled in three of four studies.
func TestTheRuleOfHalf(t *testing.T) {
	d := twoTracers("NAc", "VP")
	d.Tracers = d.Tracers[:1]
	plan := study.PowerPlan{Subjects: 6, ScanSD: 0.03, Studies: 1000, Seed: 2, Truths: []study.Truth{
		{Tracer: "az", Condition: "ketamine", Change: 0.2}, {Tracer: "az", Condition: "nbqxketamine", Change: 0.12},
	}}
	noisy := plan
	noisy.ScanSD = 0.05
	doubtful, err := study.Simulate(d, noisy)
	if err != nil {
		t.Fatal(err)
	}
	if r := doubtful.Rows[len(doubtful.Rows)-1]; r.Verdicts[study.Undecided] < 0.1 || doubtful.False > 0.05 {
		t.Errorf("undecided in %.3f, and false in %.3f, which undecided is not", r.Verdicts[study.Undecided], doubtful.False)
	}
	p, err := study.Simulate(d, plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rows {
		if r.Kind == study.KindBlocking && (r.Verdicts[study.Cancelled] > 0.02 || r.Truth != study.NotCancelled) {
			t.Errorf("%s: %v, truth %s", r.Region, r.Verdicts, r.Truth)
		}
	}
}
