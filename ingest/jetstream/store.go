package jetstream

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// A store is the stream of the ledger: the last message of each subject is a
// value in JSON, and the message's Seq is what compare-and-set goes by. It
// is safe for concurrent use.
type store struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

// put writes v if the subject's last message is still that of Seq last, and
// returns the Seq of its own.
func (s store) put(ctx context.Context, subject string, v any, last uint64) (uint64, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	ack, err := publish(ctx, s.js, &nats.Msg{Subject: subject, Data: body}, jetstream.WithExpectLastSequencePerSubject(last))
	if isWrongLast(err) {
		return 0, ingest.ErrConflict
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// write writes v, whatever the subject holds.
func (s store) write(ctx context.Context, subject string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = publish(ctx, s.js, &nats.Msg{Subject: subject, Data: body})
	return err
}

// record returns the last record of a subject, which may hold wildcards; its
// Seq is 0 where there is none.
func (s store) record(ctx context.Context, subject string) (ingest.Record, error) {
	var r ingest.Record
	msg, err := last(ctx, s.stream, subject)
	if err != nil || msg == nil {
		return r, err
	}
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return r, fmt.Errorf("ledger record %d: %w", msg.Sequence, err)
	}
	r.Seq = msg.Sequence
	return r, nil
}

// count returns how many messages there are under a filter.
func (s store) count(ctx context.Context, filter string) (int, error) {
	c, err := reader(ctx, s.stream, []string{filter})
	if err != nil {
		return 0, err
	}
	return int(c.CachedInfo().NumPending), drop(s.stream, c)
}
