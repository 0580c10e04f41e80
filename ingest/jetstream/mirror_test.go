package jetstream_test

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"tacstream/ingest/jetstream"
)

// A record is a log that tests can read meanwhile.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Split(strings.TrimSuffix(r.b.String(), "\n"), "\n")[:bytes.Count(r.b.Bytes(), []byte("\n"))]
}

// Whatever an operator, or a fault, does to the mirror of the events while the
// server runs: soon it is as it was, with all events, and the log says so once.
func TestTheMirrorComesBack(t *testing.T) {
	// The server has its own goroutine in the background that removes what fed a mirror.
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).tryDeleteSourcingConsumer.func1"))
	var log record
	s, err := jetstream.StartServer(jetstream.ServerOptions{
		StoreDir: t.TempDir(), MirrorEvery: 10 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Listen: "127.0.0.1:0", Users: append([]jetstream.User{{Name: "operator", Password: "op", Role: jetstream.RoleMirror}}, testUsers...),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown()
	tac, err := nats.Connect("", s.InProcess())
	if err != nil {
		t.Fatal(err)
	}
	defer tac.Close()
	js, err := natsjs.New(tac)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), natsjs.StreamConfig{Name: jetstream.StreamEvents, Subjects: []string{"pet.v1.*.series.*"}}); err != nil {
		t.Fatal(err)
	}
	for _, series := range []string{"a", "b", "c"} {
		publish(t, js, "pet.v1.site.series."+series, "event")
	}
	conn, err := nats.Connect(s.ClientURL(), nats.UserInfo("operator", "op"), nats.CustomInboxPrefix(jetstream.InboxPrefix))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	op, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	sound := whole(t, op, nil)
	for k, blow := range blows() {
		if err := blow.strike(t.Context(), op, sound); err != nil {
			t.Fatalf("%s: %v", blow.name, err)
		}
		eventually(t, blow.name+" is not said", func() bool { return len(log.lines()) > k })
		whole(t, op, &sound)
	}
	for k, line := range log.lines() {
		if !strings.Contains(line, "level=WARN") || k >= len(blows()) {
			t.Errorf("the log says %s", line)
		}
	}
	if got := len(log.lines()); got != len(blows()) {
		t.Errorf("%d blows and %d lines: %s", len(blows()), got, strings.Join(log.lines(), "\n"))
	}
}

// whole waits until the mirror holds the three events and, if want is there, is
// configured like that. It returns the configuration.
func whole(t *testing.T, js natsjs.JetStream, want *natsjs.StreamConfig) natsjs.StreamConfig {
	t.Helper()
	var got natsjs.StreamConfig
	eventually(t, "the mirror does not come back", func() bool {
		stream, err := js.Stream(t.Context(), jetstream.StreamEvents)
		if err != nil || stream.CachedInfo().State.Msgs != 3 {
			return false
		}
		got = stream.CachedInfo().Config
		return want == nil || reflect.DeepEqual(got, *want)
	})
	return got
}

// eventually waits until ok, checking often: what is waited for happens in the
// server.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatal(what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

type blow struct {
	name   string
	strike func(context.Context, natsjs.JetStream, natsjs.StreamConfig) error
}

func blows() []blow {
	remove := func(ctx context.Context, js natsjs.JetStream, _ natsjs.StreamConfig) error {
		return js.DeleteStream(ctx, jetstream.StreamEvents)
	}
	update := func(alter func(*natsjs.StreamConfig)) func(context.Context, natsjs.JetStream, natsjs.StreamConfig) error {
		return func(ctx context.Context, js natsjs.JetStream, c natsjs.StreamConfig) error {
			alter(&c)
			_, err := js.UpdateStream(ctx, c)
			return err
		}
	}
	return []blow{
		{"deleted", remove},
		{"deleted again", remove},
		{"kept for a day only", update(func(c *natsjs.StreamConfig) { c.MaxAge = 24 * time.Hour })},
		{"made to hold one event", update(func(c *natsjs.StreamConfig) { c.MaxMsgs = 1 })},
		{"described", update(func(c *natsjs.StreamConfig) { c.Description = "mine" })},
		{"direct gets turned about", update(func(c *natsjs.StreamConfig) { c.AllowDirect = !c.AllowDirect })},
		{"sealed", update(func(c *natsjs.StreamConfig) { c.Sealed = true })},
		{"no mirror any more", update(func(c *natsjs.StreamConfig) { c.Mirror = nil })},
	}
}
