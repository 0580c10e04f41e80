package study

import (
	"fmt"

	"gonum.org/v1/gonum/stat"
)

// changeResults returns the tests of all change contrasts with their families.
func (s *analysis) changeResults() []ChangeResult {
	var list []ChangeResult
	for _, primary := range []bool{true, false} {
		if s.bare && !primary {
			continue
		}
		first := len(list)
		for _, k := range s.design.Contrasts {
			if k.Kind != KindChange {
				continue
			}
			for _, t := range s.design.tracersOf(k) {
				regions := t.Primary
				if !primary {
					regions = t.Exploratory
				}
				for _, region := range regions {
					list = append(list, s.change(k, t.Label, region, primary))
				}
			}
		}
		family := Holm
		if !primary {
			family = BenjaminiHochberg
		}
		s.judge(list[first:], family)
	}
	return list
}

// judge adjusts the p of a family and gives the verdicts.
func (s *analysis) judge(list []ChangeResult, family func([]float64) []float64) {
	p := make([]float64, len(list))
	for i := range list {
		p[i] = list[i].p
	}
	for i, adjusted := range family(p) {
		r := &list[i]
		r.Verdict = NoVerdict
		if r.Test == nil {
			continue
		}
		r.Test.Adjusted = adjusted
		r.Claimed = r.Primary && s.claims() && adjusted < s.alpha
		switch {
		case r.Claimed && r.Estimate.Mean > 0:
			r.Verdict = Raised
		case r.Claimed && r.Estimate.Mean < 0:
			r.Verdict = Lowered
		}
	}
}

// change makes the test of one contrast of a tracer in a region.
func (s *analysis) change(k Contrast, tracer, region string, primary bool) ChangeResult {
	r := ChangeResult{
		Contrast: k.ID, Tracer: tracer, Region: region, Of: k.Of, Against: k.Against,
		Primary: primary, Scale: s.scaleOf(region), p: 1,
	}
	rows := s.table.complete(tracer, region, k.Against, k.Of)
	r.Subjects = subjectsOf(rows)
	r.Refused, r.Detail = s.refusal(rows, r.Scale)
	if r.Refused == RefusedLog {
		r.Scale = ScaleRaw
	}
	if len(rows) == 0 || r.Refused == RefusedSettings {
		return r // a change between unlike fits means nothing
	}
	r.changes = differences(rows, r.Scale)
	r.Estimate = estimateOf(stat.Mean(r.changes, nil), nil, r.Scale)
	p, err := PairedTest(r.changes)
	if err == nil {
		r.paired = &p
		r.Estimate = estimateOf(p.Mean, s.interval(p), r.Scale)
	} else if r.Refused == "" {
		r.Refused = RefusedConstant
		r.Detail = fmt.Sprintf("All %d changes are the same, which measured values never are.", len(rows))
	}
	if r.Refused == "" {
		s.test(&r)
	}
	return r
}

// test makes the test that carries the claims.
func (s *analysis) test(r *ChangeResult) {
	if s.Test == TestPaired {
		r.Test = &ChangeTest{Name: TestPaired, SE: r.paired.SE, T: r.paired.T, DF: r.paired.DF, P: r.paired.P}
		r.p = r.Test.P
		return
	}
	e, err := s.mixedEffect(r)
	if err != nil {
		r.Refused, r.Detail = RefusedModel, fmt.Sprintf("The mixed model has no answer: %v.", err)
		return
	}
	r.Estimate = estimateOf(e.Estimate, s.interval(e), r.Scale)
	r.Test = &ChangeTest{Name: TestMixed, SE: e.SE, T: e.T, DF: e.DF, P: e.P}
	r.p = e.P
}
