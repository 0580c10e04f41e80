package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest/jetstream"
)

// canary is what no subscriber and no facility may ever see.
const canary = "CANARY^INTERNAL"

var testUsers = []jetstream.User{
	{Name: "reader", Password: "reader-secret", Role: jetstream.RoleConsumer},
	{Name: "site-a", Password: "a-secret", Role: jetstream.RoleFacility},
	{Name: "site-b", Password: "b-secret", Role: jetstream.RoleFacility},
}

// A bench is a server with an internal and a public stream, each of them with
// messages in it.
type bench struct {
	*jetstream.Server
	js natsjs.JetStream
}

func newBench(t *testing.T) bench {
	t.Helper()
	s, err := jetstream.StartServer(jetstream.ServerOptions{StoreDir: t.TempDir(), Listen: "127.0.0.1:0", Users: testUsers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	conn := connect(t, "", s.InProcess())
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []natsjs.StreamConfig{
		{Name: jetstream.StreamLedger, Subjects: []string{"_tac.ledger.>"}, AllowDirect: true},
		{Name: jetstream.StreamNotices, Subjects: []string{"_tac.notice.*"}},
		{Name: jetstream.StreamJobs, Subjects: []string{"_tac.job.*"}},
		{Name: jetstream.StreamEvents, Subjects: []string{"pet.v1.*.series.*"}},
	} {
		if _, err := js.CreateStream(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		publish(t, js, "_tac.ledger.obj.x", canary)
		publish(t, js, fmt.Sprintf("pet.v1.site.series.s%d", i), "event")
	}
	return bench{Server: s, js: js}
}

func publish(t *testing.T, js natsjs.JetStream, subject, data string) {
	t.Helper()
	if _, err := js.Publish(t.Context(), subject, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, url string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url, append(opts, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// as connects as one of the users, from outside and with a client's defaults.
func (b bench) as(t *testing.T, name string) *nats.Conn {
	t.Helper()
	i := slices.IndexFunc(testUsers, func(u jetstream.User) bool { return u.Name == name })
	return connect(t, b.ClientURL(), nats.UserInfo(name, testUsers[i].Password))
}

// mirrored returns the public stream as the user sees it, once the events of
// the bench are in it.
func mirrored(t *testing.T, conn *nats.Conn, events uint64) natsjs.Stream {
	t.Helper()
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		stream, err := js.Stream(ctx, jetstream.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		if stream.CachedInfo().State.LastSeq >= events {
			return stream
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the mirror stays behind: %+v", stream.CachedInfo())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestASubscriberGetsTheEventsByEveryUsualWay(t *testing.T) {
	b := newBench(t)
	conn := b.as(t, "reader")
	stream := mirrored(t, conn, 3)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	t.Run("durable consumer", func(t *testing.T) {
		c, err := stream.CreateOrUpdateConsumer(ctx, natsjs.ConsumerConfig{Durable: "mine", AckPolicy: natsjs.AckExplicitPolicy, FilterSubject: "pet.v1.site.series.*"})
		if err != nil {
			t.Fatal(err)
		}
		msgs, err := c.Fetch(3, natsjs.FetchMaxWait(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for m := range msgs.Messages() {
			n++
			if err := m.DoubleAck(ctx); err != nil {
				t.Error(err)
			}
		}
		if n != 3 {
			t.Errorf("%d events, want 3", n)
		}
		if err := stream.DeleteConsumer(ctx, "mine"); err != nil {
			t.Error(err)
		}
	})
	t.Run("ordered consumer", func(t *testing.T) {
		c, err := stream.OrderedConsumer(ctx, natsjs.OrderedConsumerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			m, err := c.Next(natsjs.FetchMaxWait(5 * time.Second))
			if err != nil || m.Subject() != fmt.Sprintf("pet.v1.site.series.s%d", i) {
				t.Fatalf("event %d: %v, %v", i, m, err)
			}
		}
	})
	t.Run("push consumer of an old client", func(t *testing.T) {
		old, err := conn.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		sub, err := old.SubscribeSync("pet.v1.>", nats.BindStream(jetstream.StreamEvents), nats.OrderedConsumer())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sub.NextMsg(5 * time.Second); err != nil {
			t.Error(err)
		}
	})
	t.Run("last event of a subject", func(t *testing.T) {
		m, err := stream.GetLastMsgForSubject(ctx, "pet.v1.site.series.s1")
		if err != nil || string(m.Data) != "event" {
			t.Errorf("%v, %v", m, err)
		}
	})
	t.Run("plain subscription, progress included", func(t *testing.T) {
		sub, err := conn.SubscribeSync("pet.v1.>")
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		publish(t, b.js, "pet.v1.site.series.s9", "live")
		if err := b.js.Conn().Publish("pet.v1.site.progress.s9", []byte("half")); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"live", "half"} {
			m, err := sub.NextMsg(5 * time.Second)
			if err != nil || string(m.Data) != want {
				t.Errorf("%v, %v; want %s", m, err, want)
			}
		}
		// Nothing comes twice although the stream is here too.
		if m, err := sub.NextMsg(200 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
			t.Errorf("once more: %v, %v", m, err)
		}
	})
}

func TestAFacilitySendsNoticesUnderItsOwnNameOnly(t *testing.T) {
	b := newBench(t)
	conn := b.as(t, "site-a")
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "_tac.notice.site-a", []byte("{}"), natsjs.WithMsgID("1"))
	if err != nil || ack.Stream != jetstream.StreamNotices {
		t.Fatalf("%+v, %v", ack, err)
	}
	if err := conn.Publish("_tac.notice.site-a", []byte("{}")); err != nil { // as versitygw does
		t.Fatal(err)
	}
	for _, s := range []string{"_tac.notice.site-b", "_tac.job.x", "_tac.ledger.obj.x", "pet.v1.site.series.s1", "$JS.API.STREAM.PURGE." + jetstream.StreamNotices} {
		for _, reply := range []string{"_INBOX.x", "_tac.job.x"} {
			if err := conn.PublishRequest(s, reply, []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The answer to a notice must not become a job either.
	if err := conn.PublishRequest("_tac.notice.site-a", "_tac.job.x", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	// A stream stores what it hears a moment after the server has it.
	for deadline := time.Now().Add(10 * time.Second); b.messages(t, jetstream.StreamNotices) < 3 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	for stream, want := range map[string]uint64{jetstream.StreamNotices: 3, jetstream.StreamJobs: 0, jetstream.StreamLedger: 3, jetstream.StreamEvents: 3} {
		if got := b.messages(t, stream); got != want {
			t.Errorf("%s holds %d messages, want %d", stream, got, want)
		}
	}
}

// messages returns how many messages a stream holds.
func (b *bench) messages(t *testing.T, stream string) uint64 {
	t.Helper()
	st, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return st.CachedInfo().State.Msgs
}

func TestStrangersStayOutside(t *testing.T) {
	b := newBench(t)
	for name, opts := range map[string][]nats.Option{
		"nobody":         nil,
		"wrong password": {nats.UserInfo("reader", "wrong")},
		"own user":       {nats.UserInfo("_own", "unset")},
		"no password":    {nats.UserInfo("_mirror", "")},
	} {
		if conn, err := nats.Connect(b.ClientURL(), opts...); err == nil {
			conn.Close()
			t.Errorf("%s came in", name)
		}
	}
}

// The text is what compose.yaml's server reads; the server's own parser must
// find in it what StartServer uses.
func TestTheConfigurationFileSaysTheSame(t *testing.T) {
	opts := jetstream.ServerOptions{
		StoreDir: "/data", Listen: "0.0.0.0:4222", SyncAlways: true, MaxStore: 1 << 30,
		Users: append([]jetstream.User{{Name: "tacstream", Role: jetstream.RoleTacstream}}, testUsers...),
	}
	text, err := jetstream.ServerConfig(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range testUsers {
		if strings.Contains(text, u.Password) {
			t.Errorf("the text holds the password of %s", u.Name)
		}
		t.Setenv("NATS_PASSWORD_"+strings.ToUpper(strings.ReplaceAll(u.Name, "-", "_")), "secretOf"+strings.ReplaceAll(u.Name, "-", ""))
	}
	t.Setenv("NATS_PASSWORD_TACSTREAM", "secretOfTacstream")
	file := filepath.Join(t.TempDir(), "nats-server.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !got.JetStream || !got.SyncAlways || got.StoreDir != "/data" || got.JetStreamMaxStore != 1<<30 || got.Host != "0.0.0.0" || got.Port != 4222 {
		t.Errorf("%+v", got)
	}
	want := map[string]*server.Permissions{
		"tacstream": nil,
		"reader":    jetstream.ConsumerPermissions(jetstream.StreamEvents, jetstream.PublicSubjects),
		"site-a":    jetstream.FacilityPermissions("site-a"),
		"site-b":    jetstream.FacilityPermissions("site-b"),
	}
	accounts := map[string]string{"tacstream": "TAC", "reader": "PUBLIC", "site-a": "FACILITIES", "site-b": "FACILITIES"}
	for _, u := range got.Users {
		if p, ok := want[u.Username]; !ok || !reflect.DeepEqual(u.Permissions, p) || u.Account.Name != accounts[u.Username] {
			t.Errorf("user %s in %s: %+v, want %+v", u.Username, u.Account.Name, u.Permissions, p)
		}
		if u.Password != "secretOf"+strings.ReplaceAll(u.Username, "-", "") && u.Username != "tacstream" {
			t.Errorf("user %s has the password %q", u.Username, u.Password)
		}
		delete(want, u.Username)
	}
	if len(want) != 0 {
		t.Errorf("missing users: %v", want)
	}
}

// Paths with backslashes are read back as they were.
func TestTheConfigurationFileTakesPathsOfWindows(t *testing.T) {
	const dir = `C:\Users\new\tables\x41\r "s3"`
	text, err := jetstream.ServerConfig(jetstream.ServerOptions{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got server.Options
	if err := got.ProcessConfigString(text); err != nil || got.StoreDir != dir {
		t.Errorf("%v, %q", err, got.StoreDir)
	}
}

func TestServerOptionsAreCheckedWhole(t *testing.T) {
	err := jetstream.ServerOptions{Listen: "x", CertFile: "c", Users: []jetstream.User{
		{Name: "a.b", Role: jetstream.RoleConsumer}, {Name: "x", Role: "king"}, {Name: "y", Role: jetstream.RoleConsumer}, {Name: "y", Role: jetstream.RoleFacility},
	}}.Check()
	for _, part := range []string{"store_dir", "listen", "tls", "a.b", "king", "two"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not speak of %s", err, part)
		}
	}
}

func TestStreamsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 {
		s, err := jetstream.StartServer(jetstream.ServerOptions{StoreDir: dir, SyncAlways: true})
		if err != nil {
			t.Fatal(err)
		}
		js, err := natsjs.New(connect(t, "", s.InProcess()))
		if err != nil {
			t.Fatal(err)
		}
		st, err := js.CreateOrUpdateStream(t.Context(), natsjs.StreamConfig{Name: "S", Subjects: []string{"_tac.x"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := st.CachedInfo().State.Msgs; got != uint64(round) {
			t.Errorf("round %d: %d messages", round, got)
		}
		publish(t, js, "_tac.x", "kept")
		s.Shutdown()
	}
}
