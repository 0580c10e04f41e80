package study

import (
	"maps"
	"slices"
)

// A question is one contrast of a tracer in a region.
type question struct{ contrast, tracer, region string }

// otherVerdicts are the verdicts on all questions, by what is otherwise.
type otherVerdicts map[string]map[question]Verdict

// of returns the verdicts on one question, in order.
func (o otherVerdicts) of(q question, names []string) []OtherVerdict {
	var list []OtherVerdict
	for _, name := range names {
		if v, ok := o[name][q]; ok {
			list = append(list, OtherVerdict{name, v})
		}
	}
	return list
}

// leftOut judges the study again without each subject. One pair less than
// MinPairs may then be enough.
func (s *analysis) leftOut() otherVerdicts {
	out := otherVerdicts{}
	for _, subject := range s.table.subjects {
		again := *s
		again.MinPairs = max(s.MinPairs-1, 2)
		out[subject] = again.verdictsWith(s.table.without(subject))
	}
	return out
}

// restoredVerdicts judges the study again with the scans that were excluded for
// each reason.
func (s *analysis) restoredVerdicts() otherVerdicts {
	out := otherVerdicts{}
	for reason := range s.table.excluded {
		again := *s
		out[reason] = again.verdictsWith(s.table.with(reason))
	}
	return out
}

// verdictsWith judges another table.
func (s *analysis) verdictsWith(t *table) map[question]Verdict {
	s.table, s.bare, s.mixed = t, true, map[cell]*conditionModel{}
	out := map[question]Verdict{}
	changes := s.changeResults()
	for _, r := range changes {
		out[question{r.Contrast, r.Tracer, r.Region}] = r.Verdict
	}
	for _, r := range s.blockingResults(changes) {
		out[question{r.Contrast, r.Tracer, r.Region}] = r.Verdict
	}
	return out
}

// addRobustness puts into every result of a study that claims something how it
// would be judged without each of its subjects and each exclusion.
func (s *analysis) addRobustness(f *Finding) {
	if !s.claims() {
		return
	}
	leftOut, restored := s.leftOut(), s.restoredVerdicts()
	reasons := slices.Sorted(maps.Keys(restored))
	for i := range f.Changes {
		r := &f.Changes[i]
		if r.Sensitivity != nil && r.Primary {
			q := question{r.Contrast, r.Tracer, r.Region}
			r.Sensitivity.VerdictsLeftOut = leftOut.of(q, r.Subjects)
			r.Sensitivity.VerdictsRestored = restored.of(q, reasons)
		}
	}
	for i := range f.Blocking {
		r := &f.Blocking[i]
		if r.Verdict != NoVerdict {
			q := question{r.Contrast, r.Tracer, r.Region}
			r.LeftOut, r.Restored = leftOut.of(q, r.Subjects), restored.of(q, reasons)
		}
	}
}
