package study

import (
	"fmt"
	"slices"
)

// A conditionModel is the mixed model value ~ condition + (1 | subject) of a tracer
// in a region, over all conditions of the design.
type conditionModel struct {
	fit        Mixed
	conditions []string // with scans; the first one is the intercept
	err        error
}

// mixedEffect returns the change of a result by the mixed model of its region.
func (s *analysis) mixedEffect(r *ChangeResult) (MixedEffect, error) {
	at := cell{tracer: r.Tracer, region: r.Region, condition: string(r.Scale)}
	m := s.mixed[at]
	if m == nil {
		m = s.conditionModel(r.Tracer, r.Region, r.Scale)
		s.mixed[at] = m
	}
	if m.err != nil {
		return MixedEffect{}, m.err
	}
	weights := make([]float64, len(m.conditions))
	for condition, sign := range map[string]float64{r.Of: 1, r.Against: -1} {
		k := slices.Index(m.conditions, condition)
		if k < 0 {
			return MixedEffect{}, fmt.Errorf("no scan under %s: %w", condition, ErrTooFew)
		}
		if k > 0 {
			weights[k] = sign
		}
	}
	return m.fit.Effect(weights)
}

// conditionModel fits the mixed model of a tracer in a region to the scans under
// all conditions that change contrasts of this tracer name.
func (s *analysis) conditionModel(tracer, region string, scale Scale) *conditionModel {
	m := &conditionModel{}
	var data MixedData
	var groups, at []int
	var scans [][]*Observation
	for _, condition := range s.compared(tracer) {
		found := false
		for g, subject := range s.table.subjects {
			o := s.table.counted[cell{subject, condition, tracer, region}]
			if o == nil {
				continue
			}
			if scale == ScaleLog && (o.Value <= leastForLog || o.Value <= leastForLogSE*o.SE) {
				m.err = fmt.Errorf("a value under %s is too near 0 for its logarithm: %w", condition, ErrValues)
				return m
			}
			if !found {
				m.conditions, found = append(m.conditions, condition), true
			}
			data.Y = append(data.Y, onScale(o.Value, scale))
			groups, at = append(groups, g), append(at, len(m.conditions)-1)
			scans = append(scans, []*Observation{o})
		}
	}
	if names := unlike(scans); len(names) > 0 {
		m.err = fmt.Errorf("scans under other conditions differ in %v: %w", names, ErrValues)
		return m
	}
	data.Groups = [][]int{groups}
	for k := range m.conditions {
		column := make([]float64, len(at))
		for i, c := range at {
			if k == 0 || c == k {
				column[i] = 1
			}
		}
		data.Fixed = append(data.Fixed, column)
	}
	m.fit, m.err = FitMixed(data)
	return m
}

// compared returns the conditions of a tracer's change contrasts, in the order of
// the design.
func (s *analysis) compared(tracer string) []string {
	var list []string
	for _, c := range s.design.Conditions {
		if slices.ContainsFunc(s.design.Contrasts, func(k Contrast) bool {
			return k.Kind == KindChange && (k.Of == c.Label || k.Against == c.Label) &&
				(len(k.Tracers) == 0 || slices.Contains(k.Tracers, tracer))
		}) {
			list = append(list, c.Label)
		}
	}
	return list
}
