package line

import (
	"cmp"
	"context"
	"errors"
	"time"

	"tacstream/ingest"
	"tacstream/publish"
	"tacstream/publish/outbox"
)

// An ending brings a job to its end.
type ending struct {
	*Line
	job ingest.Job
	at  point
}

// conclude makes a finding public and notes the job as done. Rejected is why
// there is no estimate, nil where there is one.
func (e ending) conclude(ctx context.Context, f finding, rejected error) error {
	if rejected != nil {
		f.Failure = ingest.ReasonOf(rejected)
	}
	if f.end() == ingest.Conflict {
		return e.contradict(ctx, f)
	}
	event, f, err := e.publish(ctx, f)
	if err != nil {
		return err
	}
	return e.done(ctx, f.end(), event, f)
}

// publish makes a finding public, unless the job has been overtaken. It returns
// the id of the event that says so, and the finding as it is public.
func (e ending) publish(ctx context.Context, f finding) (string, finding, error) {
	s, f, err := f.statement(e.Config.S3.Results)
	if err != nil {
		return "", f, err
	}
	state, err := e.Ledger.State(ctx, e.job.Series)
	if err != nil {
		return "", f, err
	}
	if state.Revision != e.job.Revision {
		return "", f, errOvertaken
	}
	s.At = e.at
	event, err := e.Outbox.Publish(ctx, s.Dated(state, ingest.Token(e.keyed(e.job.Site, "look", state.Look))))
	var late *outbox.LateError
	if errors.As(err, &late) {
		return "", f, e.behind(ctx, late.Revision)
	}
	return event, f, err
}

// behind mends a ledger whose newest revision of a series is older than a
// result that is out: the ledger was lost, or set back. The series is to be done
// under a revision above it.
func (e ending) behind(ctx context.Context, out int) error {
	_, err := e.Ledger.Update(ctx, e.job.Series, func(s *ingest.State) error {
		if s.Revision != e.job.Revision {
			return errOvertaken
		}
		s.Raise(out+1, time.Now())
		return nil
	})
	if err != nil {
		return err
	}
	e.Log.WarnContext(ctx, "the ledger is behind the events: the series is done again under a newer revision", "series", e.job.Series, "revision", out+1)
	return errOvertaken
}

// done notes that the job came to its end. Where its revision has been overtaken
// meanwhile, whoever overtook it may have found no result to withdraw, so the
// series is judged once more.
func (e ending) done(ctx context.Context, end ingest.Result, event string, f finding) error {
	_, err := e.Ledger.Update(ctx, e.job.Series, func(s *ingest.State) error {
		if s.Revision != e.job.Revision {
			return errOvertaken
		}
		s.Done, s.Open, s.Result, s.Event, s.Tracer, s.Why = s.Revision, false, end, event, f.Tracer, f.Failure
		if end == ingest.Conflict {
			s.Condition, s.Reason, s.Since = ingest.Inconsistent, f.Failure, time.Now().UTC().Truncate(time.Second)
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.at.reach("done")
	e.metrics.jobs.WithLabelValues(string(end)).Inc()
	e.Log.InfoContext(ctx, "series done", "series", e.job.Series, "revision", e.job.Revision, "tracer", f.Tracer, "result", end, "why", f.Failure.Code)
	for _, series := range append([]ingest.Token{e.job.Series}, f.parts...) {
		if err := e.Ledger.Pack(ctx, series); err != nil {
			return err
		}
	}
	return nil
}

// contradict says that the contents of a series contradict each other, and takes
// back an earlier result.
func (e ending) contradict(ctx context.Context, f finding) error {
	state, err := e.Ledger.State(ctx, e.job.Series)
	if err != nil {
		return err
	}
	if state.Revision != e.job.Revision {
		return errOvertaken
	}
	if err := e.Outbox.Withdraw(ctx, state, f.Failure); err != nil {
		return err
	}
	if err := e.done(ctx, ingest.Conflict, "", f); err != nil {
		return err
	}
	return e.Broker.AskJudge(ctx, e.job.Series) // which publishes it
}

// bury publishes that no retry could cure the job, in which stage it ended, and
// how to try again.
func (e ending) bury(ctx context.Context, s ingest.State, why ingest.Reason) error {
	cause := e.causeOf(e.job)
	dead, err := publish.NewDead(cause, cmp.Or(s.Stage, ingest.StageExtract), why, s.Attempts)
	if err != nil {
		return err
	}
	if err := e.Outbox.PublishDead(ctx, dead.At(s.Time)); err != nil {
		return err
	}
	var f finding
	f.Cause, f.Tracer, f.Failure = cause, s.Tracer, why
	event, f, err := e.publish(ctx, f)
	if err != nil {
		return err
	}
	return e.done(ctx, ingest.Dead, event, f)
}
