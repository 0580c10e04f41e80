package line

import (
	"context"
	"errors"
	"time"

	"tacstream/ingest"
	"tacstream/publish"
	"tacstream/publish/outbox"
)

// publish makes a result public, unless its job has been overtaken. It returns
// the id of the event that states it.
func (p *Pipeline) publish(ctx context.Context, job ingest.Job, r result) (string, error) {
	s, err := p.statement(r)
	if err != nil {
		return "", err
	}
	state, err := p.Ledger.State(ctx, job.Series)
	if err != nil {
		return "", err
	}
	if state.Revision != job.Revision {
		return "", errOvertaken
	}
	s.Event = s.Event.At(state.Time)
	for i := range s.Before {
		s.Before[i] = s.Before[i].At(state.Time)
	}
	s.Formula, s.Look = state.Formula, ingest.Token(p.keyed(job.Site, "look", state.Look))
	event, err := p.Outbox.Publish(ctx, s)
	var late *outbox.LateError
	if errors.As(err, &late) {
		return "", p.behind(ctx, job, late.Revision)
	}
	return event, err
}

// behind mends a ledger whose newest revision of a series is older than a
// result that is out: the ledger was lost, or set back. The series is to be done
// under a revision above it.
func (p *Pipeline) behind(ctx context.Context, job ingest.Job, out int) error {
	_, err := p.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Revision != job.Revision {
			return errOvertaken
		}
		s.Raise(out+1, time.Now())
		return nil
	})
	if err != nil {
		return err
	}
	p.Log.WarnContext(ctx, "the ledger is behind the events: the series is done again under a newer revision", "series", job.Series, "revision", out+1)
	return errOvertaken
}

// done notes that a job came to its end. Where its revision has been overtaken
// meanwhile, whoever overtook it may have found no result to withdraw, so the
// series is judged once more.
func (p *Pipeline) done(ctx context.Context, job ingest.Job, end ingest.Result, event string, r result) error {
	_, err := p.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Revision != job.Revision {
			return errOvertaken
		}
		s.Done, s.Open, s.Result, s.Event, s.Tracer, s.Why = s.Revision, false, end, event, r.Tracer, r.failure
		if end == ingest.Conflict {
			s.Condition, s.Reason, s.Since = ingest.Inconsistent, r.failure, time.Now().UTC().Truncate(time.Second)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.at("done")
	p.metrics.jobs.WithLabelValues(string(end)).Inc()
	p.Log.InfoContext(ctx, "series done", "series", job.Series, "number", job.Revision, "tracer", r.Tracer, "result", end, "why", r.failure.Code)
	for _, series := range append([]ingest.Token{job.Series}, r.parts...) {
		if err := p.Ledger.Pack(ctx, series); err != nil {
			return err
		}
	}
	return nil
}

// contradict states that the contents of a series contradict each other, and
// takes back an earlier result.
func (p *Pipeline) contradict(ctx context.Context, job ingest.Job, r result) error {
	state, err := p.Ledger.State(ctx, job.Series)
	if err != nil {
		return err
	}
	if state.Revision != job.Revision {
		return errOvertaken
	}
	if err := p.Outbox.Withdraw(ctx, state, r.failure); err != nil {
		return err
	}
	if err := p.done(ctx, job, ingest.Conflict, "", r); err != nil {
		return err
	}
	return p.Broker.AskJudge(ctx, job.Series) // which states it
}

// Bury states that no retry could cure a job, and how to try again.
func (p *Pipeline) Bury(ctx context.Context, job ingest.Job, s ingest.State, why ingest.Reason) error {
	dead, err := publish.NewDead(p.causeOf(job), publish.StageFit, why, s.Attempts)
	if err != nil {
		return err
	}
	if err := p.Outbox.PublishDead(ctx, dead.At(s.Time)); err != nil {
		return err
	}
	r := result{Result: publish.Result{Cause: p.causeOf(job), Tracer: s.Tracer}, failure: why}
	event, err := p.publish(ctx, job, r)
	if err != nil {
		return err
	}
	return p.done(ctx, job, ingest.Dead, event, r)
}
