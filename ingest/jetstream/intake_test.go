package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
)

// An answer is a store's refusal with an HTTP status.
type answer int

func (a answer) Error() string   { return fmt.Sprintf("HTTP %d", int(a)) }
func (a answer) HTTPStatus() int { return int(a) }
func (a answer) Is(target error) bool {
	return target == ingest.ErrUnreadable && a >= 400 && a < 404
}

// A stock is a store that holds an object under every key, whose content names
// a series of that name's first folder; trouble may say otherwise.
type stock struct {
	mu      sync.Mutex
	reads   map[string]int
	trouble func(key string, read int) error // read counts from 1
}

func (s *stock) ReadPrefix(ctx context.Context, bucket, key string, n int64) ([]byte, ingest.Object, error) {
	s.mu.Lock()
	s.reads[key]++
	read := s.reads[key]
	s.mu.Unlock()
	if s.trouble != nil {
		if err := s.trouble(key, read); err != nil {
			return nil, ingest.Object{}, err
		}
	}
	return []byte(key), ingest.Object{Bucket: bucket, Key: key, ETag: "e", Size: int64(len(key))}, nil
}

func (s *stock) read(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[key]
}

func (s *stock) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reads {
		n += r
	}
	return n
}

// A reader takes every object for a slice of the series that its folder names.
type reader struct{ watch.Classifier }

func (reader) Classify(prefix []byte, _ int64) (ingest.Found, int64) {
	f := ingest.Found{PET: true, Instance: ingest.Instance{SOPInstanceUID: string(prefix)}}
	f.Header.Strict.SeriesInstanceUID, _, _ = strings.Cut(string(prefix), "/")
	return f, 0
}

func (reader) HoldsRegions(string) bool { return false }

// A mouth notes what is stated.
type mouth struct {
	watch.Sink
	mu       sync.Mutex
	unusable int
}

func (m *mouth) PublishUnusable(_ context.Context, b ingest.Byproducts) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unusable += b.Count
	return fmt.Sprint(b.Folder, b.Count), nil
}
func (*mouth) PublishOutcome(context.Context, ingest.Outcome) error        { return nil }
func (*mouth) Withdraw(context.Context, ingest.State, ingest.Reason) error { return nil }
func (*mouth) MadeBy(context.Context, ingest.State) (ingest.Plan, error) {
	return ingest.Plan{}, nil
}
func (*mouth) Progress(ingest.Outcome) {}

// A hall is an intake of two sites, a/… and b/…, on a broker of its own.
type hall struct {
	*jetstream.Broker
	*jetstream.Ledger
	t      *testing.T
	in     jetstream.Intake
	store  *stock
	sink   *mouth
	log    bytes.Buffer
	mu     sync.Mutex
	counts map[string]int
	places []ingest.Place
	lists  int
}

func newHall(t *testing.T, opts jetstream.Options) *hall {
	b := newBroker(t, opts)
	h := &hall{Broker: b, Ledger: b.Ledger(), t: t, store: &stock{reads: map[string]int{}}, sink: &mouth{}, counts: map[string]int{}}
	sites := ingest.Sites{{Bucket: "inbox", Prefix: "a/", Site: "a", Key: ingest.Key("a")}, {Bucket: "inbox", Prefix: "b/", Site: "b", Key: ingest.Key("b")}}
	h.in = jetstream.Intake{
		Broker: b, Ledger: h.Ledger, Log: slog.New(slog.NewTextHandler(&h.log, nil)), Retry: 2 * time.Millisecond,
		Judge: &watch.Judge{Book: h.Ledger, Queue: b, Sink: h.sink},
		Door:  &watch.Door{Store: h.store, Ledger: h.Ledger, Classify: reader{}, Sites: sites},
		Parse: func(_ string, body []byte) ([]ingest.Notice, error) { return s3.ParseNotice(body, s3.DialectAuto) },
		Relist: func(places ...ingest.Place) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.lists++
			h.places = append(h.places, places...)
		},
		Count: func(source, what string, n int) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.counts[source+" "+what] += n
		},
	}
	return h
}

// run runs the intake until the returned function is called.
func (h *hall) run() (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.in.Run(ctx) }()
	stop = func() { cancel(); <-done }
	h.t.Cleanup(stop)
	return stop
}

func (h *hall) send(source string, n ingest.Notice) {
	h.t.Helper()
	if n.Bucket == "" {
		n.Bucket = "inbox"
	}
	if err := h.Notify(h.t.Context(), source, s3.EncodeNotice(n)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) record(key string) ingest.Record {
	h.t.Helper()
	r, err := h.Find(h.t.Context(), ingest.Object{Bucket: "inbox", Key: key})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *hall) eventually(what string, ok func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			h.t.Fatal(what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (h *hall) drained() {
	h.t.Helper()
	h.eventually("notices are left", func() bool {
		n, err := h.Pending(h.t.Context())
		return err == nil && n == 0
	})
}

// More objects of one site than there are places for notices in hand cannot be
// read. The other site's come in all the same, before any of these is settled
// where they come again.
func TestOneSitesUnreadableObjectsHoldUpNoOther(t *testing.T) {
	for name, status := range map[string]answer{"denied": 403, "failing": 503} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t, jetstream.Options{})
			h.in.Retry = time.Hour // what comes again does not come within this test
			h.store.trouble = func(key string, _ int) error {
				if strings.HasPrefix(key, "a/") {
					return status
				}
				return nil
			}
			const many = 2300
			for i := range many {
				h.send("a", ingest.Notice{Key: fmt.Sprintf("a/%d", i), ETag: "x", Size: 9})
			}
			h.run()
			if status == 503 {
				h.eventually("the site has no places in hand", func() bool { return h.store.total() >= 2000 })
			}
			h.send("b", ingest.Notice{Key: "b/1"})
			h.eventually("the honest site's object is not recorded", func() bool { return h.record("b/1").Kind == ingest.KindSlice })
			if status == 503 {
				return
			}
			h.drained()
			if r := h.record("a/7"); r.Fault.Code != ingest.CodeUnreadable || !strings.Contains(r.Fault.Detail, "403") || r.ETag != "x" || r.Size != 9 || r.Token == "" {
				t.Errorf("recorded %+v", r)
			}
			if h.counts["a unreadable"] != many || h.store.total() != many+1 {
				t.Errorf("counted %v, %d reads", h.counts, h.store.total())
			}
		})
	}
}

// Names are looked at before objects are.
func TestNoticesNameOnlyWhatTheirSourceMay(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	for i := range 2100 {
		h.send("facility", ingest.Notice{Bucket: "elsewhere", Key: fmt.Sprintf("secret-%d", i)})
	}
	h.send("a", ingest.Notice{Key: "b/foreign"})
	h.send("a", ingest.Notice{Key: "nobody"})
	h.send("facility", ingest.Notice{Key: "nobody"})
	h.send("lister", ingest.Notice{Bucket: "elsewhere", Key: "x"})
	h.run()
	h.send("facility", ingest.Notice{Key: "b/1"})
	h.send("lister", ingest.Notice{Key: "unmapped"})
	h.send("tacstream", ingest.Notice{Key: "unmapped-2"})
	h.drained()
	if n := h.store.total(); n != 3 || h.record("b/1").Seq == 0 {
		t.Errorf("%d reads, want those of 3 objects: %v", n, h.store.reads)
	}
	for _, key := range []string{"unmapped", "unmapped-2"} {
		if r := h.record(key); r.Fault.Code != ingest.CodeNoSite {
			t.Errorf("%s: %+v", key, r.Fault)
		}
	}
	for what, want := range map[string]int{"facility no-inbox": 2100, "a other-site": 1, "a no-site": 1, "facility no-site": 1, "lister no-inbox": 1} {
		if h.counts[what] != want {
			t.Errorf("%s: %d, want %d; %v", what, h.counts[what], want, h.counts)
		}
	}
	if text := h.log.String(); strings.Contains(text, "elsewhere") || strings.Contains(text, "secret") || strings.Count(text, "source=facility") > 2 {
		t.Errorf("the log: %s", text)
	}
}

// big is a notice of many objects.
func big(prefix string, records int) []byte {
	var list []string
	for i := range records {
		one := string(s3.EncodeNotice(ingest.Notice{Bucket: "inbox", Key: fmt.Sprintf("%s/%d", prefix, i)}))
		list = append(list, strings.TrimSuffix(strings.TrimPrefix(one, `{"Records":[`), "]}"))
	}
	return []byte(`{"Records":[` + strings.Join(list, ",") + "]}")
}

func TestOfALargeNoticeTheRestIsListed(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	body := big("a/deep", 5000)
	for range 20 {
		if err := h.Notify(t.Context(), "a", body); err != nil {
			t.Fatal(err)
		}
	}
	h.run()
	h.drained()
	if n := len(h.store.reads); n != 100 {
		t.Errorf("%d objects were read, want 100", n)
	}
	slices.SortFunc(h.places, func(x, y ingest.Place) int { return strings.Compare(x.Prefix, y.Prefix) })
	if places := slices.Compact(h.places); len(places) != 1 || places[0] != (ingest.Place{Bucket: "inbox", Prefix: "a/deep/"}) {
		t.Errorf("to be listed: %v", places)
	}
	if h.counts["a beyond-limit"] != 20*4900 {
		t.Errorf("counted %v", h.counts)
	}
}

// A store that says now and then that an object is not there loses none, and
// takes none away that the ledger holds. A notice of a deletion is believed.
func TestAnAbsentObjectIsLookedForAgain(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	away := map[string]int{"a/new": 3, "a/known": 4, "a/gone": 1 << 30, "a/never": 1 << 30, "a/deleted": 1 << 30}
	for _, key := range []string{"a/known", "a/gone", "a/deleted"} {
		h.send("a", ingest.Notice{Key: key})
	}
	h.run()
	h.drained()
	h.store.mu.Lock()
	clear(h.store.reads)
	h.store.mu.Unlock()
	h.store.trouble = func(key string, read int) error {
		if read <= away[key] {
			return ingest.ErrGone
		}
		return nil
	}
	before := h.record("a/known").Seq
	for key := range away {
		h.send("a", ingest.Notice{Key: key, Gone: key == "a/deleted"})
	}
	h.drained()
	if r := h.record("a/new"); r.Kind != ingest.KindSlice || r.Gone {
		t.Errorf("a new object: %+v", r)
	}
	if r := h.record("a/known"); r.Gone || r.Seq != before {
		t.Errorf("a known object was touched: %+v", r)
	}
	if r := h.record("a/gone"); !r.Gone || h.store.read("a/gone") != 5 {
		t.Errorf("an object that is gone: %+v after %d looks", r, h.store.read("a/gone"))
	}
	if r := h.record("a/never"); r.Seq != 0 || h.store.read("a/never") != 5 {
		t.Errorf("an object that never was: %+v after %d looks", r, h.store.read("a/never"))
	}
	if r := h.record("a/deleted"); !r.Gone || h.store.read("a/deleted") != 1 {
		t.Errorf("a deleted object: %+v after %d looks", r, h.store.read("a/deleted"))
	}
}

// Of one message with many objects only those come again that must: the others'
// next look could go wrong in turn.
func TestOfAMessageOnlyWhatIsLeftComesAgain(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	h.store.trouble = func(key string, read int) error {
		if strings.HasSuffix(key, "3") && read <= 3 {
			return ingest.ErrGone
		}
		return nil
	}
	if err := h.Notify(t.Context(), "a", big("a/x", 100)); err != nil {
		t.Fatal(err)
	}
	h.run()
	h.drained()
	for i := range 100 {
		key, want := fmt.Sprintf("a/x/%d", i), 1
		if i%10 == 3 {
			want = 4
		}
		if got := h.store.read(key); got != want || h.record(key).Kind != ingest.KindSlice {
			t.Errorf("%s: %d looks, want %d", key, got, want)
		}
	}
}

// An object that fails for ever is left to the listings; one that the ledger
// holds stays there as it was.
func TestRetriesOfOneObjectEnd(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	h.send("a", ingest.Notice{Key: "a/known"})
	h.run()
	h.drained()
	before := h.record("a/known")
	h.store.trouble = func(key string, read int) error {
		if key == "a/ledger" && read <= 20 {
			return errors.New("the ledger is ill")
		}
		if key == "a/ledger" {
			return nil
		}
		return fmt.Errorf("wrapped: %w", answer(503))
	}
	for _, key := range []string{"a/known", "a/new", "a/ledger"} {
		h.send("a", ingest.Notice{Key: key})
	}
	h.drained()
	if r := h.record("a/known"); r.Seq != before.Seq {
		t.Errorf("a known object was touched: %+v", r)
	}
	if r := h.record("a/new"); r.Fault.Code != ingest.CodeUnreadable || h.store.read("a/new") != 12 {
		t.Errorf("a new object: %+v after %d looks", r, h.store.read("a/new"))
	}
	if r := h.record("a/ledger"); r.Kind != ingest.KindSlice {
		t.Errorf("an object at which something else failed: %+v", r)
	}
	h.store.trouble = nil
	h.send("a", ingest.Notice{Key: "a/new"})
	h.drained()
	if r := h.record("a/new"); r.Kind != ingest.KindSlice || r.Fault.Code != "" {
		t.Errorf("once it can be read: %+v", r)
	}
}

// While the store is away, and while it is slow, its notices stay in hand.
func TestNoticesStayInHandWhileTheStoreIsAway(t *testing.T) {
	for name, trouble := range map[string]func(string, int) error{
		"away": func(_ string, read int) error {
			if read <= 4 { // about 4 s
				return ingest.ErrAway
			}
			return nil
		},
		"slow": func(string, int) error { time.Sleep(2500 * time.Millisecond); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, jetstream.Options{AckWait: time.Second})
			h.store.trouble = trouble
			h.send("a", ingest.Notice{Key: "a/1"})
			h.run()
			h.drained()
			want := map[string]int{"away": 5, "slow": 1}[name]
			if r := h.record("a/1"); r.Kind != ingest.KindSlice || h.store.read("a/1") != want {
				t.Errorf("%+v after %d looks, want %d", r, h.store.read("a/1"), want)
			}
		})
	}
}

// A stream that the release before left, with its one consumer and notices in
// its hands, is taken over.
func TestNoticesOfAnEarlierReleaseAreTakenOver(t *testing.T) {
	h := newHall(t, jetstream.Options{QuietTime: time.Second})
	js, err := natsjs.New(h.Conn())
	if err != nil {
		t.Fatal(err)
	}
	old, err := js.CreateConsumer(t.Context(), jetstream.StreamNotices, natsjs.ConsumerConfig{
		Durable: "intake", FilterSubjects: []string{"_tac.notice.*", "_tac.timer.due.*"},
		AckPolicy: natsjs.AckExplicitPolicy, AckWait: time.Hour, MaxDeliver: -1, MaxAckPending: 2048,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		h.send([]string{"a", "facility", "b"}[i%3], ingest.Notice{Key: fmt.Sprintf("%s/%d", []string{"a", "a", "b"}[i%3], i)})
	}
	if err := h.Notify(t.Context(), "list", nil); err != nil {
		t.Fatal(err)
	}
	if err := h.Arm(t.Context(), "tok"); err != nil {
		t.Fatal(err)
	}
	batch, err := old.Fetch(20)
	if err != nil {
		t.Fatal(err)
	}
	for range batch.Messages() { // in the hands of a process that is no more
	}
	h.run()
	h.eventually("no listing", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.lists > 0 })
	h.drained()
	for i := range 30 {
		if key := fmt.Sprintf("%s/%d", []string{"a", "a", "b"}[i%3], i); h.record(key).Kind != ingest.KindSlice {
			t.Errorf("%s is lost", key)
		}
	}
	if _, err := js.Consumer(t.Context(), jetstream.StreamNotices, "intake"); !errors.Is(err, natsjs.ErrConsumerNotFound) {
		t.Errorf("the old consumer: %v", err)
	}
}

// Whatever a source is called, what it sends arrives; several processes share
// it.
func TestSourcesOfAnyName(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	h.run()
	h.run()
	names := []string{"facility", "again", "x/y", "ünï", strings.Repeat("long", 60), "timers", "requests", "A B"[:1], "in-a", `back\slash`, "=h"}
	for i, source := range names {
		h.send(source, ingest.Notice{Key: fmt.Sprintf("a/%d", i)})
	}
	h.drained()
	for i, source := range names {
		if key := fmt.Sprintf("a/%d", i); h.record(key).Kind != ingest.KindSlice || h.store.read(key) != 1 {
			t.Errorf("source %s: %d looks", source, h.store.read(key))
		}
	}
}

// A site may be called like one of tacstream's own sources.
func TestASiteCalledLikeARequest(t *testing.T) {
	seen := map[string]bool{}
	for _, site := range []ingest.Site{"list", "judge", "lister", "tacstream", "facility", "north"} {
		source := jetstream.SourceOf(site)
		if seen[source] || source != "north" && source == string(site) {
			t.Errorf("%s sends as %s", site, source)
		}
		seen[source] = true
	}
}

func TestRequestsToJudge(t *testing.T) {
	h := newHall(t, jetstream.Options{})
	book := &countingBook{Ledger: h.Ledger, loads: map[ingest.Token]int{}}
	h.in.Judge.Book = book
	one, two := ingest.Key("k").SeriesToken("1"), ingest.Key("k").SeriesToken("2")
	if err := h.Notify(t.Context(), "judge", []byte(string(one)+"\n"+string(two)+"\nnonsense.*\n")); err != nil {
		t.Fatal(err)
	}
	h.run()
	h.drained()
	book.mu.Lock()
	defer book.mu.Unlock()
	if len(book.loads) != 2 || book.loads[one] != 1 || book.loads[two] != 1 {
		t.Errorf("judged %v", book.loads)
	}
}

// A countingBook counts how often each series is judged.
type countingBook struct {
	*jetstream.Ledger
	mu    sync.Mutex
	loads map[ingest.Token]int
}

func (b *countingBook) Load(ctx context.Context, s ingest.Token) ([]ingest.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loads[s]++
	return b.Ledger.Load(ctx, s)
}
