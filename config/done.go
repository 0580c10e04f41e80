package config

import (
	"context"
	"errors"

	"tacstream/ingest"
	"tacstream/publish"
	outbox "tacstream/publish/jetstream"
)

// state makes a result public, unless its job has been overtaken. It returns
// the id of the event that states it.
func (p *Pipeline) state(ctx context.Context, job ingest.Job, r result) (string, error) {
	s, err := p.statement(r)
	if err != nil {
		return "", err
	}
	state, err := p.Ledger.State(ctx, job.Series)
	if err != nil {
		return "", err
	}
	if state.Number != job.Number {
		return "", errStale
	}
	event, err := p.Outbox.Publish(ctx, s)
	if errors.Is(err, outbox.ErrLate) {
		return "", errStale
	}
	return event, err
}

// done notes that a job came to its end. Where its number has been overtaken
// meanwhile, whoever overtook it may have found no result to withdraw, so the
// series is judged once more.
func (p *Pipeline) done(ctx context.Context, job ingest.Job, end ingest.Result, event string, r result) error {
	_, err := p.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Number != job.Number {
			return errStale
		}
		s.Done, s.Open, s.Result, s.Event, s.Tracer, s.Why = s.Number, false, end, event, r.Tracer, r.failure
		if end == ingest.Conflict {
			s.Condition, s.Reason = ingest.Inconsistent, r.failure
		}
		return nil
	})
	if errors.Is(err, errStale) {
		if err := p.Judge.Check(ctx, job.Series, false); err != nil {
			return err
		}
		return errStale
	}
	if err != nil {
		return err
	}
	p.metrics.jobs.WithLabelValues(string(end)).Inc()
	p.Log.InfoContext(ctx, "series done", "series", job.Series, "number", job.Number, "tracer", r.Tracer, "result", end, "why", r.failure.Code)
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
	if err := p.Outbox.Withdraw(ctx, job.Site, job.Series, job.Number, r.failure); err != nil {
		return err
	}
	if err := p.done(ctx, job, ingest.Conflict, "", r); err != nil {
		return err
	}
	return p.Judge.Check(ctx, job.Series, false) // which states it
}

// Bury states that no retry could cure a job, and how to try again.
func (p *Pipeline) Bury(ctx context.Context, job ingest.Job, s ingest.State, why ingest.Reason) error {
	dead, err := publish.NewDead(causeOf(job), publish.StageFit, why, s.Attempts)
	if err != nil {
		return err
	}
	if err := p.Outbox.Bury(ctx, dead); err != nil {
		return err
	}
	r := result{Result: publish.Result{Cause: causeOf(job), Tracer: s.Tracer}, failure: why}
	event, err := p.state(ctx, job, r)
	if err != nil {
		return err
	}
	return p.done(ctx, job, ingest.Dead, event, r)
}

// Redrive forgets the attempts at a series and puts its job in the queue
// again.
func (l *Line) Redrive(ctx context.Context, series ingest.Token) error {
	_, err := l.Ledger.Update(ctx, series, func(s *ingest.State) error {
		if s.Lead != "" {
			return ingest.Reject(ingest.CodeJoined, "series %s is fitted with series %s, which it continues: redrive that one", series, s.Lead)
		}
		if s.Look == "" {
			return ingest.Reject(ingest.CodeFrameCount, "series %s is not whole, so there is nothing to try: it is %s", series, s.Condition)
		}
		s.Attempts, s.Crashes, s.Open, s.Done = 0, 0, false, s.Number-1
		s.Redrives++
		return nil
	})
	if err != nil {
		return err
	}
	return l.Judge.Check(ctx, series, false)
}
