package study_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tacstream/fit/study"
)

// The sentences of the study of six subjects, word by word, with the names that
// the design gives.
func TestStatementsWordByWord(t *testing.T) {
	d := twoTracers("NAc")
	d.Conditions[2].Name = "NBQX with ketamine"
	d.Tracers[1].Name, d.Tracers[1].Target = "", ""
	d.Contrasts[2].Name = ""
	f := analyse(t, d, observations(t, "n6"))
	want := []string{
		"Ketamine raised 5-HT1B binding ([11C]AZ10419369): in NAc +21.5 % (95 % +16.6 to +26.5 %), p 6e-05, Holm over 4 tests 0.00013, 6 subjects.",
		"Ketamine lowered binding of dasb: in NAc -22.3 % (95 % -23.4 to -21.1 %), p 1e-07, Holm over 4 tests 5e-07, 6 subjects.",
		"A change of 5-HT1B binding ([11C]AZ10419369) by NBQX with ketamine was not shown: in NAc a change from -3.4 to +2.4 % is compatible (95 %), " +
			"p 0.67, Holm over 4 tests 0.67, 6 subjects.",
		"NBQX with ketamine lowered binding of dasb: in NAc -22.3 % (95 % -23.9 to -20.6 %), p 7e-07, Holm over 4 tests 2e-06, 6 subjects.",
		"Nbqx cancelled the change of 5-HT1B binding ([11C]AZ10419369) by ketamine: in NAc cancelled, -0.5 % against baseline " +
			"(90 % -2.8 to +1.8 %, margin -15.0 to +17.6 %), p 0.00018 against the drug alone, -3 % of the change is left (-18 to +13 %), 6 subjects.",
		"Nbqx did not cancel the change of binding of dasb by ketamine: in NAc not-cancelled, -22.3 % against baseline " +
			"(90 % -23.6 to -21.0 %, margin -15.0 to +17.6 %), p 0.99 against the drug alone, 100 % of the change is left (+89 to +112 %), 6 subjects.",
	}
	var got []string
	for _, s := range f.Statements {
		got = append(got, s.Words)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What must stand beside a claim depends on what was scanned, and in which order.
func TestAssumptionsSayWhatWasNotScanned(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts[2].Name = d.Tracers[:1], ""
	list := observations(t, "n6")
	words := func() string { return strings.Join(analyse(t, d, list).Assumptions, " ") }
	if w := words(); !strings.Contains(w, "No scan was made with the blocker alone") ||
		!strings.Contains(w, "order of the scans is not known") || !strings.Contains(w, "no standard error") {
		t.Error(w)
	}
	d.Conditions = append(d.Conditions, study.Condition{Label: "nbqx", Drugs: []string{"nbqx"}})
	for i := range list {
		list[i].SE = 0.01 * list[i].Value
		list[i].Order = map[string]int{"baseline": 1, "ketamine": 2, "nbqxketamine": 3}[list[i].Condition]
		if list[i].Subject == "sub-02" && list[i].Order > 1 {
			list[i].Order = 5 - list[i].Order
		}
	}
	if w := words(); strings.Contains(w, "alone") || !strings.Contains(w, "differs between subjects") ||
		strings.Contains(w, "no standard error") {
		t.Error(w)
	}
	d.Analysis.Scale = study.ScaleRaw
	if w := words(); strings.Contains(w, "geometric") {
		t.Error(w)
	}
}

// On the raw scale amounts are differences of BPND, and one subject is singular.
func TestWordsOfRareCases(t *testing.T) {
	d := twoTracers("NAc")
	d.Tracers, d.Contrasts = d.Tracers[:1], d.Contrasts[:1]
	d.Analysis.Scale, d.Analysis.MinPairs = study.ScaleRaw, 2
	list := slices.DeleteFunc(observations(t, "n6"), func(o study.Observation) bool { return o.Subject > "sub-01" })
	f := analyse(t, d, list)
	if w := f.Statements[0].Words; !strings.Contains(w, "The number of complete pairs is 1, and a test needs 2") {
		t.Error(w)
	}
	f = analyse(t, d, observations(t, "n6"))
	p, err := study.PairedTest(changes(t, "n6", "AZ10419369", "NAc", "base", "ket", "raw"))
	if err != nil {
		t.Fatal(err)
	}
	r := f.Changes[0]
	if math.Abs(r.Estimate.Change-p.Mean) > 1e-12 || !strings.Contains(f.Statements[0].Words, "in NAc +0.3") ||
		strings.Contains(f.Statements[0].Words, "+0.3 %") {
		t.Errorf("%+v: %s", r.Estimate, f.Statements[0].Words)
	}
	// Changes of hardly any scatter have a p below everything that can be written.
	alike := make([]float64, 60)
	for i := range alike {
		alike[i] = 0.2 + 1e-8*float64(i%7)
	}
	d.Analysis.Scale = study.ScaleLog
	f = analyse(t, d, madeUp(alike, make([]float64, 60)))
	if w := f.Statements[0].Words; !strings.Contains(w, "p below 1e-99") || !strings.Contains(w, "60 subjects") {
		t.Error(w)
	}
}

// The quantile of Student's t follows its expansion about the normal one, also where
// its degrees of freedom are very many.
//
// Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 26.7.5.
func TestTBecomesNormal(t *testing.T) {
	const z = 1.959963984540054
	for _, nu := range []float64{1e3, 1e4, 1e5, 999_999, 1e6, 1e7, 1e9, 1e12} {
		want := z + (z*z*z+z)/(4*nu) + (5*math.Pow(z, 5)+16*math.Pow(z, 3)+3*z)/(96*nu*nu) +
			(3*math.Pow(z, 7)+19*math.Pow(z, 5)+17*math.Pow(z, 3)-15*z)/(384*nu*nu*nu)
		p := study.PairedT{Mean: want, SD: 1, SE: 1, DF: nu}
		if got := p.Interval(0.95); math.Abs(got.Low) > 2e-9 || math.Abs(p.Upper(0)-0.025) > 1e-10 ||
			math.Abs(p.Lower(2*want)-0.025) > 1e-10 {
			t.Errorf("%g degrees of freedom: interval %v, p %v and %v", nu, got, p.Upper(0), p.Lower(2*want))
		}
	}
}
