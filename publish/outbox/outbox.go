package outbox

import (
	"context"
	"errors"
	"fmt"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/publish"
)

// ErrLate means that a newer result is out: there is nothing left to publish.
var ErrLate = errors.New("a newer result is out")

// A LateError is an ErrLate that says how new the other result is.
type LateError struct{ Revision int }

// Error says which revision is out.
func (e *LateError) Error() string {
	return fmt.Sprintf("the result of revision %d is out", e.Revision)
}

// Unwrap returns ErrLate.
func (e *LateError) Unwrap() error { return ErrLate }

// maxConflicts bounds how often a decision is taken anew.
const maxConflicts = 20

// An Outbox publishes results and outcomes. It is safe for concurrent use.
type Outbox struct {
	Broker *jetstream.Broker
	Store  *s3.Store
	Bucket string // of the results
}

// Publish makes a result public: files, current.json, events. It returns the
// id of the event that says so, which is an older one's where the same was
// published before. ErrLate means that a newer one is out.
func (o *Outbox) Publish(ctx context.Context, s Statement) (id string, err error) {
	cause := s.Event.Cause()
	last, err := o.lastResult(ctx, cause.Site, cause.Series)
	if err != nil {
		return "", err
	}
	switch s.Event.After(last.Event) {
	case publish.Done:
		return last.Event.ID, nil
	case publish.Stale:
		return "", &LateError{last.Cause().Revision}
	}
	for _, f := range s.Files {
		if _, err := o.Store.Put(ctx, o.Bucket, s.Prefix+f.Name, f.Data, f.ContentType); err != nil {
			return "", err
		}
	}
	s.at("files-written")
	current, err := publish.NewCurrent(s.Event)
	if err != nil {
		return "", err
	}
	current.Formula, current.Look = s.Formula, s.Look
	if err := o.moveCurrent(ctx, cause.Series, current); err != nil {
		return "", err
	}
	s.at("current-moved")
	if last.Event.Data != nil && last.Event.Subject != s.Event.Subject && last.Event.Type != publish.BindingWithdrawn {
		// The old subject must not end in a result that no longer holds.
		e, err := publish.NewWithdrawn(last.Event, cause.Revision, relabelled(last.Event, s.Event))
		if err != nil {
			return "", err
		}
		if err := o.publishAfter(ctx, e.At(s.Event.Time).Superseding(last.ID), last.seq); err != nil {
			return "", err
		}
	}
	for _, e := range s.Before {
		if err := o.publishOnce(ctx, e, nil); err != nil {
			return "", err
		}
	}
	if err := o.publishOnce(ctx, s.Event, func(e publish.Event) error { return o.keep(ctx, s.Prefix, e) }); err != nil {
		return "", err
	}
	s.at("published")
	return s.Event.ID, nil
}

// relabelled says why the result under one subject gives way to one under
// another.
func relabelled(last, next publish.Event) ingest.Reason {
	failed, isFailure := last.Data.(*publish.Failed)
	switch {
	case next.Type == publish.TACsExtracted:
		return ingest.Reason{Code: ingest.CodeNoProtocol, Detail: "the input has changed, and no protocol matches its tracer now; its curves are published"}
	case isFailure && failed.Reason.Code == ingest.CodeNoProtocol:
		return ingest.Reason{Code: ingest.CodeRelabelled, Detail: "a protocol matches the tracer now; the result is under its label"}
	case last.Cause().Input != "" && last.Cause().Input == next.Cause().Input:
		return ingest.Reason{Code: ingest.CodeRelabelled, Detail: "the protocol that matches the tracer now has another label; the result is under that one"}
	}
	return ingest.Reason{Code: ingest.CodeRelabelled, Detail: "by its header or today's protocols the series has another tracer; the result is under that label"}
}

// keep stores an event as it is published beside the files of its result.
func (o *Outbox) keep(ctx context.Context, prefix string, e publish.Event) error {
	body, err := e.Encode()
	if err != nil {
		return err
	}
	_, err = o.Store.Put(ctx, o.Bucket, prefix+publish.EventName, body, publish.ContentType)
	return err
}

// A stored event, with its number in the stream.
type stored struct {
	publish.Event
	seq uint64
}

// last returns the last event under a subject, which may hold wildcards; its
// Data is nil where there is none.
func (o *Outbox) last(ctx context.Context, subject string) (stored, error) {
	e, err := o.Broker.LastEvent(ctx, subject)
	if err != nil || e.Seq == 0 {
		return stored{}, err
	}
	decoded, err := publish.Decode(e.Body)
	if err != nil {
		return stored{}, fmt.Errorf("event %d of the stream: %w", e.Seq, err)
	}
	return stored{decoded, e.Seq}, nil
}

// lastResult returns the last result of a series, under whichever tracer.
func (o *Outbox) lastResult(ctx context.Context, site ingest.Site, series ingest.Token) (stored, error) {
	subject, err := publish.AnyBindingSubject(site, series)
	if err != nil {
		return stored{}, err
	}
	return o.last(ctx, subject)
}

// publishOnce publishes an event unless the last one on its subject says the
// same or something newer. The event names the one whose place it takes. Before, which
// may be nil, is called with the event as it will be published.
func (o *Outbox) publishOnce(ctx context.Context, e publish.Event, before func(publish.Event) error) error {
	for range maxConflicts {
		last, err := o.last(ctx, e.Subject)
		if err != nil {
			return err
		}
		switch e.After(last.Event) {
		case publish.Done:
			return nil
		case publish.Stale:
			return &LateError{last.Cause().Revision}
		}
		next := e.Superseding(last.ID)
		if before != nil {
			if err := before(next); err != nil {
				return err
			}
		}
		if err := o.publishAfter(ctx, next, last.seq); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("event %s: %w", e.ID, ingest.ErrConflict)
}

// publishAfter publishes an event on the condition that the last one on its
// subject is still number after.
func (o *Outbox) publishAfter(ctx context.Context, e publish.Event, after uint64) error {
	body, err := e.Encode()
	if err != nil {
		return err
	}
	return o.Broker.Publish(ctx, jetstream.Event{Subject: e.Subject, ID: e.ID, Body: body}, after)
}

// moveCurrent lets current.json point to a result, unless it points to a newer
// one already.
func (o *Outbox) moveCurrent(ctx context.Context, series ingest.Token, next publish.Current) error {
	key := publish.CurrentKey(series)
	body, err := next.Encode()
	if err != nil {
		return err
	}
	for range maxConflicts {
		was, etag, err := o.currentFile(ctx, key)
		switch {
		case err != nil:
			return err
		case was.Event == next.Event:
			return nil
		case etag != "" && !next.Replaces(was):
			return &LateError{was.Revision}
		}
		if _, err = o.Store.PutIf(ctx, o.Bucket, key, body, "application/json", etag); !errors.Is(err, s3.ErrPrecondition) {
			return err
		}
	}
	return fmt.Errorf("series %s: %s: %w", series, publish.CurrentName, ingest.ErrConflict)
}

// currentFile reads current.json; the ETag is "" where there is none.
func (o *Outbox) currentFile(ctx context.Context, key string) (c publish.Current, etag string, err error) {
	body, obj, err := o.Store.Get(ctx, o.Bucket, key)
	if errors.Is(err, ingest.ErrGone) {
		return c, "", nil
	}
	if err != nil {
		return c, "", err
	}
	c, err = publish.DecodeCurrent(body)
	return c, obj.ETag, err
}
