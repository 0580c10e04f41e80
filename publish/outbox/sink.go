package outbox

import (
	"context"
	"errors"
	"fmt"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/watch"
	"tacstream/publish"
)

var _ watch.Sink = (*Outbox)(nil)

// PublishOutcome says what the input of a series has come to, unless the last event
// says the same.
func (o *Outbox) PublishOutcome(ctx context.Context, out ingest.Outcome) error {
	subject, err := publish.SeriesSubject(out.Site, out.Series)
	if err != nil {
		return err
	}
	for range maxConflicts {
		last, err := o.last(ctx, subject)
		if err != nil {
			return err
		}
		e, err := publish.NewSeries(last.Cause().Revision+1, out)
		if err != nil || e.After(last.Event) != publish.Publish {
			return err
		}
		if err := o.publishAfter(ctx, e.Superseding(last.ID), last.seq); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("series %s: %s: %w", out.Series, out.Condition, ingest.ErrConflict)
}

// PublishUnusable says that objects of a folder serve for nothing.
func (o *Outbox) PublishUnusable(ctx context.Context, b ingest.Byproducts) (event string, err error) {
	e, err := publish.NewUnusable(b)
	if err != nil {
		return "", err
	}
	return e.ID, o.PublishDead(ctx, e)
}

// PublishDead publishes what no retry could cure. All of a stage's dead share
// one subject, so a repeat is known by its id alone.
func (o *Outbox) PublishDead(ctx context.Context, e publish.Event) error {
	for range maxConflicts {
		last, err := o.last(ctx, e.Subject)
		if err != nil || last.ID == e.ID {
			return err
		}
		if err := o.publishAfter(ctx, e, last.seq); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("event %s: %w", e.ID, ingest.ErrConflict)
}

// Withdraw takes back the result of a series.
func (o *Outbox) Withdraw(ctx context.Context, s ingest.State, why ingest.Reason) error {
	for range maxConflicts {
		last, err := o.lastResult(ctx, s.Site, s.Series)
		switch {
		case err != nil:
			return err
		case last.Data == nil, last.Type == publish.BindingWithdrawn:
			return o.withdrawCurves(ctx, s)
		case last.Cause().Revision >= s.Revision:
			return nil
		}
		e, err := publish.NewWithdrawn(last.Event, s.Revision, why)
		if err != nil {
			return err
		}
		e = e.At(s.Time).Superseding(last.ID)
		current, err := publish.NewCurrent(e)
		if err != nil {
			return err
		}
		current.Formula = s.Formula
		if err := o.moveCurrent(ctx, s.Series, current); err != nil {
			return err
		}
		if err := o.publishAfter(ctx, e, last.seq); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("series %s: withdrawal: %w", s.Series, ingest.ErrConflict)
}

// withdrawCurves takes back curves that were never fitted: no event has a
// result, and current.json alone points to them.
func (o *Outbox) withdrawCurves(ctx context.Context, s ingest.State) error {
	was, _, err := o.currentFile(ctx, publish.CurrentKey(s.Series))
	if err != nil || was.Result != ingest.Unfitted || was.Revision >= s.Revision {
		return err
	}
	cause := publish.Cause{Site: s.Site, Series: s.Series, Revision: s.Revision}
	e := publish.Event{ID: cause.ID(publish.BindingWithdrawn, was.Event), Time: s.Time, Data: &publish.Withdrawn{Cause: cause}}
	next, err := publish.NewCurrent(e)
	if err != nil {
		return err
	}
	return o.moveCurrent(ctx, s.Series, next)
}

// MadeBy returns the settings and the results version of the last result of a
// series, as its event has them.
func (o *Outbox) MadeBy(ctx context.Context, s ingest.State) (ingest.Plan, error) {
	if s.Site == "" {
		return ingest.Plan{}, nil
	}
	last, err := o.lastResult(ctx, s.Site, s.Series)
	if err != nil || last.Data == nil {
		return ingest.Plan{}, err
	}
	return ingest.Plan{Settings: last.Cause().Settings, ResultsVersion: last.Cause().Version}, nil
}

// Progress publishes how many slots are filled. It may be lost.
func (o *Outbox) Progress(out ingest.Outcome) {
	o.PublishProgress(publish.Cause{Site: out.Site, Series: out.Series}, publish.Progress{Stage: ingest.StageIngest, Done: out.Have, Total: out.Want})
}

// PublishProgress publishes how far the work on a series is. It may be lost.
func (o *Outbox) PublishProgress(cause publish.Cause, p publish.Progress) {
	e, err := publish.NewProgress(cause, p)
	if err != nil {
		return // lossy by design
	}
	if body, err := e.Encode(); err == nil {
		_ = o.Broker.Progress(e.Subject, body)
	}
}

// CurrentResult returns the last event with the result of a series; Sequence is
// 0 where there is none.
func (o *Outbox) CurrentResult(ctx context.Context, s ingest.State) (jetstream.Event, error) {
	subject, err := publish.AnyBindingSubject(s.Site, s.Series)
	if err != nil {
		return jetstream.Event{}, err
	}
	return o.Broker.LastEvent(ctx, subject)
}
