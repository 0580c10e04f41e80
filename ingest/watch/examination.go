package watch

import (
	"context"
	"slices"

	"tacstream/ingest"
)

// noted reads the records of a series by themselves, and lets the other series
// of its examination know whether it is whole: before they are looked at, so that of
// two that become whole at the same moment at least one sees both. What is
// noted is read before the records are, so that whoever has read less does not
// write over it. Calm means that nothing came for the series since it was
// quiet.
func (j *Judge) noted(ctx context.Context, state *ingest.State, quiet bool) (v View, calm bool, err error) {
	for {
		have := Member{Series: state.Series}
		if state.Examination != "" {
			if have, err = j.member(ctx, state.Examination, state.Series); err != nil {
				return v, false, err
			}
		}
		if v, calm, err = j.calm(ctx, *state, quiet); err != nil {
			return v, calm, err
		}
		whole := v.Outcome.Condition == ingest.Ready
		examination := examinationOf(v.Assembly)
		switch {
		case examination != "" && examination != state.Examination && whole:
			state.Examination, v = examination, View{}
			continue // now that it is known where to look
		case state.Examination == "":
			state.Examination = examination
			return v, calm, nil
		}
		m := have
		if m.Whole = whole; whole {
			m.Space = v.Assembly.Header.Strict.FrameOfReferenceUID
		}
		if m != have {
			err = j.Book.SetMember(ctx, state.Examination, m)
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
func (j *Judge) member(ctx context.Context, examination string, series ingest.Token) (Member, error) {
	members, err := j.Book.Members(ctx, examination)
	if i := slices.IndexFunc(members, func(m Member) bool { return m.Series == series }); i >= 0 {
		return members[i], err
	}
	return Member{Series: series}, err
}

// others puts the other whole series of an examination together that lie in a space:
// no others can be relatives.
func (j *Judge) others(ctx context.Context, examination string, series ingest.Token, space string) ([]ingest.Assembly, error) {
	if examination == "" || space == "" {
		return nil, nil
	}
	members, err := j.Book.Members(ctx, examination)
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
		if v.Outcome.Condition == ingest.Ready && examinationOf(v.Assembly) == examination {
			list = append(list, v.Assembly)
		}
	}
	return list, nil
}

// disturbed returns the other series of an examination that may have to be judged
// anew after one was: those that go with it, those of which the state is not
// what follows from who is whole now, and all where it is itself not whole.
// Also those whose state is right already: whoever wrote it may have died
// before saying so.
func (j *Judge) disturbed(ctx context.Context, examination string, series ingest.Token) ([]ingest.Token, error) {
	members, err := j.Book.Members(ctx, examination)
	at := slices.IndexFunc(members, func(m Member) bool { return m.Series == series })
	if err != nil || at < 0 {
		return nil, err
	}
	space := members[at].Space
	if !slices.ContainsFunc(members, func(m Member) bool { return m.Series != series && m.Whole && m.Space == space }) {
		return nil, nil
	}
	all, err := j.others(ctx, examination, "", space)
	if err != nil {
		return nil, err
	}
	own := slices.IndexFunc(all, func(a ingest.Assembly) bool { return a.Series == series })
	var list []ingest.Token
	for i, a := range all {
		if i == own {
			continue
		}
		relatives := RelativesOf(a, slices.Delete(slices.Clone(all), i, i+1)).tokens()
		s, err := j.Book.State(ctx, a.Series)
		if err != nil {
			return nil, err
		}
		if own < 0 || relatives.Names(series) || !s.Relatives.Equal(relatives) {
			list = append(list, a.Series)
		}
	}
	if own >= 0 {
		lead := RelativesOf(all[own], slices.Delete(slices.Clone(all), own, own+1)).Lead
		if lead != "" && !slices.Contains(list, lead) {
			list = append(list, lead)
		}
	}
	return list, nil
}
