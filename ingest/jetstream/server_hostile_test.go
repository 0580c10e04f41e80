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
	natsjs "github.com/nats-io/nats.go/jetstream"

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
		if _, err := control.NextMsg(time.Minute); err == nil {
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

// Whoever asks a server for something says where the answer goes, and many
// answers have no body, such as "no messages": led to $JS.API, each of them is
// a request that the subscriber may not make itself. So every kind of answer
// that a subscriber can call forth is led to every kind of place, and
// everything must be as it was. The spies listen in TAC: subscribers who share
// an account hear what the others lead there.
func TestNoAnswerServesAsARequest(t *testing.T) {
	b := newBench(t)
	conn := b.as(t, "reader")
	mirrored(t, conn, 3)
	public, err := natsjs.New(conn, natsjs.WithDefaultTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	publish(t, b.js, "_tac.notice.site-a", "notice")
	publish(t, b.js, "_tac.job.x", "job")
	ownConsumers(t, public, "")
	addConsumer(t, b.js, jetstream.StreamJobs, natsjs.ConsumerConfig{Durable: "work", AckPolicy: natsjs.AckExplicitPolicy})
	addConsumer(t, public, jetstream.StreamEvents, natsjs.ConsumerConfig{Durable: "theirs", AckPolicy: natsjs.AckExplicitPolicy})
	held := func() map[string]string { return contents(t, b.js, public) }
	before := held()

	spied := connect(t, "", b.InProcess())
	for _, s := range []string{"_tac.>", "pet.v1.>", jetstream.InboxPrefix + ".forged", "_tacmirror.events.forged", "$SYS.>", "$JS.ACK.>", "$JS.API.CONSUMER.DELETE.>"} {
		if _, err := spied.Subscribe(s, func(m *nats.Msg) { t.Errorf("%q %s came out at %s", m.Data, m.Header, m.Subject) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := spied.Flush(); err != nil {
		t.Fatal(err)
	}
	for i, target := range targets() {
		t.Run(target, func(t *testing.T) {
			ownConsumers(t, public, fmt.Sprint(i))
			callForth(t, conn, fmt.Sprint(i), target)
			after := held()
			for what, want := range before {
				if after[what] != want {
					t.Errorf("%s: %s\nwant %s", what, after[what], want)
				}
			}
			before = after // one blow is told once
		})
	}
	origin, err := b.js.Stream(t.Context(), jetstream.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for c := range origin.ListConsumers(t.Context()).Info() {
		if !strings.HasPrefix(c.Config.DeliverSubject, "_tacmirror.events.") {
			t.Errorf("a consumer in TAC delivers to %q", c.Config.DeliverSubject)
		}
	}
}

// targets are the places where an answer could do harm.
func targets() []string {
	list := []string{
		"$JS.API.CONSUMER.DELETE." + jetstream.StreamEvents + ".theirs", "$JS.API.CONSUMER.DELETE." + jetstream.StreamJobs + ".work",
		"$JS.API.CONSUMER.PAUSE." + jetstream.StreamEvents + ".theirs", "$JS.API.CONSUMER.LEADER.STEPDOWN." + jetstream.StreamEvents + ".theirs",
		"$JS.API.CONSUMER.CREATE." + jetstream.StreamEvents, "$JS.API.CONSUMER.MSG.NEXT." + jetstream.StreamJobs + ".work",
		"$JS.API.SERVER.REMOVE", "$JS.API.META.LEADER.STEPDOWN", "$JS.API.ACCOUNT.PURGE.PUBLIC", "$JS.API.STREAM.CREATE.FORGED",
		"$JS.ACK." + jetstream.StreamJobs + ".work.1.1.1.1.0", "$JS.ACK." + jetstream.StreamEvents + ".theirs.1.1.1.1.0",
		"$JS.FC." + jetstream.StreamEvents + ".theirs.x", "$JS.EVENT.ADVISORY.FORGED", "$JS.SNAPSHOT.ACK.x", "$JS.hub.API.STREAM.DELETE." + jetstream.StreamEvents,
		"_tac.notice.site-a", "_tac.notice.list", "_tac.timer.due.x", "_tac.job.x", "_tac.ledger.obj.x", "_tac.ledger.state.x", "_tac.event.site.series.forged",
		"pet.v1.site.series.forged", "pet.v1.site.binding.x.forged",
		"_tacmirror.api.CONSUMER.CREATE." + jetstream.StreamEvents, "_tacmirror.events.forged", jetstream.InboxPrefix + ".forged",
		"$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.PUBLIC.CLAIMS.UPDATE", "$SYS.ACCOUNT.TAC.CONNECT", "_R_.forged", "_GR_.forged",
	}
	for _, stream := range []string{jetstream.StreamEvents, jetstream.StreamLedger, jetstream.StreamJobs, jetstream.StreamNotices} {
		for _, verb := range []string{"DELETE", "PURGE", "MSG.DELETE", "UPDATE", "CREATE", "RESTORE", "SNAPSHOT", "LEADER.STEPDOWN", "PEER.REMOVE"} {
			list = append(list, "$JS.API.STREAM."+verb+"."+stream)
		}
	}
	return list
}

// ownConsumers makes one consumer of each kind that the reader may have.
func ownConsumers(t *testing.T, public natsjs.JetStream, suffix string) {
	t.Helper()
	for _, c := range []natsjs.ConsumerConfig{
		{Durable: "full" + suffix, AckPolicy: natsjs.AckExplicitPolicy},
		{Durable: "empty" + suffix, FilterSubject: "pet.v1.none.series.none", AckPolicy: natsjs.AckExplicitPolicy},
		{Durable: "narrow" + suffix, FilterSubject: "pet.v1.none.series.none", AckPolicy: natsjs.AckNonePolicy, MaxWaiting: 1, MaxRequestBatch: 1, MaxRequestExpires: time.Second, MaxRequestMaxBytes: 100},
		{Durable: "pinned" + suffix, AckPolicy: natsjs.AckExplicitPolicy, PriorityPolicy: natsjs.PriorityPolicyPinned, PinnedTTL: time.Minute, PriorityGroups: []string{"g"}},
		{Durable: "doomed" + suffix, FilterSubject: "pet.v1.none.series.none", AckPolicy: natsjs.AckExplicitPolicy},
	} {
		addConsumer(t, public, jetstream.StreamEvents, c)
	}
}

func addConsumer(t *testing.T, js natsjs.JetStream, stream string, c natsjs.ConsumerConfig) {
	t.Helper()
	if _, err := js.CreateConsumer(t.Context(), stream, c); err != nil {
		t.Fatal(err)
	}
}

// pulls are bodies of pull requests, by consumer. Each gets another answer:
// messages, or a status without a body.
var pulls = map[string][]string{
	"full": {``, `1`, `{"batch":1,"max_bytes":1}`, `{"batch":2,"no_wait":true}`, `+NXT`, `{`},
	"empty": {
		`{"batch":1,"no_wait":true}`, `{"no_wait":true}`, `{"batch":1,"expires":1000000}`, `{"batch":5,"expires":60000000,"idle_heartbeat":20000000}`,
		`{"expires":-1}`, `{"batch":-1}`, `{"idle_heartbeat":5}`, `{"batch":1,"expires":1000000,"group":"g","id":"x"}`,
	},
	"narrow": {`1`, `1`, `2`, `{"batch":1,"expires":9000000000}`, `{"batch":1,"max_bytes":5000}`},
	"pinned": {`{"batch":1,"group":"g","expires":1000000}`, `{"batch":1,"group":"g","id":"nobody","expires":1000000}`, `{"batch":1,"group":"none"}`, `1`},
	"doomed": {`{"batch":1,"expires":30000000000}`},
}

// callForth has the server answer everything that a subscriber may ask for to
// the target. It returns once the same requests after them were answered to the
// subscriber itself.
func callForth(t *testing.T, conn *nats.Conn, suffix, target string) {
	t.Helper()
	const events = jetstream.StreamEvents
	control, err := conn.SubscribeSync(nats.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	defer control.Unsubscribe()
	ask := func(subject, body string) {
		for _, reply := range []string{target, control.Subject} {
			if err := conn.PublishRequest(subject, reply, []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for consumer, bodies := range pulls {
		for _, body := range bodies {
			ask("$JS.API.CONSUMER.MSG.NEXT."+events+"."+consumer+suffix, body)
		}
	}
	for _, body := range []string{"", "+ACK", "-NAK", "+WPI", "+TERM", `+NXT {"batch":1,"no_wait":true}`, "+NXT {"} {
		ask("$JS.ACK."+events+".full"+suffix+".1.1.1.1.0", body)
	}
	for _, body := range []string{`{"seq":99}`, `{"last_by_subj":"none"}`, `{`, ``, `{"seq":1,"batch":2}`, `{"multi_last":["none"],"batch":1}`} {
		ask("$JS.API.DIRECT.GET."+events, body)
		ask("$JS.API.STREAM.MSG.GET."+events, body)
	}
	ask("$JS.API.DIRECT.GET."+events+".none", "")
	for _, api := range []string{"INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO." + events, "CONSUMER.NAMES." + events, "CONSUMER.LIST." + events, "CONSUMER.INFO." + events + ".full"} {
		ask("$JS.API."+api, "")
	}
	push := fmt.Sprintf(`{"stream_name":%q,"config":{"name":"push%s","deliver_subject":%q,"ack_policy":"none","deliver_policy":"new","flow_control":true,"idle_heartbeat":100000000,"mem_storage":true}}`, events, suffix, target)
	ask("$JS.API.CONSUMER.CREATE."+events+".push"+suffix, push)
	ask("pet.v1.site.series.forged", "")
	ask("$JS.API.CONSUMER.DELETE."+events+".doomed"+suffix, "")
	answered(t, control)
}

// answered waits until the answers have come, and with them those that went
// elsewhere before.
func answered(t *testing.T, control *nats.Subscription) {
	t.Helper()
	statuses := map[string]bool{}
	for !statuses["404"] || !statuses["408"] || !statuses["409"] || !statuses["400"] || !statuses["100"] || !statuses[""] {
		m, err := control.NextMsg(time.Minute)
		if err != nil && !errors.Is(err, nats.ErrNoResponders) {
			t.Fatalf("%v; so far there were the statuses %v", err, statuses)
		}
		if m != nil {
			statuses[m.Header.Get("Status")] = true
		}
	}
}

// contents returns what the streams hold, how they are configured and which
// consumers of others they have, for comparison.
func contents(t *testing.T, tac, public natsjs.JetStream) map[string]string {
	t.Helper()
	held := map[string]string{}
	for _, at := range []struct {
		account string
		js      natsjs.JetStream
		streams []string
	}{
		{"TAC", tac, []string{jetstream.StreamEvents, jetstream.StreamLedger, jetstream.StreamJobs, jetstream.StreamNotices}},
		{"PUBLIC", public, []string{jetstream.StreamEvents}},
	} {
		for _, name := range at.streams {
			held[at.account+" "+name] = content(t, at.js, name)
		}
		for name := range at.js.StreamNames(t.Context()).Name() {
			held[at.account] += name + " "
		}
	}
	return held
}

// content returns the configuration and the messages of a stream, and its
// consumers "work" and "theirs".
func content(t *testing.T, js natsjs.JetStream, name string) string {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	info := stream.CachedInfo()
	if err := json.NewEncoder(&text).Encode(info.Config); err != nil {
		t.Fatal(err)
	}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			fmt.Fprintf(&text, "%d: %v\n", seq, err)
			continue
		}
		fmt.Fprintf(&text, "%d: %s %s\n", seq, m.Subject, m.Data)
	}
	for c := range stream.ListConsumers(t.Context()).Info() {
		if c.Name == "work" || c.Name == "theirs" {
			fmt.Fprintf(&text, "%s: delivered %d, floor %d, paused %v\n", c.Name, c.Delivered.Stream, c.AckFloor.Stream, c.Paused)
		}
	}
	return text.String()
}
