package watch

import (
	"context"

	"tacstream/ingest"
)

// planned adds to a whole view what it needs of others, and returns by which
// plan its result is made. While the input is the same, the plan of the state
// holds, and with it the state's atlas: today's configuration counts for new
// input, for what the operator asks for, for a series that waits for a protocol,
// and once for what is unfinished. Anew means that it counts although the input
// is the same.
func (j *Judge) planned(ctx context.Context, v *View, s ingest.State, quiet bool) (plan ingest.Plan, anew bool, err error) {
	if v.Outcome.Condition != ingest.Ready {
		return s.Plan, false, nil
	}
	today := j.today(v.Assembly, s.Plan)
	if s.Whole() {
		kept := *v
		if err := j.complete(ctx, &kept, quiet, s.Atlas); err != nil {
			return s.Plan, false, err
		}
		if anew = follows(s, today); !anew && kept.look() == s.Look {
			*v = kept
			return s.Plan, false, nil
		}
		if today.Atlas == s.Atlas {
			*v = kept
			return today, anew, nil
		}
	}
	return today, anew, j.complete(ctx, v, quiet, today.Atlas)
}

// adopt takes over a result that an earlier release made: its state learns the
// digest of the input alone, by which it is told from now on whether the input
// has changed. Nothing is stated and nothing is done again. It reports whether
// nothing else is to be done either: false means that the input has changed
// since.
func (j *Judge) adopt(ctx context.Context, s ingest.State, v View) (bool, error) {
	today := ingest.Plan{}
	if v.Outcome.Condition == ingest.Ready {
		today = j.today(v.Assembly, s.Plan)
		if err := j.complete(ctx, &v, true, today.Atlas); err != nil {
			return false, err
		}
	}
	if v.Outcome.Condition == ingest.Waiting && len(today.Protocol) == 0 {
		// It may stand on the atlas of a protocol that is not in the
		// configuration any more.
		return true, nil
	}
	look := v.look()
	if look == "" {
		return false, nil
	}
	made, err := j.Sink.MadeBy(ctx, s)
	if err != nil {
		return false, err
	}
	unchanged := v.look(made.Settings, made.ResultsVersion) == s.Look
	if !unchanged && (v.Seen > s.Judged || len(v.Relatives.Parts) > 0) {
		return false, nil
	}
	s.Look, s.Formula, s.Settings, s.ResultsVersion = look, ingest.LookFormula, made.Settings, made.ResultsVersion
	if v.Regions.Transform.Key != "" {
		s.Atlas = today.Atlas
	}
	return true, j.Book.SetState(ctx, s)
}
