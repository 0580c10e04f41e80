package watch

import (
	"context"
	"errors"
	"fmt"

	"tacstream/ingest"
)

// Check reads what the ledger holds of a series and does what follows from
// it: states the outcome, publishes the job, sets the timer, withdraws the
// result. It may be called at any time, any number of times, by many at once.
//
// The other series of its examination are checked as well, where what they are joined
// with is no longer so.
func (j *Judge) Check(ctx context.Context, series ingest.Token, quiet bool) error {
	examination, err := j.settle(ctx, series, quiet, false)
	if err != nil || examination == "" {
		return err
	}
	others, err := j.disturbed(ctx, examination, series)
	for _, other := range others {
		_, failed := j.settle(ctx, other, false, true)
		err = errors.Join(err, failed)
	}
	return err
}

// settle checks one series until nobody wrote in between. It returns the examination
// in which others may have to be checked too, "" for none. Kin means that
// another series of the examination was judged, so that less may be seen than before.
func (j *Judge) settle(ctx context.Context, series ingest.Token, quiet, relatives bool) (examination string, err error) {
	for range maxConflicts {
		examination, err = j.check(ctx, series, quiet, relatives)
		if !errors.Is(err, ingest.ErrConflict) {
			return examination, err
		}
	}
	return "", fmt.Errorf("series %s: %w", series, ingest.ErrConflict)
}

func (j *Judge) check(ctx context.Context, series ingest.Token, quiet, relatives bool) (examination string, err error) {
	// The state is read first: whoever writes it meanwhile makes this
	// judgement conflict.
	state, err := j.Book.State(ctx, series)
	if err != nil {
		return "", err
	}
	if short, err := j.short(ctx, state, quiet); err != nil || short {
		return "", err
	}
	before := state
	v, calm, err := j.noted(ctx, &state, quiet)
	if err != nil {
		return "", err
	}
	if state.Stands() && state.Formula < ingest.LookFormula {
		if adopted, err := j.adopt(ctx, state, v); err != nil || adopted {
			return state.Examination, err
		}
	}
	plan, anew, err := j.planned(ctx, &v, state, quiet)
	if err != nil {
		return "", err
	}
	if !quiet && state.Whole() && v.Outcome.LacksRegions() && !v.Regions.Pending {
		return state.Examination, j.hold(ctx, state)
	}
	if v.Regions.Pending && state.Look != "" {
		return j.check(ctx, series, true, relatives) // an atlas serves already
	}
	if v.Seen < state.Judged && !relatives && !quiet {
		return "", nil // somebody has judged on more than this
	}
	if v.Seen <= state.Judged && state.Quiet && !quiet {
		return j.check(ctx, series, true, relatives) // nothing at all came since it was quiet
	}
	if v.Outcome.Condition == ingest.Absent && state.Revision == 0 && state.Condition == "" {
		return "", nil
	}
	if v.Outcome.Condition == ingest.Absent && state.Revision == 0 && state.Condition == ingest.Receiving && !calm {
		return "", j.Queue.Arm(ctx, series) // its first objects may be on their way to other keys
	}
	return state.Examination, j.decide(ctx, before, state, v, plan, anew, calm)
}

// hold gives regions that are gone the quiet time to come back: they may be on
// their way to another key, as a move copies and deletes one object after the
// other. The timer is set once, or whoever asks meanwhile would put it off for
// ever.
func (j *Judge) hold(ctx context.Context, s ingest.State) error {
	if s.Held {
		return nil
	}
	s.Held = true
	if err := j.Book.SetState(ctx, s); err != nil {
		return err
	}
	return j.Queue.Arm(ctx, s.Series)
}

// decide writes what follows from a view into the state, and does what follows
// from that. Anew means that a new revision is due although the input is the
// same.
func (j *Judge) decide(ctx context.Context, before, state ingest.State, v View, plan ingest.Plan, anew, calm bool) error {
	state.Judged, state.Quiet = v.Seen, calm && !v.Regions.Pending
	look := v.look()
	kept := look != "" && look == state.Look && !anew
	switch {
	case kept && state.Result == ingest.Conflict && state.Stands():
		// Headers agree, yet who read the contents found a contradiction.
		v.Outcome.Condition, v.Outcome.Reason = ingest.Inconsistent, state.Why
	case look != "" && len(plan.Protocol) == 0 && !(kept && state.Stands() && state.Result != ingest.Unfitted):
		v.Outcome.Condition, v.Outcome.Reason = ingest.Waiting, withoutProtocol()
	}
	take(&state, v.Outcome)
	now := j.now()
	switch {
	case look != "" && !kept:
		if look != state.Look || state.Stands() {
			state.Tried = nil
		}
		state.Tried = append(state.Tried[:len(state.Tried):len(state.Tried)], plan.Key())
		revise(&state, look, plan, now)
	case look == "" && state.Look != "" && (v.Outcome.Condition != ingest.Receiving || v.Outcome.Want > 0):
		revise(&state, "", plan, now)
	}
	state.Ask, state.Held = "", false
	if !sameOutcome(before, state) {
		state.Since = now
	}
	if !sameState(before, state) {
		if err := j.Book.SetState(ctx, state); err != nil {
			return err
		}
		if state.Unfinished() {
			j.at("state-set")
		}
	}
	v.Outcome.Site, v.Outcome.Since = state.Site, state.Since
	if err := j.follow(ctx, state, v.Outcome); err != nil || !v.Regions.Pending {
		return err
	}
	return j.Queue.Arm(ctx, state.Series)
}

// withoutProtocol says why a whole series with regions has no estimates.
func withoutProtocol() ingest.Reason {
	return ingest.Reason{Code: ingest.CodeNoProtocol, Detail: "no protocol in the configuration matches the tracer, so the curves are published and no model runs; add a protocol, see 'tacstream config', and the series goes on by itself"}
}

// short reports whether a series that is being received cannot be whole yet,
// for want of records. Then only the timer moves.
func (j *Judge) short(ctx context.Context, s ingest.State, quiet bool) (bool, error) {
	if quiet || s.Condition != ingest.Receiving || s.Look != "" || s.Want == 0 || s.Multiframe || s.Revision > 0 {
		return false, nil
	}
	n, err := j.Book.Count(ctx, s.Series)
	if err != nil || n >= s.Want {
		return false, err
	}
	o := s.Outcome()
	o.Have = n
	j.Sink.Progress(o)
	return true, j.Queue.Arm(ctx, s.Series)
}

// follow does what the state asks for. All of it may be done twice.
func (j *Judge) follow(ctx context.Context, s ingest.State, o ingest.Outcome) error {
	if o.Condition == ingest.Receiving {
		j.Sink.Progress(o)
		if err := j.Queue.Arm(ctx, s.Series); err != nil {
			return err
		}
	} else if err := j.Sink.PublishOutcome(ctx, o); err != nil {
		return err
	}
	switch {
	case s.Look == "" && s.Revision > 0:
		why := o.Reason
		if o.Condition == ingest.Receiving {
			why = ingest.Reason{Code: ingest.CodeDeleted, Detail: fmt.Sprintf("%d of %d images are left", o.Have, o.Want)}
		}
		return j.Sink.Withdraw(ctx, s, why)
	case s.Unfinished():
		if err := j.Queue.Enqueue(ctx, s.Job()); err != nil {
			return err
		}
		j.at("enqueued")
	}
	return nil
}
