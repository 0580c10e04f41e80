package study

// Analyse answers a design from a table of observations. An estimate without an
// answer is to be left out of the table; tracers, conditions and regions that the
// design does not name are ignored. The same table in any order gives the same
// finding. Seed serves the draws of signs of more than 15 subjects. A design that
// contradicts itself gives ErrDesign, a value that is no number ErrValues; a test
// that cannot be made is a result with a Refusal.
func Analyse(d Design, list []Observation, state State, seed uint64) (Finding, error) {
	s, err := newAnalysis(d, list, state)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{
		Analysis: s.Analysis, Complete: state.Complete, Confirmatory: s.claims(), Alpha: s.alpha, FamilySize: d.FamilySize(),
		Margin: s.margin, BeyondPlan: s.table.beyond,
	}
	f.Changes = s.changeResults()
	if s.shows() {
		f.Blocking = s.blockingResults(f.Changes)
		s.planMore(f.Blocking)
		f.Groups, f.Occupancy = s.groupResults(), s.occupancyResults()
		f.Averages = s.averageResults()
		f.Repeatability, f.Doses = s.repeatResults(), s.doseResults()
		s.addSensitivity(f.Changes, seed)
		s.addRobustness(&f)
		for i := range f.Changes {
			f.Changes[i].disagree(s.alpha)
		}
	}
	f.Covariates = s.covariateSummaries()
	s.hide(f.Changes)
	f.Statements = s.statements(f)
	f.Assumptions = s.assumptions(f)
	return f, nil
}

// hide takes out what may not be seen of a study that is not complete: everything
// but the numbers of scans under blind, and intervals and p always.
func (s *analysis) hide(list []ChangeResult) {
	if s.shows() {
		return
	}
	for i := range list {
		list[i].Test, list[i].Sensitivity = nil, nil
		if s.Interim == InterimBlind {
			list[i].Estimate = nil
			if list[i].Refused != RefusedTooFew { // the others tell of values
				list[i].Refused, list[i].Detail = "", ""
			}
		} else if e := list[i].Estimate; e != nil {
			list[i].Estimate = &ChangeEstimate{Mean: e.Mean, Change: e.Change}
		}
	}
}
