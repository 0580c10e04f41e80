package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// A front is a server without JetStream on which another's is to be had: it
// passes requests on, except those that it denies.
type front struct {
	*nats.Conn              // of a client of the front
	denied     atomic.Int64 // requests so far
	passed     func()       // called when one that was to be denied at first is passed on; may be nil
}

// newFront denies the first requests whose subject begins with prefix.
func newFront(t *testing.T, prefix string, times int64, code int, number natsjs.ErrorCode) *front {
	t.Helper()
	start := func(o server.Options) *server.Server {
		o.DontListen, o.NoLog, o.NoSigs = true, true, true
		s, err := server.NewServer(&o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		if !s.ReadyForConnections(10 * time.Second) {
			t.Fatal("the server is not ready")
		}
		return s
	}
	before, behind := start(server.Options{}), start(server.Options{JetStream: true, StoreDir: t.TempDir()})
	real, fake := connect(t, "", nats.InProcessServer(behind)), connect(t, "", nats.InProcessServer(before))
	f := &front{Conn: connect(t, "", nats.InProcessServer(before))}
	pass := func(m *nats.Msg) {
		if strings.HasPrefix(m.Subject, prefix) && f.denied.Add(1) <= times {
			m.Respond(fmt.Appendf(nil, `{"type":"x","error":{"code":%d,"err_code":%d,"description":"denied by the test"}}`, code, number))
			return
		}
		if strings.HasPrefix(m.Subject, prefix) && f.passed != nil {
			f.passed()
		}
		answer, err := real.RequestMsg(&nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}, 10*time.Second)
		if err == nil {
			m.RespondMsg(answer)
		}
	}
	for _, s := range []string{"$JS.API.>", "_tac.>"} {
		if _, err := fake.Subscribe(s, pass); err != nil {
			t.Fatal(err)
		}
	}
	if err := fake.Flush(); err != nil {
		t.Fatal(err)
	}
	return f
}

// A cluster without a leader, or whose members are away, is waited for,
// whatever it is asked for first; what only a person can mend is not.
func TestTheStartWaitsForAClusterThatCannotAnswerNow(t *testing.T) {
	const api, read = "$JS.API.", "$JS.API.STREAM.MSG.GET."
	for _, tt := range []struct {
		name   string
		prefix string
		code   int
		number natsjs.ErrorCode
		waits  bool
	}{
		{"no leader", api, 503, 10008, true},
		{"no leader when the second stream is made", api + "STREAM.UPDATE." + jetstream.StreamLedger, 503, 10008, true},
		{"no leader when a consumer is made", api + "CONSUMER.", 503, 10008, true},
		{"no leader when the key is read", read, 503, 10008, true},
		{"no leader when the key is written", "_tac.ledger.key", 503, 10008, true},
		{"not the leader", api, 500, 10009, true},
		{"not assigned", api, 500, 10007, true},
		{"incomplete", api, 503, 10004, true},
		{"too few peers", api + "STREAM.UPDATE.", 400, 10005, true},
		{"stream offline", api + "STREAM.UPDATE.", 500, 10118, true},
		{"consumer offline", api + "CONSUMER.", 500, 10119, true},
		{"sequence not ready", "_tac.ledger.key", 503, 10163, true},
		{"JetStream not on yet", api, 503, 10076, true},
		{"insufficient resources", api, 503, 10023, false},
		{"not for this account", api, 503, 10039, false},
		{"no cluster for replicas", api, 500, 10074, false},
		{"disk full", api, 500, 10047, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFront(t, tt.prefix, 3, tt.code, tt.number)
			b, err := jetstream.Connect(t.Context(), f.Conn, jetstream.Options{})
			if err == nil {
				err = b.Ledger().Claim(t.Context(), "key", true)
			}
			var api *natsjs.APIError
			switch {
			case tt.waits && (err != nil || f.denied.Load() < 3):
				t.Errorf("%v after %d denials", err, f.denied.Load())
			case !tt.waits && (!errors.As(err, &api) || api.ErrorCode != tt.number):
				t.Errorf("%v, want error %d", err, tt.number)
			}
		})
	}
}

func TestWaitingForALeaderIsSaid(t *testing.T) {
	t.Parallel()
	f := newFront(t, "$JS.API.", 1<<40, 503, 10008)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var said error
	_, err := jetstream.Connect(ctx, f.Conn, jetstream.Options{Waiting: func(err error) { said = err; cancel() }})
	if err == nil || said == nil || !strings.Contains(said.Error(), "10008") {
		t.Errorf("said %v, ended with %v", said, err)
	}
}

// The events' consumer is made later than the others.
func TestFactsWaitForALeader(t *testing.T) {
	t.Parallel()
	f := newFront(t, "$JS.API.CONSUMER.CREATE."+jetstream.StreamEvents, 3, 503, 10008)
	b, err := jetstream.Connect(t.Context(), f.Conn, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f.passed = cancel // it got what it waited for
	if err := b.Facts(ctx, slog.New(slog.DiscardHandler), nil); err != nil || f.denied.Load() < 4 {
		t.Errorf("%v after %d requests", err, f.denied.Load())
	}
}

// An answer that says that the servers are ill is no fault of the job's.
func TestOutages(t *testing.T) {
	wrapped := func(code int, number natsjs.ErrorCode) error {
		return fmt.Errorf("series x: %w", &natsjs.APIError{Code: code, ErrorCode: number})
	}
	for _, tt := range []struct {
		err    error
		outage bool
	}{
		{wrapped(503, 10008), true}, {wrapped(500, 10009), true}, {wrapped(500, 10118), true}, {wrapped(400, 10005), true},
		{wrapped(503, 10077), true}, {wrapped(503, 10023), true}, {wrapped(500, 10047), true}, {wrapped(503, 10163), true},
		{natsjs.ErrNoStreamResponse, true}, {natsjs.ErrServerShutdown, true}, {natsjs.ErrConnectionClosed, true}, {nats.ErrConnectionClosed, true},
		{nats.ErrTimeout, true}, {nats.ErrNoResponders, true}, {nats.ErrStaleConnection, true}, {context.DeadlineExceeded, true},
		{wrapped(400, 10071), false}, {wrapped(400, 10164), false}, {wrapped(404, 10059), false}, {wrapped(400, 10054), false},
		{nats.ErrMaxPayload, false}, {context.Canceled, false}, {errors.New("other"), false}, {nil, false},
	} {
		if got := jetstream.Outage(tt.err); got != tt.outage {
			t.Errorf("%v: outage %v, want %v", tt.err, got, tt.outage)
		}
	}
}

// Acknowledged notices that a killed server left behind go at last, and no
// alarm may be set for later than that.
func TestNoticesHaveAnAge(t *testing.T) {
	b := newBroker(t, jetstream.Options{QuietTime: ingest.MaxQuietTime})
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), jetstream.StreamNotices)
	if err != nil {
		t.Fatal(err)
	}
	if age := stream.CachedInfo().Config.MaxAge; age != jetstream.NoticeAge || age <= ingest.MaxQuietTime {
		t.Errorf("notices are kept for %v", age)
	}
	if _, err := jetstream.Connect(t.Context(), b.Conn(), jetstream.Options{QuietTime: ingest.MaxQuietTime + time.Second}); err == nil {
		t.Error("a longer quiet time is taken")
	}
}
