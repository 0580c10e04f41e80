package jetstream_test

import (
	"encoding/json"
	"errors"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

const keySubject = "_tac.ledger.key"

// A ledger of release 0.1.0 is taken over, which that release then cannot
// read; one of a release to come is refused.
func TestALedgerKnowsHowItIsWritten(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	key := func(body string) {
		t.Helper()
		if _, err := js.Publish(t.Context(), keySubject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	key(`"mine"`)
	for _, step := range []struct {
		key   ingest.Token
		makes bool
		want  error
	}{{"other", true, jetstream.ErrOtherKey}, {"mine", false, nil}, {"mine", true, nil}, {"mine", true, nil}, {"other", false, jetstream.ErrOtherKey}} {
		if err := b.Ledger().Claim(t.Context(), step.key, step.makes); !errors.Is(err, step.want) {
			t.Errorf("%+v: %v", step, err)
		}
	}
	stream, err := js.Stream(t.Context(), jetstream.StreamLedger)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(t.Context(), keySubject)
	if err != nil {
		t.Fatal(err)
	}
	var asBefore ingest.Token // as release 0.1.0 reads it
	if json.Unmarshal(msg.Data, &asBefore) == nil {
		t.Errorf("release 0.1.0 reads %s as its key", msg.Data)
	}
	key(`{"key":"mine","format":3}`)
	if err := b.Ledger().Claim(t.Context(), "mine", true); !errors.Is(err, jetstream.ErrNewerLedger) {
		t.Errorf("a ledger to come: %v", err)
	}
}
