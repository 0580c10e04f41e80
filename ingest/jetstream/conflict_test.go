package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// A busyStream is one in which another writer is always faster: whatever is read
// has been replaced when it is read once more.
type busyStream struct {
	jetstream.Stream
	body  string // of the last message of every subject
	reads int
}

func (s *busyStream) GetLastMsgForSubject(_ context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	s.reads++
	return &jetstream.RawStreamMsg{Subject: subject, Sequence: uint64(s.reads), Data: []byte(s.body)}, nil
}

func (s *busyStream) CreateConsumer(context.Context, jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	return emptyConsumer{}, nil
}

func (s *busyStream) DeleteConsumer(context.Context, string) error { return nil }

// A busyServer refuses every write as one that comes too late.
type busyServer struct {
	jetstream.JetStream
	writes int
}

func (s *busyServer) PublishMsg(context.Context, *nats.Msg, ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	s.writes++
	return nil, &jetstream.APIError{Code: 400, ErrorCode: 10071}
}

// An emptyConsumer has no message.
type emptyConsumer struct{ jetstream.Consumer }

func (emptyConsumer) CachedInfo() *jetstream.ConsumerInfo { return &jetstream.ConsumerInfo{} }

func TestWhoeverMeetsAFasterWriterEachTimeGivesUp(t *testing.T) {
	const series = ingest.Token("aaaabbbbccccddddeeeeffff22")
	tests := []struct {
		name, body    string
		do            func(context.Context, store) error
		reads, writes int // of one try
		named         string
	}{
		{"a state is updated", "{}", func(ctx context.Context, s store) error {
			_, err := (&Ledger{store: s}).Update(ctx, series, func(*ingest.State) error { return nil })
			return err
		}, 1, 1, string(series)},
		{"records are loaded while they are packed", "{}", func(ctx context.Context, s store) error {
			_, err := (&Ledger{packs: packs{store: s}}).Load(ctx, series)
			return err
		}, 2, 0, string(series)},
		{"a pack is logged", "{}", func(ctx context.Context, s store) error { return logPack(ctx, s, series) }, 1, 1, "log of packs"},
		{"the ledger is claimed", `"mine"`, func(ctx context.Context, s store) error {
			return (&Ledger{store: s}).claim(ctx, "mine", true)
		}, 1, 1, "ledger's key"},
		{"a job is queued", "{}", func(ctx context.Context, s store) error {
			return (&Broker{js: s.js, jobs: s.stream}).Enqueue(ctx, ingest.Job{Series: series, Revision: 1})
		}, 1, 1, string(series)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, stream := &busyServer{}, &busyStream{body: tt.body}
				err := tt.do(t.Context(), store{server, stream})
				if !errors.Is(err, ingest.ErrConflict) || !strings.Contains(fmt.Sprint(err), tt.named) {
					t.Errorf("%v; want ErrConflict that names %q", err, tt.named)
				}
				if stream.reads != maxConflicts*tt.reads || server.writes != maxConflicts*tt.writes {
					t.Errorf("%d reads and %d writes; want %d and %d", stream.reads, server.writes, maxConflicts*tt.reads, maxConflicts*tt.writes)
				}
			})
		})
	}
}

func TestWhoeverWaitsForAFasterWriterEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		err := settleConflicts(ctx, "a thing", func() (bool, error) {
			if tries++; tries == 2 {
				cancel()
			}
			return false, nil
		})
		if !errors.Is(err, context.Canceled) || tries != 2 {
			t.Errorf("%v after %d tries", err, tries)
		}
	})
}
