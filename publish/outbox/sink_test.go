package outbox_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/publish/outbox"
)

// newOutbox returns an outbox on a server of its own, without a store: what
// is stated of series' input needs none.
func newOutbox(t *testing.T) *outbox.Outbox {
	t.Helper()
	server, err := jetstream.StartServer(jetstream.ServerOptions{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	conn, err := nats.Connect("", server.InProcess())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	broker, err := jetstream.Connect(t.Context(), conn, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &outbox.Outbox{Broker: broker}
}

// types returns the types of the stored events, in order.
func types(t *testing.T, o *outbox.Outbox) string {
	t.Helper()
	var list []string
	ids := map[string]bool{}
	err := o.Broker.Stored(t.Context(), "pet.v1.>", func(e jetstream.Event) error {
		_, rest, _ := strings.Cut(string(e.Body), `"type":"tacstream.`)
		kind, _, _ := strings.Cut(rest, `"`)
		list = append(list, kind)
		if ids[e.ID] {
			t.Errorf("event %s is stored twice", e.ID)
		}
		ids[e.ID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func outcome(c ingest.Condition, code ingest.Code) ingest.Outcome {
	key := ingest.Key("a key for tests only")
	return ingest.Outcome{Series: key.SeriesToken("1.2.3"), Site: "local", Condition: c, Reason: ingest.Reason{Code: code}, Have: 5, Want: 6, Frames: 2, Slices: 3}
}

func TestAConditionIsStatedOnceAndAgainWhenItComesBack(t *testing.T) {
	o := newOutbox(t)
	incomplete, ready := outcome(ingest.Incomplete, ingest.CodeFrameCount), outcome(ingest.Ready, "")
	for _, out := range []ingest.Outcome{incomplete, incomplete, ready, ready, incomplete} {
		if err := o.PublishOutcome(t.Context(), out); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := types(t, o), "series.incomplete.v1 series.ready.v1 series.incomplete.v1"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestManyWhoStateTheSameStateItOnce(t *testing.T) {
	o := newOutbox(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := o.PublishOutcome(t.Context(), outcome(ingest.Waiting, ingest.CodeNoRegions)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, want := types(t, o), "series.waiting.v1"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestUnusableObjectsAreStatedOnce(t *testing.T) {
	o := newOutbox(t)
	key := ingest.Key("a key for tests only")
	b := ingest.Byproducts{Site: "local", Folder: key.Token("folder", "x"), Count: 192, Reason: ingest.Reason{Code: ingest.CodeNotDICOM}}
	other := b
	other.Folder = key.Token("folder", "y")
	ids := map[string]bool{}
	for _, one := range []ingest.Byproducts{b, b, other, b} {
		id, err := o.PublishUnusable(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		ids[id] = true
	}
	if got, want := types(t, o), "ingest.dead.v1 ingest.dead.v1"; got != want || len(ids) != 2 {
		t.Errorf("stored %q under %d ids, want %q", got, len(ids), want)
	}
	b.Site = ""
	if _, err := o.PublishUnusable(t.Context(), b); err == nil {
		t.Error("objects of no site are stated somewhere")
	}
}

// What the stream refuses must not reach those who merely listen.
func TestARefusedEventReachesNobody(t *testing.T) {
	o := newOutbox(t)
	heard, err := o.Broker.Conn().SubscribeSync("pet.v1.>")
	if err != nil {
		t.Fatal(err)
	}
	out := outcome(ingest.Ready, "")
	if err := o.PublishOutcome(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	last, err := o.Broker.LastEvent(t.Context(), "pet.v1.>")
	if err != nil {
		t.Fatal(err)
	}
	late := jetstream.Event{Subject: last.Subject, ID: "late", Body: []byte(`{}`)}
	if err := o.Broker.Publish(t.Context(), late, 0); err != ingest.ErrConflict {
		t.Errorf("a late event: %v, want ErrConflict", err)
	}
	if err := o.Broker.Publish(t.Context(), last, last.Seq); err != nil {
		t.Errorf("a repeat: %v", err)
	}
	if err := o.Broker.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := heard.Pending(); err != nil || n != 1 {
		t.Errorf("%d events were heard, want 1", n)
	}
}
