package jetstream

import (
	"context"
	"errors"
	"fmt"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/publish"
)

var _ ingest.Sink = (*Outbox)(nil)

// Stated says what the input of a series has come to, unless the last event
// says the same.
func (o *Outbox) Stated(ctx context.Context, out ingest.Outcome) error {
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
		if err := o.state(ctx, e, last.sequence); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("series %s: %s: %w", out.Series, out.Condition, ingest.ErrConflict)
}

// Unusable says that objects of a folder serve for nothing.
func (o *Outbox) Unusable(ctx context.Context, b ingest.Byproducts) (event string, err error) {
	e, err := publish.NewUnusable(b)
	if err != nil {
		return "", err
	}
	return e.ID, o.Bury(ctx, e)
}

// Bury states what no retry could cure. All of a stage's dead share one
// subject, so a repeat is known by its id alone.
func (o *Outbox) Bury(ctx context.Context, e publish.Event) error {
	for range maxConflicts {
		last, err := o.last(ctx, e.Subject)
		if err != nil || last.ID == e.ID {
			return err
		}
		if err := o.state(ctx, e, last.sequence); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("event %s: %w", e.ID, ingest.ErrConflict)
}

// Withdraw takes back the result of a series.
func (o *Outbox) Withdraw(ctx context.Context, site ingest.Site, series ingest.Token, number int, why ingest.Reason) error {
	for range maxConflicts {
		last, err := o.lastResult(ctx, site, series)
		if err != nil || last.Data == nil || last.Type == publish.BindingWithdrawn || last.Cause().Revision >= number {
			return err
		}
		e, err := publish.NewWithdrawn(last.Event, number, why)
		if err != nil {
			return err
		}
		if err := o.moveCurrent(ctx, e); err != nil {
			return err
		}
		if err := o.state(ctx, e, last.sequence); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("series %s: withdrawal: %w", series, ingest.ErrConflict)
}

// Progress says how many slots are filled. It may be lost.
func (o *Outbox) Progress(out ingest.Outcome) {
	cause := publish.Cause{Site: out.Site, Series: out.Series}
	e, err := publish.NewProgress(cause, publish.Progress{Stage: publish.StageIngest, Done: out.Have, Total: out.Want})
	if err != nil {
		return // lossy by design
	}
	if body, err := e.Encode(); err == nil {
		_ = o.Broker.Progress(e.Subject, body)
	}
}

// Last returns the last event that states the result of a series; Sequence is
// 0 where there is none.
func (o *Outbox) Last(ctx context.Context, s ingest.State) (jetstream.Event, error) {
	subject, err := publish.AnyBindingSubject(s.Site, s.Series)
	if err != nil {
		return jetstream.Event{}, err
	}
	return o.Broker.LastEvent(ctx, subject)
}
