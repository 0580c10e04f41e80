package study

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// leastForMaxT is the number of subjects from which max-t is worth showing.
const leastForMaxT = 6

// addSensitivity puts the sensitivity into every result with a test.
func (s *analysis) addSensitivity(list []ChangeResult, seed uint64) {
	for i := range list {
		if r := &list[i]; r.Test != nil {
			r.Sensitivity = s.sensitivity(r, seed)
		}
	}
	for _, primary := range []bool{true, false} {
		s.adjustOther(list, primary)
	}
	s.addMaxT(list, seed)
}

func (s *analysis) sensitivity(r *ChangeResult, seed uint64) *Sensitivity {
	out := &Sensitivity{HedgesG: r.paired.HedgesG()}
	if r.Test.Name == TestPaired {
		if e, err := s.mixedEffect(r); err == nil {
			out.Other, out.OtherMean = &ChangeTest{Name: TestMixed, SE: e.SE, T: e.T, DF: e.DF, P: e.P}, e.Estimate
		}
	} else {
		out.Other = &ChangeTest{Name: TestPaired, SE: r.paired.SE, T: r.paired.T, DF: r.paired.DF, P: r.paired.P}
		out.OtherMean = r.paired.Mean
	}
	if f, err := SignFlip(r.changes, seed); err == nil {
		out.SignFlip = &f
	}
	if w, err := Wilcoxon(r.changes, intervalLevel); err == nil {
		out.Wilcoxon = &w
	}
	if b, err := JZS(r.paired.T, r.paired.N, math.Sqrt2/2); err == nil {
		out.LogBayes = &b
	}
	rows := s.table.complete(r.Tracer, r.Region, r.Against, r.Of)
	if errors := changeErrors(rows, r.Scale); errors != nil {
		if w, err := RandomEffectsMean(r.changes, errors); err == nil {
			out.Weighted = &w
		}
		share := fitShare(errors, r.paired.SD)
		out.FitShare = &share
	}
	for i, subject := range r.Subjects {
		rest := slices.Delete(slices.Clone(r.changes), i, i+1)
		out.LeftOut = append(out.LeftOut, LeftOut{subject, shown(stat.Mean(rest, nil), r.Scale), pairedP(rest)})
	}
	out.Restored = s.restored(r)
	for _, name := range s.Covariates {
		if a, ok := adjusted(rows, r, name); ok {
			out.Covariates = append(out.Covariates, a)
		}
	}
	return out
}

// pairedP returns the p of a paired t test, 1 where it cannot be made.
func pairedP(changes []float64) float64 {
	p, err := PairedTest(changes)
	if err != nil {
		return 1
	}
	return p.P
}

// changeErrors returns the standard error of every change, nil where one is not
// known.
func changeErrors(rows [][]*Observation, scale Scale) []float64 {
	var list []float64
	for _, row := range rows {
		a, b := row[0], row[1]
		if a.SE == 0 || b.SE == 0 {
			return nil
		}
		if scale == ScaleRaw {
			list = append(list, math.Hypot(a.SE, b.SE))
		} else {
			list = append(list, math.Hypot(a.SE/a.Value, b.SE/b.Value))
		}
	}
	return list
}

// fitShare returns mean(se²)/s². The variance s² of n changes has n − 1 degrees of
// freedom, so that the share of the true variance lies between χ²(0.025)/(n−1) and
// χ²(0.975)/(n−1) of it.
func fitShare(errors []float64, sd float64) FitShare {
	nu := float64(len(errors) - 1)
	value := floats.Dot(errors, errors) / float64(len(errors)) / (sd * sd)
	chi := distuv.ChiSquared{K: nu}
	return FitShare{value, Interval{value * chi.Quantile(0.025) / nu, value * chi.Quantile(0.975) / nu}}
}

// restored returns the change with the scans that were excluded for each reason.
func (s *analysis) restored(r *ChangeResult) []Restored {
	var list []Restored
	for _, reason := range slices.Sorted(maps.Keys(s.table.excluded)) {
		rows := s.table.with(reason).complete(r.Tracer, r.Region, r.Against, r.Of)
		refused, _ := s.refusal(rows, r.Scale)
		if len(rows) == len(r.Subjects) || refused == RefusedLog || refused == RefusedSettings {
			continue
		}
		d := differences(rows, r.Scale)
		list = append(list, Restored{reason, len(rows), shown(stat.Mean(d, nil), r.Scale), pairedP(d)})
	}
	return list
}

// adjusted returns the change at equal covariate: the intercept of the line of
// the changes on those of the covariate, or on the covariate less its mean where both
// scans of each subject have the same.
func adjusted(rows [][]*Observation, r *ChangeResult, name string) (AdjustedChange, bool) {
	n := len(rows)
	x, level := make([]float64, n), make([]float64, n)
	for i, row := range rows {
		before, okBefore := row[0].Covariates[name]
		after, okAfter := row[1].Covariates[name]
		if !okBefore || !okAfter {
			return AdjustedChange{}, false
		}
		x[i], level[i] = after-before, before
	}
	if largest(x) == 0 {
		m := stat.Mean(level, nil)
		for i := range x {
			x[i] = level[i] - m
		}
	}
	mx, sx, err := moments(x)
	if err != nil || n < 3 {
		return AdjustedChange{}, false
	}
	my, sxy := stat.Mean(r.changes, nil), 0.0
	sxx := sx * sx * float64(n-1)
	for i := range x {
		sxy += (x[i] - mx) * (r.changes[i] - my)
	}
	slope, rss := sxy/sxx, 0.0
	for i := range x {
		e := r.changes[i] - my - slope*(x[i]-mx)
		rss += e * e
	}
	at, df := my-slope*mx, float64(n-2)
	se := math.Sqrt(rss / df * (1/float64(n) + mx*mx/sxx))
	if !(se > 0) {
		return AdjustedChange{}, false
	}
	return AdjustedChange{name, shown(at, r.Scale), twoSidedP(at/se, df), df}, true
}

// adjustOther adjusts the tests that the design did not choose over the family
// that they would form.
func (s *analysis) adjustOther(list []ChangeResult, primary bool) {
	var p []float64
	var tests []*ChangeTest
	for i := range list {
		r := &list[i]
		if r.Primary != primary {
			continue
		}
		if r.Sensitivity == nil || r.Sensitivity.Other == nil {
			p, tests = append(p, 1), append(tests, nil)
		} else {
			p, tests = append(p, r.Sensitivity.Other.P), append(tests, r.Sensitivity.Other)
		}
	}
	family := Holm
	if !primary {
		family = BenjaminiHochberg
	}
	for i, a := range family(p) {
		if tests[i] != nil {
			tests[i].Adjusted = a
		}
	}
}

// primaryRegions returns the number of primary regions of a tracer.
func (s *analysis) primaryRegions(tracer string) int {
	for _, t := range s.design.Tracers {
		if t.Label == tracer {
			return len(t.Primary)
		}
	}
	return 0
}

// addMaxT tests the primary regions of each contrast and tracer together, where
// all of them have a test and the same subjects.
func (s *analysis) addMaxT(list []ChangeResult, seed uint64) {
	done := map[[2]string]bool{}
	for i := range list {
		key := [2]string{list[i].Contrast, list[i].Tracer}
		if !list[i].Primary || done[key] {
			continue
		}
		done[key] = true
		var rows []*ChangeResult
		var changes [][]float64
		for j := range list {
			r := &list[j]
			if r.Primary && r.Contrast == key[0] && r.Tracer == key[1] && r.Sensitivity != nil {
				rows, changes = append(rows, r), append(changes, r.changes)
			}
		}
		alike := len(rows) > 0 && len(rows) == s.primaryRegions(key[1])
		for _, r := range rows {
			alike = alike && len(r.Subjects) >= leastForMaxT && slices.Equal(r.Subjects, rows[0].Subjects)
		}
		if !alike {
			continue
		}
		if m, err := MaxTTest(changes, seed); err == nil {
			for j, r := range rows {
				r.Sensitivity.MaxT = &m[j]
			}
		}
	}
}

// disagree says where a sensitivity says otherwise than the test.
func (r *ChangeResult) disagree(alpha float64) {
	if r.Sensitivity == nil {
		return
	}
	shows := r.Test.Adjusted < alpha
	say := func(format string, args ...any) {
		r.Sensitivity.Disagreements = append(r.Sensitivity.Disagreements, fmt.Sprintf(format, args...))
	}
	if o := r.Sensitivity.Other; o != nil && (o.Adjusted < alpha) != shows {
		if shows {
			say("By %s the change would not be shown (adjusted p %s).", o.Name, number(o.Adjusted))
		} else {
			say("By %s the change would be shown (adjusted p %s).", o.Name, number(o.Adjusted))
		}
	}
	if w := r.Sensitivity.Weighted; w != nil && shows && (w.P >= alpha || w.Mean*r.Estimate.Mean < 0) {
		say("Weighted by the standard errors the change would not be shown (p %s).", number(w.P))
	}
	for _, o := range r.Sensitivity.VerdictsLeftOut {
		if o.Verdict != r.Verdict {
			say("Without one subject, %s, the verdict would be %s.", o.Name, o.Verdict)
		}
	}
	for _, o := range r.Sensitivity.VerdictsRestored {
		if o.Verdict != r.Verdict {
			say("With the scans excluded as %s the verdict would be %s.", o.Name, o.Verdict)
		}
	}
}

// covariateSummaries returns every covariate that the counted scans have.
func (s *analysis) covariateSummaries() []CovariateSummary {
	values := map[CovariateSummary]map[string]float64{} // by subject: a scan has many regions
	for at, o := range s.table.counted {
		for name, v := range o.Covariates {
			key := CovariateSummary{Covariate: name, Tracer: at.tracer, Condition: at.condition}
			if values[key] == nil {
				values[key] = map[string]float64{}
			}
			values[key][at.subject] = v
		}
	}
	var list []CovariateSummary
	for key, bySubject := range values {
		sorted := slices.Sorted(maps.Values(bySubject))
		key.Scans, key.Mean, key.Least, key.Most = len(sorted), stat.Mean(sorted, nil), sorted[0], sorted[len(sorted)-1]
		list = append(list, key)
	}
	slices.SortFunc(list, func(a, b CovariateSummary) int {
		return slices.Compare([]string{a.Covariate, a.Tracer, a.Condition}, []string{b.Covariate, b.Tracer, b.Condition})
	})
	return list
}
