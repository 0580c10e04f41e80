package jetstream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/ingest/jetstream"
)

// Each attempt asks for what is internal. Whatever the server answers, the
// canary must not be in it.
func TestNoWayLeadsToWhatIsInternal(t *testing.T) {
	b := newBench(t)
	own := b.js.Conn()
	for _, user := range []string{"reader", "site-a"} {
		if user == "reader" {
			mirrored(t, b.as(t, user), 3)
		}
		for name, attempt := range attempts() {
			t.Run(user+"/"+name, func(t *testing.T) {
				conn := b.as(t, user)
				inbox, err := conn.SubscribeSync("_INBOX.>")
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range attempt.listen {
					got := func(m *nats.Msg) { t.Errorf("got %s on %s", m.Data, m.Subject) }
					if _, err := conn.Subscribe(s, got); err != nil {
						t.Fatal(err)
					}
					if _, err := conn.QueueSubscribe(s, "spies", got); err != nil {
						t.Fatal(err)
					}
				}
				for subject, request := range attempt.ask {
					if err := conn.PublishRequest(subject, "_INBOX.answer", []byte(request)); err != nil {
						t.Fatal(err)
					}
				}
				if err := conn.Flush(); err != nil {
					t.Fatal(err)
				}
				publish(t, b.js, "_tac.ledger.obj.x", canary)
				if _, err := own.Request("$JS.API.STREAM.INFO."+jetstream.StreamLedger, nil, time.Second); err != nil {
					t.Fatal(err)
				}
				for {
					m, err := inbox.NextMsg(150 * time.Millisecond)
					if err != nil {
						break
					}
					if said := string(m.Data) + fmt.Sprint(m.Header); strings.Contains(said, "CANARY") || strings.Contains(said, "_tac.ledger") {
						t.Errorf("%s answered %s", m.Subject, said)
					}
				}
			})
		}
	}
}

type attempt struct {
	listen []string
	ask    map[string]string // request by subject
}

func attempts() map[string]attempt {
	const ledger, events = jetstream.StreamLedger, jetstream.StreamEvents
	consumer := func(stream, config string) string {
		return fmt.Sprintf(`{"stream_name":%q,"config":{"ack_policy":"none","deliver_policy":"all","name":"spy",%s}}`, stream, config)
	}
	const push = `"deliver_subject":"_INBOX.push"`
	return map[string]attempt{
		"subscribe to the internal subjects": {listen: []string{"_tac.>", "_tac.ledger.obj.x", "_tac.*.*.*"}},
		"subscribe to everything":            {listen: []string{">", "*.>", "*.*.*.*"}},
		"answers to tacstream":               {listen: []string{jetstream.InboxPrefix + ".>", "_R_.>"}},
		"the server's own traffic":           {listen: []string{"$JS.>", "$SYS.>", "$JS.EVENT.>", "$JS.ACK.>", "_tacmirror.>"}},
		"push consumer": {ask: map[string]string{
			"$JS.API.CONSUMER.CREATE." + ledger + ".spy":         consumer(ledger, push),
			"$JS.API.CONSUMER.CREATE." + ledger:                  consumer(ledger, push),
			"$JS.API.CONSUMER.DURABLE.CREATE." + ledger + ".spy": consumer(ledger, push+`,"durable_name":"spy"`),
		}},
		"internal stream in the body of a public request": {ask: map[string]string{
			"$JS.API.CONSUMER.CREATE." + events + ".spy": consumer(ledger, push),
			"$JS.API.STREAM.MSG.GET." + events:           `{"last_by_subj":"_tac.ledger.obj.x","stream":"` + ledger + `"}`,
		}},
		"internal filter on the public stream": {ask: map[string]string{
			"$JS.API.CONSUMER.CREATE." + events + ".spy._tac.>":   consumer(events, push+`,"filter_subject":"_tac.>"`),
			"$JS.API.CONSUMER.CREATE." + events + ".spy2":         consumer(events, push+`,"filter_subjects":["_tac.>","pet.v1.>"]`),
			"$JS.API.DIRECT.GET." + events + "._tac.ledger.obj.x": "",
		}},
		"pull consumer": {ask: map[string]string{
			"$JS.API.CONSUMER.CREATE." + ledger + ".spy":   consumer(ledger, `"max_waiting":5`),
			"$JS.API.CONSUMER.MSG.NEXT." + ledger + ".spy": `{"batch":10}`,
		}},
		"somebody else's consumer": {ask: map[string]string{
			"$JS.API.CONSUMER.MSG.NEXT." + jetstream.StreamJobs + ".work": `{"batch":10}`,
			"$JS.API.CONSUMER.INFO." + jetstream.StreamJobs + ".work":     "",
			"$JS.API.CONSUMER.LIST." + ledger:                             "",
		}},
		"messages by number": {ask: map[string]string{
			"$JS.API.STREAM.MSG.GET." + ledger: `{"seq":1}`,
			"$JS.API.DIRECT.GET." + ledger:     `{"seq":1}`,
		}},
		"messages by subject": {ask: map[string]string{
			"$JS.API.STREAM.MSG.GET." + ledger:                    `{"last_by_subj":"_tac.ledger.obj.x"}`,
			"$JS.API.DIRECT.GET." + ledger + "._tac.ledger.obj.x": "",
		}},
		"a snapshot": {ask: map[string]string{"$JS.API.STREAM.SNAPSHOT." + ledger: `{"deliver_subject":"_INBOX.push"}`}},
		"a new stream on the internal subjects": {ask: map[string]string{
			"$JS.API.STREAM.CREATE.SPY": `{"name":"SPY","subjects":["_tac.>"],"storage":"memory"}`,
		}},
		"a new stream with a source": {ask: map[string]string{
			"$JS.API.STREAM.CREATE.SPY": `{"name":"SPY","sources":[{"name":"` + ledger + `"}],"storage":"memory"}`,
		}},
		"a new stream that mirrors": {ask: map[string]string{
			"$JS.API.STREAM.CREATE.SPY": `{"name":"SPY","mirror":{"name":"` + ledger + `","external":{"api":"_tacmirror.api","deliver":"_INBOX"}},"storage":"memory"}`,
		}},
		"the public stream made to hold more": {ask: map[string]string{
			"$JS.API.STREAM.UPDATE." + events: `{"name":"` + events + `","subjects":["_tac.>","pet.v1.>"],"storage":"file"}`,
		}},
		"the public stream made to republish": {ask: map[string]string{
			"$JS.API.STREAM.UPDATE." + events: `{"name":"` + events + `","sources":[{"name":"` + ledger + `"}],"republish":{"src":">","dest":"_INBOX.>"}}`,
		}},
		"the door of the mirror": {ask: map[string]string{
			"_tacmirror.api.CONSUMER.CREATE." + events:          consumer(ledger, push),
			"_tacmirror.api.CONSUMER.CREATE." + ledger:          consumer(ledger, push),
			"_tacmirror.api.CONSUMER.CREATE." + events + ".spy": consumer(events, push),
		}},
		"what streams there are": {ask: map[string]string{
			"$JS.API.STREAM.NAMES": "", "$JS.API.STREAM.LIST": "", "$JS.API.STREAM.INFO." + ledger: `{"subjects_filter":">"}`,
		}},
		"a message trace": {ask: map[string]string{"$SYS.REQ.SERVER.PING.JSZ": "", "$SYS.REQ.ACCOUNT.TAC.SUBSZ": "", "$SYS.REQ.USER.INFO": ""}},
	}
}

// A subscriber chooses where answers and deliveries go. Wherever that is, it
// must be in the subscribers' own account: nothing may enter the internal
// streams, and the public one must stay.
func TestASubscriberCannotMakeTheServerWrite(t *testing.T) {
	b := newBench(t)
	conn := b.as(t, "reader")
	mirrored(t, conn, 3)
	// The last one is the control: when its events are here, those of the
	// others are where they go.
	control, err := conn.SubscribeSync("_INBOX.control")
	if err != nil {
		t.Fatal(err)
	}
	targets := []string{
		"_tac.job.x", "_tac.ledger.obj.x", "_tac.notice.site-a", "pet.v1.site.series.s1", "$JS.API.STREAM.DELETE." + jetstream.StreamEvents,
		"$JS.API.STREAM.PURGE." + jetstream.StreamEvents, "$JS.API.STREAM.DELETE." + jetstream.StreamLedger, jetstream.InboxPrefix + ".x",
		"_tacmirror.api.CONSUMER.CREATE." + jetstream.StreamEvents, "_tacmirror.events.x", "_INBOX.control",
	}
	spied := connect(t, "", b.InProcess())
	for _, s := range []string{"_tac.>", "pet.v1.>", jetstream.InboxPrefix + ".x"} {
		if _, err := spied.Subscribe(s, func(m *nats.Msg) { t.Errorf("%s came out at %s", m.Data, m.Subject) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := spied.Flush(); err != nil {
		t.Fatal(err)
	}
	for i, target := range targets {
		name := fmt.Sprintf("write%d", i)
		config, err := json.Marshal(map[string]any{"stream_name": jetstream.StreamEvents, "config": map[string]any{
			"name": name, "deliver_subject": target, "ack_policy": "none", "deliver_policy": "all", "mem_storage": true,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Request("$JS.API.CONSUMER.CREATE."+jetstream.StreamEvents+"."+name, config, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		for _, api := range []string{"$JS.API.STREAM.INFO.", "$JS.API.DIRECT.GET.", "$JS.API.STREAM.MSG.GET."} {
			if err := conn.PublishRequest(api+jetstream.StreamEvents, target, []byte(`{"seq":1}`)); err != nil {
				t.Fatal(err)
			}
		}
		// What answers this looks like a request for the same in TAC.
		jobs := bytes.Replace(config, []byte(target), []byte("_tac.job.x"), 1)
		if err := conn.PublishRequest("$JS.API.CONSUMER.CREATE."+jetstream.StreamEvents, target, bytes.Replace(jobs, []byte(name), []byte(name+"b"), 1)); err != nil {
			t.Fatal(err)
		}
		if err := conn.PublishRequest("pet.v1.site.series.forged", target, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	for got := 0; got < 3; {
		// An answer that nobody could give comes here too, as a status.
		if _, err := control.NextMsg(5 * time.Second); err == nil {
			got++
		} else if !errors.Is(err, nats.ErrNoResponders) {
			t.Fatal(err)
		}
	}
	origin, err := b.js.Stream(t.Context(), jetstream.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for c := range origin.ListConsumers(t.Context()).Info() {
		if !strings.HasPrefix(c.Config.DeliverSubject, "_tacmirror.events.") {
			t.Errorf("a consumer in TAC delivers to %s", c.Config.DeliverSubject)
		}
	}
	for stream, want := range map[string]uint64{
		jetstream.StreamLedger: 3, jetstream.StreamNotices: 0, jetstream.StreamJobs: 0, jetstream.StreamEvents: 3,
	} {
		st, err := b.js.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if got := st.CachedInfo().State.Msgs; got != want {
			t.Errorf("%s holds %d messages, want %d", stream, got, want)
		}
	}
	if got := mirrored(t, conn, 3).CachedInfo().State.Msgs; got != 3 {
		t.Errorf("the public stream holds %d messages, want 3", got)
	}
}
