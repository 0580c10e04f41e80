package watch

import (
	"context"
	"slices"

	"tacstream/ingest"
)

// noted reads the records of a series by themselves, and lets the other series
// of its study know whether it is whole: before they are looked at, so that of
// two that become whole at the same moment at least one sees both. What is
// noted is read before the records are, so that whoever has read less does not
// write over it. Calm means that nothing came for the series since it was
// quiet.
func (j *Judge) noted(ctx context.Context, state *ingest.State, quiet bool) (v View, calm bool, err error) {
	for {
		have := Member{Series: state.Series}
		if state.Study != "" {
			if have, err = j.member(ctx, state.Study, state.Series); err != nil {
				return v, false, err
			}
		}
		if v, calm, err = j.calm(ctx, *state, quiet); err != nil {
			return v, calm, err
		}
		whole := v.Outcome.Condition == ingest.Ready
		study := studyOf(v.Assembly)
		switch {
		case study != "" && study != state.Study && whole:
			state.Study, v = study, View{}
			continue // now that it is known where to look
		case state.Study == "":
			state.Study = study
			return v, calm, nil
		}
		m := have
		if m.Whole = whole; whole {
			m.Space = v.Assembly.Header.Strict.FrameOfReferenceUID
		}
		if m != have {
			err = j.Book.SetMember(ctx, state.Study, m)
		}
		return v, calm, err
	}
}

// calm reads the records of a series as those of one of which nothing more
// will come, where nothing came since it was quiet.
func (j *Judge) calm(ctx context.Context, state ingest.State, quiet bool) (v View, calm bool, err error) {
	v, err = j.whole(ctx, state.Series, quiet)
	calm = quiet || state.Quiet && v.Seen <= state.Judged
	if err != nil || calm == quiet {
		return v, calm, err
	}
	v = View{}
	v, err = j.whole(ctx, state.Series, true)
	return v, true, err
}

// member returns what is noted of one series.
func (j *Judge) member(ctx context.Context, study string, series ingest.Token) (Member, error) {
	members, err := j.Book.Members(ctx, study)
	if i := slices.IndexFunc(members, func(m Member) bool { return m.Series == series }); i >= 0 {
		return members[i], err
	}
	return Member{Series: series}, err
}

// others puts the other whole series of a study together that lie in a space:
// no others can be kin.
func (j *Judge) others(ctx context.Context, study string, series ingest.Token, space string) ([]ingest.Assembly, error) {
	if study == "" || space == "" {
		return nil, nil
	}
	members, err := j.Book.Members(ctx, study)
	if err != nil {
		return nil, err
	}
	var list []ingest.Assembly
	for _, m := range members {
		if m.Series == series || !m.Whole || m.Space != space {
			continue
		}
		// What was whole is judged as nobody waited for more of it.
		v, err := j.whole(ctx, m.Series, true)
		if err != nil {
			return nil, err
		}
		if v.Outcome.Condition == ingest.Ready && studyOf(v.Assembly) == study {
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
func (j *Judge) disturbed(ctx context.Context, study string, series ingest.Token) ([]ingest.Token, error) {
	members, err := j.Book.Members(ctx, study)
	at := slices.IndexFunc(members, func(m Member) bool { return m.Series == series })
	if err != nil || at < 0 {
		return nil, err
	}
	space := members[at].Space
	if !slices.ContainsFunc(members, func(m Member) bool { return m.Series != series && m.Whole && m.Space == space }) {
		return nil, nil
	}
	all, err := j.others(ctx, study, "", space)
	if err != nil {
		return nil, err
	}
	own := slices.IndexFunc(all, func(a ingest.Assembly) bool { return a.Series == series })
	var list []ingest.Token
	for i, a := range all {
		if i == own {
			continue
		}
		kin := KinOf(a, slices.Delete(slices.Clone(all), i, i+1)).family()
		s, err := j.Book.State(ctx, a.Series)
		if err != nil {
			return nil, err
		}
		if own < 0 || kin.Names(series) || !s.Family.Equal(kin) {
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
