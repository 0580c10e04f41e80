package jetstream

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// ContentType of every event.
const ContentType = "application/cloudevents+json"

// An Event is a public fact as it stands in the stream.
type Event struct {
	Subject string // pet.v1.…
	ID      string // also the message's id
	Body    []byte
	Seq     uint64 // 0 where it is not in the stream
}

// LastEvent returns the last event under a subject, which may hold wildcards,
// as the stream's leader has it. Its Seq is 0 where there is none.
func (b *Broker) LastEvent(ctx context.Context, subject string) (Event, error) {
	msg, err := last(ctx, b.events, subject)
	if err != nil || msg == nil {
		return Event{}, err
	}
	return Event{Subject: msg.Subject, ID: msg.Header.Get(nats.MsgIdHdr), Body: msg.Data, Seq: msg.Sequence}, nil
}

// Publish publishes an event if the last one of its subject is still number
// after, else ErrConflict. An event that the stream has already, by its id, is
// not stored again.
func (b *Broker) Publish(ctx context.Context, e Event, after uint64) error {
	private, ok := strings.CutPrefix(e.Subject, publicPrefix)
	if !ok {
		return fmt.Errorf("subject %s is not public", e.Subject)
	}
	msg := &nats.Msg{Subject: eventPrefix + private, Data: e.Body, Header: nats.Header{"Content-Type": {ContentType}}}
	_, err := publish(ctx, b.js, msg, jetstream.WithMsgID(e.ID), jetstream.WithExpectLastSequencePerSubject(after), jetstream.WithExpectStream(StreamEvents))
	if isWrongLast(err) {
		return ingest.ErrConflict
	}
	return err
}

// Progress publishes what may be lost.
func (b *Broker) Progress(subject string, body []byte) error { return b.conn.Publish(subject, body) }

// Watch calls visit with every event under a subject, from the first that is
// kept or from now on, until ctx ends.
func (b *Broker) Watch(ctx context.Context, subject string, all bool, visit func(Event) error) error {
	policy := jetstream.DeliverNewPolicy
	if all {
		policy = jetstream.DeliverAllPolicy
	}
	c, err := b.events.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: policy})
	if err != nil {
		return err
	}
	it, err := c.Messages()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, it.Stop)
	defer stop()
	// An iterator does not always notice that the connection is closed for good.
	closed := b.conn.StatusChanged(nats.CLOSED)
	defer b.conn.RemoveStatusListener(closed)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-closed:
			it.Stop()
		case <-ended:
		}
	}()
	for !b.conn.IsClosed() {
		msg, err := it.Next()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		if err := visit(Event{Subject: msg.Subject(), ID: msg.Headers().Get(nats.MsgIdHdr), Body: msg.Data(), Seq: meta.Sequence.Stream}); err != nil {
			return err
		}
	}
	return nats.ErrConnectionClosed
}

// Stored calls visit with every event under a subject that is stored now.
func (b *Broker) Stored(ctx context.Context, subject string, visit func(Event) error) error {
	return scan(ctx, b.events, []string{subject}, func(msg jetstream.Msg, seq uint64) error {
		return visit(Event{Subject: msg.Subject(), ID: msg.Headers().Get(nats.MsgIdHdr), Body: msg.Data(), Seq: seq})
	})
}
