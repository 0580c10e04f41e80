package study

import "slices"

// averageResults returns the averages of the tracers with two primary regions or
// more of one scale, where the model has an answer.
func (s *analysis) averageResults() []AverageResult {
	var list []AverageResult
	models := map[string]*averageModel{}
	s.each(KindChange, func(k Contrast, t Tracer) {
		if len(t.Primary) < 2 {
			return
		}
		scale := s.scaleOf(t.Primary[0])
		if slices.ContainsFunc(t.Primary, func(r string) bool { return s.scaleOf(r) != scale }) {
			return
		}
		if models[t.Label] == nil {
			models[t.Label] = s.averageModel(t, scale)
		}
		e, err := models[t.Label].change(k.Of, k.Against)
		if err != nil {
			return
		}
		interval := e.Interval(intervalLevel)
		list = append(list, AverageResult{
			Contrast: k.ID, Tracer: t.Label, Regions: slices.Clone(t.Primary), Scale: scale,
			Estimate: *estimateOf(e.Estimate, &interval, scale), DF: e.DF, P: e.P,
		})
	})
	return list
}

// An averageModel is the model over regions
//
//	value ~ condition × region + (1 | subject) + (1 | subject:region) + (1 | subject:condition)
//
// The last term is what the regions of one scan share. Without it their noise
// counts as independent, and a 95 % interval covers 74 to 88 %.
//
// Source: Barr et al., J Mem Lang 2013;68:255–278, doi:10.1016/j.jml.2012.11.001,
// for the terms that such a model must have.
type averageModel struct {
	fit        Mixed
	conditions []string
	regions    int
	err        error
}

func (s *analysis) averageModel(t Tracer, scale Scale) *averageModel {
	m := &averageModel{conditions: s.compared(t.Label), regions: len(t.Primary)}
	width := len(m.conditions) * m.regions
	data := MixedData{Fixed: make([][]float64, width), Groups: make([][]int, 3)}
	var all [][]*Observation
	for g, subject := range s.table.subjects {
		for c, condition := range m.conditions {
			for r, region := range t.Primary {
				o := s.table.counted[cell{subject, condition, t.Label, region}]
				if o == nil {
					continue
				}
				all = append(all, []*Observation{o})
				data.Y = append(data.Y, onScale(o.Value, scale)) // what is no number is refused below
				data.Groups[0] = append(data.Groups[0], g)
				data.Groups[1] = append(data.Groups[1], g*m.regions+r)
				data.Groups[2] = append(data.Groups[2], g*len(m.conditions)+c)
				for k := range width {
					value := 0.0
					if k == c*m.regions+r {
						value = 1
					}
					data.Fixed[k] = append(data.Fixed[k], value)
				}
			}
		}
	}
	if refused, _ := s.refusal(all, scale); refused == RefusedLog || refused == RefusedSettings {
		m.err = ErrValues
		return m
	}
	m.fit, m.err = FitMixed(data)
	return m
}

// change returns the mean over regions of the change between two conditions.
func (m *averageModel) change(of, against string) (MixedEffect, error) {
	if m.err != nil {
		return MixedEffect{}, m.err
	}
	weights := make([]float64, len(m.conditions)*m.regions)
	for condition, sign := range map[string]float64{of: 1, against: -1} {
		c := slices.Index(m.conditions, condition)
		for r := range m.regions {
			weights[c*m.regions+r] = sign / float64(m.regions)
		}
	}
	return m.fit.Effect(weights)
}
