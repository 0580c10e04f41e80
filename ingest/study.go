package ingest

import (
	"context"
	"slices"
)

// note lets the other series of a study know that this one is whole, or is no
// longer. Where that is news the records are read once more behind the note
// that is there, so that whoever has read less does not write over it.
func (j *Judge) note(ctx context.Context, study string, v View, quiet bool) error {
	series := v.Assembly.Series
	have, err := j.member(ctx, study, series)
	if err != nil || have.Whole == (v.Outcome.Condition == Ready) {
		return err
	}
	if v, err = j.whole(ctx, series, quiet); err != nil {
		return err
	}
	whole := v.Outcome.Condition == Ready
	if whole == have.Whole {
		return nil
	}
	return j.Book.SetMember(ctx, study, Member{Series: series, Whole: whole, Revision: have.Revision})
}

// member returns what is noted of one series.
func (j *Judge) member(ctx context.Context, study string, series Token) (Member, error) {
	members, err := j.Book.Members(ctx, study)
	if i := slices.IndexFunc(members, func(m Member) bool { return m.Series == series }); i >= 0 {
		return members[i], err
	}
	return Member{Series: series}, err
}

// others puts the other whole series of a study together.
func (j *Judge) others(ctx context.Context, study string, series Token) ([]Assembly, error) {
	if study == "" {
		return nil, nil
	}
	members, err := j.Book.Members(ctx, study)
	if err != nil {
		return nil, err
	}
	var list []Assembly
	for _, m := range members {
		if m.Series == series || !m.Whole {
			continue
		}
		// What was whole is judged as nobody waited for more of it.
		v, err := j.whole(ctx, m.Series, true)
		if err != nil {
			return nil, err
		}
		if v.Outcome.Condition == Ready && v.Assembly.study() == study {
			list = append(list, v.Assembly)
		}
	}
	return list, nil
}

// disturbed returns the other series of a study that may have to be judged
// anew after one was: those that go with it, those of which the state is not
// what follows from who is whole now, and all where it is itself not whole.
// Also those whose state is right already: whoever wrote it may have died
// before saying so.
func (j *Judge) disturbed(ctx context.Context, study string, series Token) ([]Token, error) {
	members, err := j.Book.Members(ctx, study)
	if err != nil || !slices.ContainsFunc(members, func(m Member) bool { return m.Series != series && m.Whole }) {
		return nil, err
	}
	all, err := j.others(ctx, study, "")
	if err != nil {
		return nil, err
	}
	own := slices.IndexFunc(all, func(a Assembly) bool { return a.Series == series })
	var list []Token
	for i, a := range all {
		if i == own {
			continue
		}
		kin := KinOf(a, slices.Delete(slices.Clone(all), i, i+1)).family()
		s, err := j.Book.State(ctx, a.Series)
		if err != nil {
			return nil, err
		}
		if own < 0 || kin.names(series) || !s.Family.equal(kin) {
			list = append(list, a.Series)
		}
	}
	if own >= 0 {
		lead := KinOf(all[own], slices.Delete(slices.Clone(all), own, own+1)).Lead
		if lead != "" && !slices.Contains(list, lead) {
			list = append(list, lead)
		}
	}
	return list, nil
}
