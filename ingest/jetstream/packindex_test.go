package jetstream_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// What one process packs another finds, however much it missed, with many series
// in a folder, packed again, and packed by a release that left no marks.
func TestPackedObjectsOfAFullFolderAreFound(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	packer, finder := b.Ledger(), b.Ledger()
	ctx := t.Context()
	object := func(series, i int) ingest.Object {
		return ingest.Object{Bucket: "inbox", Key: fmt.Sprintf("all/%d-%d.dcm", series, i)}
	}
	pack := func(series int, from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			if err := packer.Append(ctx, slice(fmt.Sprint(series), object(series, i).Key), 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := packer.Pack(ctx, ingest.Token(fmt.Sprint(series))); err != nil {
			t.Fatal(err)
		}
	}
	found := func(l *jetstream.Ledger, series, i int) {
		t.Helper()
		r, err := l.Find(ctx, object(series, i))
		if err != nil || !r.Packed || r.Series != ingest.Token(fmt.Sprint(series)) {
			t.Fatalf("object %d of series %d: %+v, %v", i, series, r, err)
		}
	}
	pack(0, 0, 3)
	found(finder, 0, 2)
	for series := 1; series < 100; series++ { // more than the log holds
		pack(series, 0, 3)
	}
	for series := range 100 {
		found(finder, series, 1)
	}
	pack(50, 3, 5)
	for i := range 5 {
		found(finder, 50, i)
	}
	if r, err := finder.Find(ctx, object(7, 99)); err != nil || r.Packed || r.Seq != 0 {
		t.Errorf("an object that never was: %+v, %v", r, err)
	}
	// An earlier release wrote heads without marks.
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(ctx, jetstream.StreamLedger)
	if err != nil {
		t.Fatal(err)
	}
	for series := range 20 {
		subject := fmt.Sprintf("_tac.ledger.pack.%d", series)
		msg, err := stream.GetLastMsgForSubject(ctx, subject)
		if err != nil {
			t.Fatal(err)
		}
		var head map[string]any
		if err := json.Unmarshal(msg.Data, &head); err != nil {
			t.Fatal(err)
		}
		if head["marks"] == nil {
			t.Fatalf("a head without marks: %s", msg.Data)
		}
		delete(head, "marks")
		delete(head, "folders")
		body, err := json.Marshal(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: body}); err != nil {
			t.Fatal(err)
		}
	}
	later := b.Ledger()
	for series := range 100 {
		found(later, series, 0)
	}
}
