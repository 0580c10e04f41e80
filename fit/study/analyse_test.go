package study_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tacstream/fit/study"
)

// twoTracers is the study that the package must serve first: a drug raises the
// binding of one tracer and lowers that of another, and a blocker given before it cancels the
// first change and not the second.
func twoTracers(regions ...string) study.Design {
	return study.Design{
		Planned: 6,
		Conditions: []study.Condition{{Label: "baseline"}, {Label: "ketamine", Drugs: []string{"ketamine"}},
			{Label: "nbqxketamine", Drugs: []string{"nbqx", "ketamine"}}},
		Tracers: []study.Tracer{
			{Label: "az", Name: "[11C]AZ10419369", Target: "5-HT1B", Primary: regions},
			{Label: "dasb", Name: "[11C]DASB", Target: "SERT", Primary: regions},
		},
		Contrasts: []study.Contrast{
			{ID: "ket", Kind: study.KindChange, Of: "ketamine", Against: "baseline"},
			{ID: "both", Kind: study.KindChange, Of: "nbqxketamine", Against: "baseline"},
			{ID: "nbqx", Kind: study.KindBlocking, Drug: "ket", Combined: "both", Name: "NBQX"},
		},
	}
}

// conditionOf translates the labels of the reference data.
var conditionOf = map[string]string{"base": "baseline", "ket": "ketamine", "nbqxket": "nbqxketamine"}

// observations returns the synthetic study of a set as a table.
func observations(t *testing.T, set string) []study.Observation {
	t.Helper()
	tracers := map[string]string{"AZ10419369": "az", "DASB": "dasb"}
	var list []study.Observation
	for _, r := range rowsOf(t, "testdata/bpnd.tsv") {
		if r["set"] == set {
			list = append(list, study.Observation{
				Subject: r["subject"], Condition: conditionOf[r["condition"]], Tracer: tracers[r["tracer"]],
				Region: r["region"], Value: r.number(t, "bpnd"),
			})
		}
	}
	return list
}

// withErrors gives every value a standard error, a share of it.
func withErrors(list []study.Observation, share float64) []study.Observation {
	list = slices.Clone(list)
	for i := range list {
		list[i].SE = share * list[i].Value
	}
	return list
}

// analyse answers a design from a complete study.
func analyse(t *testing.T, d study.Design, list []study.Observation) study.Finding {
	t.Helper()
	f, err := study.Analyse(d, list, study.State{Complete: true}, 1)
	if err != nil {
		t.Fatal(err)
	}
	checkFinding(t, f)
	return f
}

// checkFinding fails where a finding holds what is no number, or words that are no
// sentence.
func checkFinding(t *testing.T, f study.Finding) {
	t.Helper()
	checkNumbers(t, "finding", reflect.ValueOf(f))
	for _, s := range f.Statements {
		if !strings.HasSuffix(s.Words, ".") || strings.Contains(s.Words, "..") || strings.Contains(s.Words, "NaN") ||
			strings.Contains(s.Words, "%!") {
			t.Errorf("no sentence: %q", s.Words)
		}
	}
}

func checkNumbers(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			t.Errorf("%s is %v", path, v.Float())
		}
	case reflect.Pointer:
		if !v.IsNil() {
			checkNumbers(t, path, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			checkNumbers(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				checkNumbers(t, path+"."+f.Name, v.Field(i))
			}
		}
	}
}

func result(t *testing.T, f study.Finding, contrast, tracer, region string) study.ChangeResult {
	t.Helper()
	for _, r := range f.Changes {
		if r.Contrast == contrast && r.Tracer == tracer && r.Region == region {
			return r
		}
	}
	t.Fatalf("no result of %s %s %s", contrast, tracer, region)
	return study.ChangeResult{}
}

func blocked(t *testing.T, f study.Finding, tracer, region string) study.BlockingResult {
	t.Helper()
	for _, r := range f.Blocking {
		if r.Tracer == tracer && r.Region == region {
			return r
		}
	}
	t.Fatalf("no blocking of %s in %s", tracer, region)
	return study.BlockingResult{}
}

// The study that the package must serve first, of six subjects: exactly the
// published statement, and nothing else.
func TestTheFindingOfSixSubjects(t *testing.T) {
	d := twoTracers("NAc", "VP")
	for i := range d.Tracers {
		d.Tracers[i].Exploratory = []string{"Putamen", "Caudate", "Thalamus"}
	}
	f := analyse(t, d, withErrors(observations(t, "n6"), 0.02))
	if !f.Complete || !f.Confirmatory || f.FamilySize != 8 || f.Alpha != 0.05 {
		t.Errorf("complete %v, confirmatory %v, %d tests at %v", f.Complete, f.Confirmatory, f.FamilySize, f.Alpha)
	}
	got := map[string]study.Verdict{}
	for _, s := range f.Statements {
		got[s.Contrast+" "+s.Tracer+" "+strings.Join(s.Regions, "+")] = s.Verdict
	}
	want := map[string]study.Verdict{
		"ket az NAc+VP": study.Raised, "ket dasb NAc+VP": study.Lowered,
		"both az NAc+VP": study.NoVerdict, "both dasb NAc+VP": study.Lowered,
		"nbqx az NAc+VP": study.Cancelled, "nbqx dasb NAc+VP": study.NotCancelled,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, s := range f.Statements {
		t.Log(s.Words)
	}
	for _, a := range f.Assumptions {
		t.Log(a)
	}
}

// The numbers of a finding are those of R.
func TestTheNumbersOfAFindingAgreeWithR(t *testing.T) {
	d := twoTracers("NAc", "VP")
	f := analyse(t, d, observations(t, "n6"))
	c := compare(t)
	r := result(t, f, "ket", "az", "NAc")
	var truth struct {
		Balanced lmm `json:"balanced_AZ_NAc_n6"`
	}
	readJSON(t, "testdata/lmm.json", &truth)
	k := truth.Balanced.Contrasts[0]
	c.close("mixed: mean", r.Sensitivity.OtherMean, k.Estimate, 1e-6)
	c.close("mixed: df", r.Sensitivity.Other.DF, k.DF, 1e-4)
	c.close("mixed: p", r.Sensitivity.Other.P, k.P, 1e-4)
	for _, row := range rowsOf(t, "testdata/maxt.tsv") {
		if row["tracer"] == "AZ10419369" && row["region"] == "NAc" {
			c.close("t", r.Test.T, row.number(t, "t"), 1e-9)
			c.close("max-t", r.Sensitivity.MaxT.Adjusted, row.number(t, "p_maxT"), exactly)
			c.close("sign-flip", r.Sensitivity.SignFlip.P, row.number(t, "p_flip"), exactly)
		}
	}
	d2 := changes(t, "n6", "AZ10419369", "NAc", "base", "ket", "log")
	p, err := study.PairedTest(d2)
	if err != nil {
		t.Fatal(err)
	}
	i := p.Interval(0.95)
	c.close("change", r.Estimate.Change, math.Exp(p.Mean)-1, exactly)
	c.close("low", r.Estimate.Interval.Low, math.Exp(i.Low)-1, exactly)
	c.close("high", r.Estimate.Interval.High, math.Exp(i.High)-1, exactly)
	b := blocked(t, f, "az", "NAc")
	from := func(from, to string) study.PairedT {
		p, err := study.PairedTest(changes(t, "n6", "AZ10419369", "NAc", from, to, "log"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	gone, left := from("nbqxket", "ket"), from("base", "nbqxket")
	c.close("difference", b.Parts.Difference.Change, math.Exp(gone.Mean)-1, exactly)
	c.close("p of the difference", b.Parts.DifferenceP, gone.P, exactly)
	c.close("90 % interval, low", b.Parts.Equivalence.Interval.Low, left.Interval(0.9).Low, exactly)
	c.close("90 % interval, high", b.Parts.Equivalence.Interval.High, left.Interval(0.9).High, exactly)
	c.close("what is left", b.Parts.Retained.Value, left.Mean/p.Mean, exactly)
}

// The design with the mixed model claims by its p, and the paired test is the
// sensitivity; it uses subjects of which a scan is missing.
func TestTheMixedModelCanCarryTheClaims(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:2]
	d.Analysis.Test = study.TestMixed
	list := slices.DeleteFunc(observations(t, "n6"), func(o study.Observation) bool {
		return o.Subject == "sub-03" && o.Condition == "nbqxketamine"
	})
	f := analyse(t, d, list)
	var truth struct {
		Missing lmm `json:"missing_one_AZ_NAc_n6"`
	}
	readJSON(t, "testdata/lmm.json", &truth)
	c := compare(t)
	for i, contrast := range []string{"ket", "both"} {
		r, want := result(t, f, contrast, "az", "NAc"), truth.Missing.Contrasts[i]
		if r.Test.Name != study.TestMixed || r.Sensitivity.Other.Name != study.TestPaired {
			t.Errorf("%s: the claim is carried by %s", contrast, r.Test.Name)
		}
		c.close("mean", r.Estimate.Mean, want.Estimate, 1e-6)
		c.close("se", r.Test.SE, want.SE, 1e-6)
		c.close("p", r.Test.P, want.P, 1e-4)
	}
	if r := result(t, f, "ket", "az", "NAc"); r.Verdict != study.Raised || len(r.Subjects) != 6 {
		t.Errorf("%s of %d pairs", r.Verdict, len(r.Subjects))
	}
	if r := result(t, f, "both", "az", "NAc"); len(r.Subjects) != 5 {
		t.Errorf("%d pairs, want 5", len(r.Subjects))
	}
}

// A study is one of made-up changes: of every subject the logarithm alone and with the
// blocker, against a baseline of 1.
func madeUp(alone, with []float64) []study.Observation {
	var list []study.Observation
	for i := range alone {
		subject := fmt.Sprintf("s%02d", i)
		for condition, d := range map[string]float64{"baseline": 0, "ketamine": alone[i], "nbqxketamine": with[i]} {
			value := (1 + 0.1*float64(i%3)) * math.Exp(d)
			list = append(list, study.Observation{Subject: subject, Condition: condition, Tracer: "az", Region: "NAc",
				Value: value})
		}
	}
	return list
}

// around returns values about a mean, with deviations of a size that add up to 0.
func around(mean, size float64, pattern ...float64) []float64 {
	var list []float64
	for _, p := range pattern {
		list = append(list, mean+size*p)
	}
	return list
}

// Every row of the table of verdicts, and what comes with it.
func TestVerdictsOnBlocking(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers = d.Tracers[:1]
	p1, p2 := []float64{1, -1, 0.5, -0.5, 1.5, -1.5}, []float64{0.6, 1.1, -1.4, 0.4, -1, 0.3}
	for _, test := range []struct {
		name        string
		alone, with []float64
		alone1      study.Verdict // of the drug alone
		want        study.Verdict
		says        string // in the words
		leftOut     string // not in the words
	}{
		{"nothing to cancel", around(0.01, 0.05, p1...), around(0, 0.02, p2...), study.NoVerdict, study.NoVerdict,
			"nothing to cancel was shown", ""},
		{"cancelled", around(0.2, 0.02, p1...), around(0, 0.02, p2...), study.Raised, study.Cancelled,
			"cancelled the change", "remainder"},
		{"cancelled, of a fall", around(-0.2, 0.02, p1...), around(0, 0.02, p2...), study.Lowered, study.Cancelled,
			"cancelled the change", "remainder"},
		{"cancelled with a remainder", around(0.3, 0.02, p1...), around(0.05, 0.02, p2...), study.Raised, study.Cancelled,
			"a remainder of +5.1 % is shown", ""},
		{"not cancelled", around(0.2, 0.02, p1...), around(0.2, 0.02, p2...), study.Raised, study.NotCancelled,
			"did not cancel", "reduced"},
		{"not cancelled but reduced", around(0.4, 0.02, p1...), around(0.25, 0.02, p2...), study.Raised, study.NotCancelled,
			"but reduced by 16", ""},
		{"more with the blocker", around(0.2, 0.02, p1...), around(0.35, 0.02, p2...), study.Raised, study.NotCancelled,
			"did not cancel", "reduced"},
		// Inside the margin and different from the drug alone, yet not half gone.
		{"less than half gone", around(0.18, 0.01, p1...), around(0.11, 0.01, p2...), study.Raised, study.NotCancelled,
			"reduced", " cancelled the change"},
		{"reversed", around(0.2, 0.02, p1...), around(-0.2, 0.02, p2...), study.Raised, study.Undecided, "reversed", ""},
		{"too noisy with the blocker", around(0.4, 0.02, p1...), around(0.02, 0.2, p2...), study.Raised, study.Undecided,
			"reaches beyond the margin", ""},
	} {
		f := analyse(t, d, madeUp(test.alone, test.with))
		r := blocked(t, f, "az", "NAc")
		if a := result(t, f, "ket", "az", "NAc"); a.Verdict != test.alone1 {
			t.Errorf("%s: the drug alone is %s, want %s", test.name, a.Verdict, test.alone1)
		}
		if test.name == "nothing to cancel" && r.Parts.Retained.Interval != nil {
			t.Errorf("%s: a share of nothing has an interval", test.name)
		}
		s := f.Statements[len(f.Statements)-1]
		if r.Verdict != test.want || s.Verdict != test.want {
			t.Errorf("%s: %s, in words %s, want %s (%v)", test.name, r.Verdict, s.Verdict, test.want, r.Failed)
		}
		if !strings.Contains(s.Words, test.says) || test.leftOut != "" && strings.Contains(s.Words, test.leftOut) {
			t.Errorf("%s: %q", test.name, s.Words)
		}
		if test.want == study.Undecided && !r.Reversed && r.Needed <= 6 {
			t.Errorf("%s: %d subjects would be needed", test.name, r.Needed)
		}
	}
}

// Reduced is adjusted over all regions where both changes are claimed: what one
// region would show by itself, two do not.
func TestReducedIsAdjustedOverRegions(t *testing.T) {
	d := twoTracers("NAc", "VP")
	d.Tracers = d.Tracers[:1]
	gone := []float64{0.02, -0.01, 0.03, -0.02, 0.01, -0.03}
	p, err := study.PairedTest(append(slices.Clone(gone[:5]), gone[5]+1e-6))
	if err != nil {
		t.Fatal(err)
	}
	alone, with, same := make([]float64, 6), make([]float64, 6), make([]float64, 6)
	for i := range gone {
		alone[i] = 0.5 + 0.01*float64(i%2)
		with[i] = alone[i] - gone[i] - 2.8*p.SE // t = 2.8, p = 0.038
		same[i] = alone[i] - gone[5-i]
	}
	one, other := madeUp(alone, with), madeUp(alone, same)
	for i := range other {
		other[i].Region = "VP"
	}
	f := analyse(t, d, append(slices.Clone(one), other...))
	if r := blocked(t, f, "az", "NAc"); r.Reduced || r.Verdict != study.NotCancelled || r.Parts.DifferenceP > 0.05 ||
		math.Abs(r.Parts.DifferenceAdjusted-2*r.Parts.DifferenceP) > 1e-12 {
		t.Errorf("two regions: %+v, p %v, adjusted %v", r, r.Parts.DifferenceP, r.Parts.DifferenceAdjusted)
	}
	f = analyse(t, d, one)
	if r := blocked(t, f, "az", "NAc"); !r.Reduced || r.Parts.DifferenceAdjusted != r.Parts.DifferenceP {
		t.Errorf("one region: %+v", r)
	}
}

// More than half of the change may be gone although a difference from the drug
// alone is not shown: among the subjects with all three scans the drug alone did too
// different things.
func TestAllPartsOfCancelledMustHold(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Analysis.Margin = d.Tracers[:1], 0.5
	alone := []float64{0.05, 0.4, 0.06, 0.41, 0.3, 0.31, 0.29, 0.32}
	with := make([]float64, len(alone))
	for i, a := range alone {
		with[i] = a/2 - 0.03 + 0.001*float64(i%3)
	}
	list := slices.DeleteFunc(madeUp(alone, with),
		func(o study.Observation) bool { return o.Condition == "nbqxketamine" && o.Subject > "s03" })
	r := blocked(t, analyse(t, d, list), "az", "NAc")
	if r.Verdict != study.Undecided || len(r.Failed) != 1 ||
		!strings.Contains(r.Failed[0], "a difference from the drug alone was not shown") || len(r.Subjects) != 4 {
		t.Errorf("%s of %v: %v", r.Verdict, r.Subjects, r.Failed)
	}
}

// Blocking has the tracers that both of its changes have.
func TestBlockingNeedsBothChangesOfATracer(t *testing.T) {
	d := twoTracers("NAc")
	d.Contrasts[0].Tracers = []string{"az"}
	f := analyse(t, d, observations(t, "n6"))
	if len(f.Blocking) != 1 || f.Blocking[0].Tracer != "az" || f.FamilySize != 3 {
		t.Errorf("%d tests, %+v", f.FamilySize, f.Blocking)
	}
}

// The number of subjects is that of the hardest part.
func TestSubjectsThatBlockingWouldNeed(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Analysis.Margin = d.Tracers[:1], 0.5 // so wide that half of the change is the hardest
	alone, with := around(0.4, 0.02, 1, -1, 0.5, -0.5, 1.5, -1.5), around(0.05, 0.3, 0.6, 1.1, -1.4, 0.4, -1, 0.3)
	r := blocked(t, analyse(t, d, madeUp(alone, with)), "az", "NAc")
	half := make([]float64, 6)
	for i := range half {
		half[i] = with[i] - alone[i]/2
	}
	p, err := study.PairedTest(half)
	if err != nil {
		t.Fatal(err)
	}
	want, err := study.PairsForChange(0.2, p.SD, 0.1, 0.8) // one-sided at 0.05
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != study.Undecided || r.Needed != want {
		t.Errorf("%s: %d subjects, want %d", r.Verdict, r.Needed, want)
	}
}

// One subject that behaves otherwise decides nothing by itself unseen.
func TestOneSubjectThatDecidesIsNamed(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers = d.Tracers[:1]
	alone, with := around(0.4, 0.02, 1, -1, 0.5, -0.5, 1.5, -1.5), around(0, 0.02, 0.6, 1.1, -1.4, 0.4, -1, 0.3)
	with[3] = 0.35
	f := analyse(t, d, madeUp(alone, with))
	if s := f.Statements[len(f.Statements)-1]; s.Verdict != study.Undecided ||
		!strings.Contains(s.Words, "without one subject, s03, the verdict would be cancelled") ||
		strings.Count(s.Words, "without one subject") != 1 {
		t.Errorf("%s: %s", s.Verdict, s.Words)
	}
	// Of as few subjects as may be tested, one less is tested all the same.
	four := analyse(t, d, madeUp(around(0.3, 0.002, 1, -1, 0.5, -0.5), around(0, 0.002, 0.6, -0.9, -0.4, 0.7)))
	for _, o := range result(t, four, "ket", "az", "NAc").Sensitivity.VerdictsLeftOut {
		if o.Verdict != study.Raised {
			t.Errorf("without %s: %s", o.Name, o.Verdict)
		}
	}
	if m := result(t, four, "ket", "az", "NAc").Sensitivity.MaxT; m != nil {
		t.Errorf("max-t of four subjects: %+v", m)
	}
}

// A scan that replaces an excluded one stays when the exclusion is lifted.
func TestARepeatedScanStays(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:1]
	list := madeUp([]float64{0.2, 0.21, 0.19, 0.22, 0.2}, make([]float64, 5))
	for _, o := range list {
		if o.Subject == "s01" && o.Condition == "ketamine" {
			o.Value, o.Excluded = 0.1, "MOTION"
			list = append(list, o)
		}
	}
	s := result(t, analyse(t, d, list), "ket", "az", "NAc").Sensitivity
	if len(s.Restored) != 0 || !slices.Equal(s.VerdictsRestored,
		[]study.OtherVerdict{{Name: "MOTION", Verdict: study.Raised}}) {
		t.Errorf("%+v, %+v", s.Restored, s.VerdictsRestored)
	}
}

// A tracer's verdict holds in all regions where the drug alone is claimed.
func TestATracerIsUndecidedWhereRegionsDiffer(t *testing.T) {
	d := twoTracers("NAc", "VP")
	d.Tracers = d.Tracers[:1]
	p1, p2 := []float64{1, -1, 0.5, -0.5, 1.5, -1.5}, []float64{0.6, 1.1, -1.4, 0.4, -1, 0.3}
	one := madeUp(around(0.3, 0.02, p1...), around(0, 0.02, p2...))
	other := madeUp(around(0.3, 0.02, p1...), around(0.3, 0.02, p2...))
	for i := range other {
		other[i].Region = "VP"
	}
	f := analyse(t, d, append(one, other...))
	s := f.Statements[len(f.Statements)-1]
	if s.Verdict != study.Undecided || !strings.Contains(s.Words, "in NAc cancelled") ||
		!strings.Contains(s.Words, "in VP not-cancelled") {
		t.Errorf("%s: %s", s.Verdict, s.Words)
	}
	// A region without a claim is no hindrance.
	quiet := madeUp(around(0, 0.05, p1...), around(0, 0.05, p2...))
	for i := range quiet {
		quiet[i].Region = "VP"
	}
	f = analyse(t, d, append(one, quiet...))
	if s := f.Statements[len(f.Statements)-1]; s.Verdict != study.Cancelled || !slices.Equal(s.Regions, []string{"NAc"}) {
		t.Errorf("%s in %v: %s", s.Verdict, s.Regions, s.Words)
	}
}

// A study that is not complete shows nothing or changes alone; one of which the
// design changed after looking shows p and claims nothing.
func TestNothingIsClaimedTooEarly(t *testing.T) {
	d := twoTracers("NAc", "VP")
	list := observations(t, "n6")
	for _, test := range []struct {
		name      string
		interim   study.Interim
		state     study.State
		estimates bool
		tests     bool
		says      string
	}{
		{"blind", study.InterimBlind, study.State{}, false, false, "Interim"},
		{"estimates", study.InterimEstimates, study.State{}, true, false, "Interim"},
		{"changed", study.InterimEstimates, study.State{Complete: true, Changes: []string{"the margin was 0.1"}}, true,
			true, "the margin was 0.1"},
	} {
		d.Analysis.Interim = test.interim
		f, err := study.Analyse(d, list, test.state, 1)
		if err != nil {
			t.Fatal(err)
		}
		checkFinding(t, f)
		if f.Confirmatory {
			t.Errorf("%s: confirmatory", test.name)
		}
		for _, r := range f.Changes {
			if (r.Estimate != nil) != test.estimates || (r.Test != nil) != test.tests || r.Claimed ||
				r.Verdict != study.NoVerdict || len(r.Subjects) != 6 {
				t.Errorf("%s: %+v", test.name, r)
			}
			if r.Estimate != nil && !test.tests && r.Estimate.Interval != nil || !test.tests && r.Sensitivity != nil {
				t.Errorf("%s: an interval can be seen", test.name)
			}
		}
		for _, b := range f.Blocking {
			if b.Verdict != study.NoVerdict || !test.tests {
				t.Errorf("%s: %+v", test.name, b)
			}
		}
		for _, s := range f.Statements {
			if s.Verdict != study.NoVerdict || !strings.Contains(s.Words, test.says) {
				t.Errorf("%s: %+v", test.name, s)
			}
		}
		body, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if !test.estimates && strings.Contains(string(body), `"P":0.`) {
			t.Errorf("%s: a p can be seen", test.name)
		}
	}
}

// Under blind not even why a test would be refused is told, where that tells of
// values.
func TestBlindStudiesTellNoValues(t *testing.T) {
	list := observations(t, "n6")
	for i := range list {
		if list[i].Subject == "sub-02" && list[i].Condition == "ketamine" {
			list[i].Value = 0.0123
		}
	}
	f, err := study.Analyse(twoTracers("NAc", "VP"), list, study.State{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "0.012") || strings.Contains(string(body), string(study.RefusedLog)) {
		t.Errorf("a value can be seen: %s", body)
	}
}

func TestCellsAreSettled(t *testing.T) {
	d := twoTracers("NAc")
	settled := []study.Cell{{"s1", "baseline", "az"}, {"s1", "ketamine", "az"}, {"s1", "ketamine", "dasb"},
		{"s1", "nbqxketamine", "dasb"}, {"s3", "baseline", "az"}}
	want := []study.Cell{{"s1", "baseline", "dasb"}, {"s1", "nbqxketamine", "az"}}
	if got := d.Unsettled([]string{"s1"}, settled); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := d.Unsettled([]string{"s1", "s2"}, nil); len(got) != 12 {
		t.Errorf("%d cells of two subjects", len(got))
	}
}

// A study that is closed early after looks pays for them.
func TestClosingEarlyLowersAlpha(t *testing.T) {
	for _, test := range []struct {
		interim study.Interim
		planned int
		want    float64
	}{
		{study.InterimBlind, 6, 0.05}, {study.InterimEstimates, 6, 0.05 / 3},
		{study.InterimEstimates, 4, 0.025}, {study.InterimEstimates, 12, 0.05 / 9},
	} {
		d := twoTracers("NAc", "VP")
		d.Planned, d.Analysis.Interim = test.planned, test.interim
		f, err := study.Analyse(d, observations(t, "n6"), study.State{Complete: true, ClosedEarly: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(f.Alpha-test.want) > 1e-15 || !f.Confirmatory {
			t.Errorf("%s, %d planned: alpha %v, want %v", test.interim, test.planned, f.Alpha, test.want)
		}
	}
}

// What cannot be tested stays in the family with p = 1 and says why.
func TestWhatCannotBeTestedStaysInTheFamily(t *testing.T) {
	whole := result(t, analyse(t, twoTracers("NAc", "VP"), observations(t, "n6")), "ket", "az", "VP")
	for _, test := range []struct {
		name string
		edit func(o *study.Observation) bool // false deletes
		want study.Refusal
	}{
		{"absent", func(*study.Observation) bool { return false }, study.RefusedTooFew},
		{"three pairs", func(o *study.Observation) bool { return o.Subject < "sub-04" }, study.RefusedTooFew},
		{"copied values", func(o *study.Observation) bool {
			o.Value = map[string]float64{"baseline": 1, "ketamine": 1.2, "nbqxketamine": 1}[o.Condition]
			return true
		}, study.RefusedConstant},
		{"a value near 0", func(o *study.Observation) bool {
			if o.Subject == "sub-02" {
				o.Value = 0.05
			}
			return true
		}, study.RefusedLog},
		{"a negative value", func(o *study.Observation) bool {
			if o.Subject == "sub-02" {
				o.Value = -0.2
			}
			return true
		}, study.RefusedLog},
		{"a value within four errors", func(o *study.Observation) bool { o.SE = o.Value / 4; return true }, study.RefusedLog},
		{"another model", func(o *study.Observation) bool {
			if o.Subject == "sub-02" {
				o.Settings = map[string]string{"model": "mrtm2"}
			}
			return true
		}, study.RefusedSettings},
	} {
		var list []study.Observation
		for _, o := range observations(t, "n6") {
			if o.Tracer == "az" && o.Region == "NAc" && !test.edit(&o) {
				continue
			}
			list = append(list, o)
		}
		f := analyse(t, twoTracers("NAc", "VP"), list)
		r := result(t, f, "ket", "az", "NAc")
		if r.Refused != test.want || r.Test != nil || r.Claimed || r.Verdict != study.NoVerdict ||
			!strings.HasSuffix(r.Detail, ".") {
			t.Errorf("%s: %s (%s), %s", test.name, r.Refused, r.Detail, r.Verdict)
		}
		if test.want == study.RefusedSettings && (r.Estimate != nil || !strings.Contains(r.Detail, "model")) {
			t.Errorf("%s: %+v, %s", test.name, r.Estimate, r.Detail)
		}
		if test.want == study.RefusedLog && (r.Scale != study.ScaleRaw || r.Estimate == nil) {
			t.Errorf("%s: the raw change is not shown: %+v", test.name, r)
		}
		if f.FamilySize != 8 {
			t.Errorf("%s: a family of %d", test.name, f.FamilySize)
		}
		if b := blocked(t, f, "az", "NAc"); b.Verdict != study.NoVerdict {
			t.Errorf("%s: blocking is %s", test.name, b.Verdict)
		}
		if n := result(t, f, "ket", "az", "VP"); n.Sensitivity.MaxT != nil {
			t.Errorf("%s: max-t leaves a region out", test.name)
		}
		// The neighbour does not gain: its adjusted p is at least that of the whole family.
		if n := result(t, f, "ket", "az", "VP"); n.Test.Adjusted < whole.Test.Adjusted {
			t.Errorf("%s: the neighbour's adjusted p fell from %v to %v", test.name, whole.Test.Adjusted, n.Test.Adjusted)
		}
		for _, s := range f.Statements {
			if s.Contrast == "ket" && s.Tracer == "az" && s.Verdict == study.NoVerdict &&
				!strings.Contains(s.Words, "no test was made") {
				t.Errorf("%s: %s", test.name, s.Words)
			}
		}
	}
}

// Of one subject, or of none, there is a finding and no test.
func TestVeryFewSubjects(t *testing.T) {
	for n := range 4 {
		list := slices.DeleteFunc(observations(t, "n6"),
			func(o study.Observation) bool { return o.Subject > fmt.Sprintf("sub-%02d", n) })
		d := twoTracers("NAc", "VP")
		d.Planned = max(n, 1)
		f := analyse(t, d, list)
		for _, r := range f.Changes {
			if r.Refused != study.RefusedTooFew || (r.Estimate != nil) != (n > 0) || r.Estimate != nil &&
				(r.Estimate.Interval != nil) != (n > 1) {
				t.Errorf("%d subjects: %+v", n, r)
			}
		}
	}
}

// The order of the table changes nothing.
func TestTheOrderOfTheTableChangesNothing(t *testing.T) {
	d := twoTracers("NAc", "VP")
	list := withErrors(observations(t, "n6"), 0.01)
	want, err := json.Marshal(analyse(t, d, list))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got, err := json.Marshal(analyse(t, d, list)); err != nil || string(got) != string(want) {
			t.Fatalf("another order gives another finding (%v)", err)
		}
	}
}

// The unit of BPND changes no logarithm, and exploratory regions no claim.
func TestScaleAndExploratoryRegionsChangeNoClaim(t *testing.T) {
	d := twoTracers("NAc", "VP")
	list := observations(t, "n6")
	first := analyse(t, d, list)
	for i := range list {
		list[i].Value *= 1000
	}
	for i := range d.Tracers {
		d.Tracers[i].Exploratory = []string{"Putamen", "Caudate", "Thalamus"}
	}
	second := analyse(t, d, list)
	for i, a := range first.Changes {
		b := second.Changes[i]
		if math.Abs(a.Test.Adjusted/b.Test.Adjusted-1) > 1e-9 || a.Verdict != b.Verdict {
			t.Errorf("%s %s %s: %v, then %v", a.Contrast, a.Tracer, a.Region, a.Test, b.Test)
		}
	}
	if len(second.Changes) != 20 {
		t.Fatalf("%d rows, want 20", len(second.Changes))
	}
	var p, q []float64
	for _, r := range second.Changes[8:] {
		if r.Claimed || r.Primary || r.Verdict != study.NoVerdict {
			t.Errorf("%s claims %s", r.Region, r.Verdict)
		}
		p, q = append(p, r.Test.P), append(q, r.Test.Adjusted)
	}
	if want := study.BenjaminiHochberg(p); !slices.Equal(q, want) {
		t.Errorf("q = %v, want %v", q, want)
	}
}

// On the raw scale the margin is a share of the mean at baseline, where that is
// clear of 0.
func TestTheRawScale(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers = d.Tracers[:1]
	d.Analysis.Raw = []string{"NAc"}
	p1, p2 := []float64{1, -1, 0.5, -0.5, 1.5, -1.5}, []float64{0.6, 1.1, -1.4, 0.4, -1, 0.3}
	list := madeUp(around(0.3, 0.02, p1...), around(0, 0.02, p2...))
	f := analyse(t, d, list)
	r, b := result(t, f, "ket", "az", "NAc"), blocked(t, f, "az", "NAc")
	if r.Scale != study.ScaleRaw || r.Verdict != study.Raised || math.Abs(r.Estimate.Change-1.1*math.Expm1(0.3)) > 0.02 {
		t.Errorf("%s: %+v", r.Verdict, r.Estimate)
	}
	if b.Verdict != study.Cancelled || math.Abs(b.Parts.Equivalence.Margin.High-0.15*1.1) > 1e-12 {
		t.Errorf("%s with a margin of %+v", b.Verdict, b.Parts.Equivalence.Margin)
	}
	// The mean at baseline is 1, with a standard error of 0.3: there is no margin.
	scattered := slices.Clone(list)
	for i, o := range scattered {
		k := int(o.Subject[2] - '0')
		scattered[i].Value += []float64{0.2, 0.3, 1.8, 1.9, 0.4, 1.4}[k] - (1 + 0.1*float64(k%3))
	}
	if b := blocked(t, analyse(t, d, scattered), "az", "NAc"); b.Verdict != study.Undecided || b.Parts.Equivalence != nil {
		t.Errorf("%s with a margin of %+v", b.Verdict, b.Parts.Equivalence)
	}
	// The mean at baseline is near 0: values may be negative, and there is no margin.
	for i := range list {
		list[i].Value -= 1.1
	}
	f = analyse(t, d, list)
	if b := blocked(t, f, "az", "NAc"); b.Verdict != study.Undecided || b.Parts.Equivalence != nil ||
		!strings.Contains(b.Failed[0], "no margin") {
		t.Errorf("%s: %v", b.Verdict, b.Failed)
	}
}

// A subject without a baseline counts where its scans are compared, and nowhere
// else; one without a scan under the blocker is no part of blocking.
func TestSubjectsCountWhereTheirScansAre(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers = d.Tracers[:1]
	d.Contrasts = append(d.Contrasts, study.Contrast{ID: "gone", Kind: study.KindChange, Of: "ketamine",
		Against: "nbqxketamine"})
	list := slices.DeleteFunc(observations(t, "n6"), func(o study.Observation) bool {
		return o.Subject == "sub-01" && o.Condition == "baseline" || o.Subject == "sub-06" && o.Condition == "nbqxketamine"
	})
	f := analyse(t, d, list)
	for contrast, want := range map[string][]string{
		"ket": {"sub-02", "sub-03", "sub-04", "sub-05", "sub-06"}, "both": {"sub-02", "sub-03", "sub-04", "sub-05"},
		"gone": {"sub-01", "sub-02", "sub-03", "sub-04", "sub-05"},
	} {
		if r := result(t, f, contrast, "az", "NAc"); !slices.Equal(r.Subjects, want) {
			t.Errorf("%s: %v, want %v", contrast, r.Subjects, want)
		}
	}
	if b := blocked(t, f, "az", "NAc"); !slices.Equal(b.Subjects, []string{"sub-02", "sub-03", "sub-04", "sub-05"}) ||
		b.Verdict != study.Cancelled {
		t.Errorf("%s of %v", b.Verdict, b.Subjects)
	}
}

// What stands beside a claim.
func TestSensitivity(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers = d.Tracers[:1]
	d.Analysis.Covariates = []string{"injected mass"}
	list := withErrors(observations(t, "n6"), 0.02)
	for i := range list {
		o := &list[i]
		o.Order = map[string]int{"baseline": 1, "ketamine": 2, "nbqxketamine": 3}[o.Condition]
		number := int(o.Subject[5] - '0')
		mass := 0.02 + 0.01*float64(number%3)
		if o.Condition == "ketamine" {
			mass += 0.004 * float64(number)
		}
		o.Covariates = map[string]float64{"injected mass": mass}
		if o.Subject == "sub-04" {
			o.Excluded = "MASS_LIMIT"
		}
	}
	extra := slices.DeleteFunc(withErrors(observations(t, "n4"), 0.02),
		func(o study.Observation) bool { return o.Subject != "sub-01" })
	for i := range extra {
		extra[i].Subject, extra[i].BeyondPlan = "sub-07", true
		extra[i].Order = 1
	}
	f := analyse(t, d, append(list, extra...))
	r := result(t, f, "ket", "az", "NAc")
	s := r.Sensitivity
	if len(r.Subjects) != 5 || slices.Contains(r.Subjects, "sub-07") || !slices.Equal(f.BeyondPlan, []string{"sub-07"}) {
		t.Fatalf("subjects %v, beyond the plan %v", r.Subjects, f.BeyondPlan)
	}
	all := changes(t, "n6", "AZ10419369", "NAc", "base", "ket", "log")
	p, err := study.PairedTest(all)
	if err != nil {
		t.Fatal(err)
	}
	c := compare(t)
	if len(s.Restored) != 1 || s.Restored[0].Reason != "MASS_LIMIT" || s.Restored[0].Pairs != 6 {
		t.Fatalf("restored: %+v", s.Restored)
	}
	c.close("p with the excluded scan", s.Restored[0].P, p.P, exactly)
	c.close("change with the excluded scan", s.Restored[0].Change, math.Exp(p.Mean)-1, exactly)
	five := slices.Delete(slices.Clone(all), 3, 4)
	if len(s.LeftOut) != 5 || s.LeftOut[4].Subject != "sub-06" {
		t.Fatalf("left out: %+v", s.LeftOut)
	}
	p, err = study.PairedTest(five[:4])
	if err != nil {
		t.Fatal(err)
	}
	c.close("p without the last subject", s.LeftOut[4].P, p.P, exactly)
	// Errors of 2 % in both scans make 0.02·√2 of each change.
	sd := r.Test.SE * math.Sqrt(5)
	c.close("share of the fits", s.FitShare.Value, 2*0.02*0.02/sd/sd, exactly)
	c.close("its low end", s.FitShare.Interval.Low/s.FitShare.Value, 0.4844186/4, 1e-6) // χ²(0.025) of 4, from tables
	c.close("its high end", s.FitShare.Interval.High/s.FitShare.Value, 11.1432868/4, 1e-6)
	c.close("the weighted mean", s.Weighted.Mean, r.Estimate.Mean, exactly) // equal errors
	if len(s.Covariates) != 1 || s.Covariates[0].DF != 3 {
		t.Errorf("covariates: %+v", s.Covariates)
	}
	if len(f.Covariates) != 3 || f.Covariates[0].Scans != 5 {
		t.Errorf("summaries: %+v", f.Covariates)
	}
	if b := blocked(t, f, "az", "NAc"); b.Verdict != study.Cancelled || len(b.LeftOut) != 5 ||
		b.LeftOut[0] != (study.OtherVerdict{Name: "sub-01", Verdict: study.Cancelled}) ||
		!slices.Equal(b.Restored, []study.OtherVerdict{{Name: "MASS_LIMIT", Verdict: study.Cancelled}}) {
		t.Errorf("%s; left out %v, restored %v", b.Verdict, b.LeftOut, b.Restored)
	}
	words := strings.Join(f.Assumptions, " ")
	for _, want := range []string{"geometric", "not adjusted", "not shown to be absent", "is the same in all subjects",
		"No scan was made with NBQX alone", "injected mass"} {
		if !strings.Contains(words, want) {
			t.Errorf("no word of %q: %s", want, words)
		}
	}
}

// A change adjusted for a covariate is the intercept of R's lm(d ~ x): by hand for
// five points on a line with known residuals.
func TestTheChangeAtEqualCovariate(t *testing.T) {
	x := []float64{-2, -1, 0, 1, 2}
	e := []float64{0.01, -0.02, 0.02, -0.02, 0.01} // orthogonal to 1 and x
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:1]
	d.Analysis.Covariates = []string{"mass", "age", "absent"}
	var list []study.Observation
	for i := range x {
		for condition, on := range map[string]float64{"baseline": 0, "ketamine": 1} {
			list = append(list, study.Observation{
				Subject: fmt.Sprint(i), Condition: condition, Tracer: "az", Region: "NAc",
				Value:      math.Exp(on * (0.2 + 0.03*(x[i]+1) + e[i])),
				Covariates: map[string]float64{"mass": 5 + on*(x[i]+1), "age": 3 + x[i]},
			})
		}
	}
	f := analyse(t, d, list)
	got := result(t, f, "ket", "az", "NAc").Sensitivity.Covariates
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	c := compare(t)
	c.close("at equal mass", got[0].Change, math.Expm1(0.2), 1e-9)
	c.close("at the mean age", got[1].Change, math.Expm1(0.23), 1e-9)
	// se² of the intercept: Σe²/3 · (1/5 + x̄²/Σ(x−x̄)²) = 0.0014/3 · (0.2 + 0.1); t(3) = 16.903, p from R's 2*pt(-t, 3).
	se := math.Sqrt(0.0014 / 3 * 0.3)
	tt := 0.2 / se
	// Student's t with three degrees of freedom has a closed form.
	want := 2 * (0.5 - (math.Atan(tt/math.Sqrt(3))+math.Sqrt(3)*tt/(3+tt*tt))/math.Pi)
	c.close("p", got[0].P, want, 1e-6)
}

func TestDisagreementsAreSaid(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:1]
	// All subjects have much the same.
	list := madeUp([]float64{0.10, 0.12, 0.11, 0.13, 0.09}, make([]float64, 5))
	for i := range list {
		list[i].Value *= 1 + 0.0001*float64(i%7)
	}
	f := analyse(t, d, list)
	r := result(t, f, "ket", "az", "NAc")
	if !r.Claimed || len(r.Sensitivity.Disagreements) != 0 {
		t.Fatalf("claimed %v, %v", r.Claimed, r.Sensitivity.Disagreements)
	}
	list = madeUp([]float64{0.10, 0.12, 0.11, 0.09, -0.12, 0.12}, make([]float64, 6))
	for i := range list {
		if list[i].Subject == "s04" {
			list[i].Excluded = "FRAME_GAP"
		}
	}
	f = analyse(t, d, list)
	r = result(t, f, "ket", "az", "NAc")
	if said := strings.Join(r.Sensitivity.Disagreements, " "); !r.Claimed ||
		!strings.Contains(said, "With the scans excluded as FRAME_GAP the verdict would be none.") {
		t.Errorf("claimed %v, and it says %q", r.Claimed, said)
	}
	// With the mixed model, too, each verdict is that of its own table.
	d.Analysis.Test = study.TestMixed
	if o := result(t, analyse(t, d, list), "ket", "az", "NAc").Sensitivity.VerdictsRestored; len(o) != 1 ||
		o[0].Verdict != study.NoVerdict {
		t.Errorf("by the mixed model: %v", o)
	}
	// What is said stands beside the claim.
	if s := f.Statements[0]; s.Verdict != study.Raised || !strings.Contains(s.Words, "excluded as FRAME_GAP") {
		t.Errorf("%s: %s", s.Verdict, s.Words)
	}
}

// What other tests and weights say otherwise is said.
func TestOtherTestsThatDisagreeAreNamed(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:2]
	// Four subjects: three degrees of freedom, and six in the mixed model.
	f := analyse(t, d, madeUp([]float64{0.08, 0.12, 0.18, 0.03}, []float64{0.01, -0.01, 0.005, -0.005}))
	r := result(t, f, "ket", "az", "NAc")
	if said := strings.Join(r.Sensitivity.Disagreements, " "); r.Claimed ||
		!strings.Contains(said, "By mixed the change would be shown") {
		t.Errorf("claimed %v (p %v, other %v): %q", r.Claimed, r.Test.Adjusted, r.Sensitivity.Other.Adjusted, said)
	}
	// The two subjects that are measured best hardly change.
	list := madeUp([]float64{0.16, 0.15, 0.14, 0.17, 0.03, -0.02}, make([]float64, 6))
	for i := range list {
		list[i].SE = 0.2 * list[i].Value
		if list[i].Subject >= "s04" {
			list[i].SE = 0.001 * list[i].Value
		}
	}
	d.Contrasts = d.Contrasts[:1]
	r = result(t, analyse(t, d, list), "ket", "az", "NAc")
	if said := strings.Join(r.Sensitivity.Disagreements, " "); !r.Claimed ||
		!strings.Contains(said, "Weighted by the standard errors") {
		t.Errorf("claimed %v (weighted %+v): %q", r.Claimed, r.Sensitivity.Weighted, said)
	}
}

// Whatever a table holds, the answer is a finding of numbers or an error.
func TestAnyTableGivesAFindingOrAnError(t *testing.T) {
	d := twoTracers("NAc", "VP")
	d.Tracers[0].Exploratory = []string{"Putamen"}
	d.Contrasts = append(d.Contrasts,
		study.Contrast{ID: "occ", Kind: study.KindOccupancy, Of: "ketamine", Against: "baseline",
			Methods: []study.OccupancyMethod{study.MethodRatio, study.MethodOrigin, study.MethodLassen, study.MethodLEO}},
		study.Contrast{ID: "trt", Kind: study.KindTestRetest, Of: "ketamine", Against: "baseline"},
		study.Contrast{ID: "dose", Kind: study.KindDose, Against: "baseline",
			Doses: map[string]float64{"ketamine": 1, "nbqxketamine": 2}},
		study.Contrast{ID: "group", Kind: study.KindGroupChange, Of: "ketamine", Against: "baseline",
			Groups: [2]string{"a", "b"}})
	rng := rand.New(rand.NewPCG(9, 9))
	strange := []float64{0, -1, 1, 1e-300, 1e9, 0.05, 1e-9}
	whole := observations(t, "n6")
	findings := 0
	for round := range 150 {
		d.Analysis = study.Analysis{Test: []study.TestName{study.TestPaired, study.TestMixed}[round%2],
			Scale: []study.Scale{study.ScaleLog, study.ScaleRaw}[round/2%2]}
		var list []study.Observation
		for _, o := range whole {
			if rng.IntN(10) == 0 {
				continue
			}
			if rng.IntN(40+round) == 0 {
				o.Value = strange[rng.IntN(len(strange))]
			}
			if rng.IntN(9000) == 0 {
				o.Value = math.NaN()
			}
			if rng.IntN(3) == 0 {
				o.SE = math.Abs(strange[rng.IntN(4)]) * o.Value * 0.01
			}
			o.Group = []string{"a", "b"}[int(o.Subject[5])%2]
			if rng.IntN(20) == 0 {
				o.Excluded = "X"
			}
			list = append(list, o)
		}
		f, err := study.Analyse(d, list, study.State{Complete: true}, 1)
		if err != nil {
			if !errors.Is(err, study.ErrValues) {
				t.Fatal(err)
			}
			continue
		}
		findings++
		checkFinding(t, f)
	}
	if findings < 75 {
		t.Errorf("only %d findings", findings)
	}
}
