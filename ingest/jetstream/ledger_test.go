package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/watch"
)

// newBroker returns a broker on a server of its own.
func newBroker(t *testing.T, opts jetstream.Options) *jetstream.Broker {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	b, err := jetstream.Connect(t.Context(), conn, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func slice(series, key string) ingest.Record {
	return ingest.Record{
		Object: ingest.Object{Bucket: "inbox", Key: key, ETag: "e-" + key, Size: 10}, Kind: ingest.KindSlice, Series: ingest.Token(series),
		Instance: &ingest.Instance{SOPInstanceUID: "1." + key}, Header: &ingest.Header{Strict: ingest.Strict{SeriesInstanceUID: series, Rows: 4}},
	}
}

func TestLedgerFindsWhatWasAppended(t *testing.T) {
	l := newBroker(t, jetstream.Options{}).Ledger()
	ctx := t.Context()
	r := slice("tok", "a/b/1.dcm")
	if got, err := l.Find(ctx, r.Object); err != nil || got.Seq != 0 {
		t.Fatalf("before: %+v, %v", got, err)
	}
	if err := l.Append(ctx, r, 0); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(ctx, r, 0); !errors.Is(err, ingest.ErrConflict) {
		t.Errorf("a second first record: %v, want ErrConflict", err)
	}
	got, err := l.Find(ctx, r.Object)
	if err != nil || got.Key != r.Key || got.Seq == 0 {
		t.Fatalf("after: %+v, %v", got, err)
	}
	r.ETag = "new"
	if err := l.Append(ctx, r, got.Seq); err != nil {
		t.Fatal(err)
	}
	records, err := l.Load(ctx, "tok")
	if err != nil || len(records) != 1 || records[0].ETag != "new" {
		t.Errorf("loaded %+v, %v", records, err)
	}
	if n, err := l.Count(ctx, "tok"); n != 1 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
}

func TestLedgerFoldersLeadToSeriesAndRegions(t *testing.T) {
	l := newBroker(t, jetstream.Options{}).Ledger()
	ctx := t.Context()
	region := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: "s1/regions/x_dseg.nii"}, Kind: ingest.KindRegions, Digest: "d"}
	other := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: "s1/readme.txt"}, Kind: ingest.KindOther}
	for _, r := range []ingest.Record{slice("one", "s1/pet/1.dcm"), slice("two", "s2/pet/1.dcm"), slice("three", "s1/pet/deep/2.dcm"), region, other} {
		if err := l.Append(ctx, r, 0); err != nil {
			t.Fatal(err)
		}
	}
	// Each but the last looked for regions up to the folder below the top.
	for folder, series := range map[string][]ingest.Token{"s1/pet": {"one", "three"}, "s1/pet/deep": {"three"}, "s1": {"one", "three"}, "s2/pet": {"two"}, "s2": {"two"}, "": {"four"}} {
		for _, s := range series {
			if err := l.Watch(ctx, "inbox", folder, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		folder string
		want   []ingest.Token
	}{
		{"s1/regions", []ingest.Token{"one", "three"}}, {"s2/pet", []ingest.Token{"two"}}, {"s1", []ingest.Token{"one", "three"}}, {"s1/pet", []ingest.Token{"one", "three"}},
		{"s1/pet/deep", []ingest.Token{"three"}}, {"s3/x", nil}, {"s3", []ingest.Token{"four"}}, {"", []ingest.Token{"four"}},
	} {
		got, err := l.SeriesNear(ctx, "inbox", c.folder)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("near %s: %v, %v; want %v", c.folder, got, err, c.want)
		}
	}
	// A region source in a folder that holds series of its own serves nobody
	// beside it.
	own := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: "s2/x_dseg.nii"}, Kind: ingest.KindRegions, Digest: "d"}
	if err := l.Append(ctx, own, 0); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{"s1": 1, "s1/regions": 1, "s1/pet": 0, "s2": 1, "": 0} {
		if got, err := l.RegionsNear(ctx, "inbox", folder); err != nil || len(got) != want {
			t.Errorf("regions near %q: %d, %v; want %d", folder, len(got), err, want)
		}
	}
	here, err := l.In(ctx, jetstream.Folder{Bucket: "inbox", Name: "s1"})
	if err != nil || len(here) != 1 || here["s1/readme.txt"].Kind != ingest.KindOther {
		t.Errorf("in s1: %v, %v", here, err)
	}
}

func TestPackedRecordsAreStillThere(t *testing.T) {
	l := newBroker(t, jetstream.Options{}).Ledger()
	ctx := t.Context()
	for i := range 300 {
		if err := l.Append(ctx, slice("tok", fmt.Sprintf("a/%03d.dcm", i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	before, err := l.Load(ctx, "tok")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Pack(ctx, "tok"); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Count(ctx, "tok"); n != 0 || err != nil {
		t.Errorf("%d records are not packed, %v", n, err)
	}
	after, err := l.Load(ctx, "tok")
	if err != nil || len(after) != len(before) {
		t.Fatalf("loaded %d of %d, %v", len(after), len(before), err)
	}
	obj := ingest.Object{Bucket: "inbox", Key: "a/007.dcm"}
	r, err := l.Find(ctx, obj)
	if err != nil || !r.Packed || r.ETag != "e-a/007.dcm" || r.Instance == nil {
		t.Fatalf("found %+v, %v", r, err)
	}
	r.Gone = true
	if err := l.Append(ctx, r, r.Seq); err != nil {
		t.Fatal(err)
	}
	records, err := l.Load(ctx, "tok")
	gone := slices.IndexFunc(records, func(r ingest.Record) bool { return r.Gone })
	if err != nil || len(records) != 300 || gone < 0 || records[gone].Key != obj.Key {
		t.Errorf("after a deletion: %d records, gone at %d, %v", len(records), gone, err)
	}
	if err := l.Pack(ctx, "tok"); err != nil {
		t.Fatal(err)
	}
	again, err := l.Load(ctx, "tok")
	if err != nil || len(again) != 300 || newest(again) != newest(records) {
		t.Errorf("packed again: %d records up to %d, %v, want 300 up to %d", len(again), newest(again), err, newest(records))
	}
	if r, err = l.Find(ctx, obj); err != nil || !r.Gone {
		t.Fatalf("found %+v, %v", r, err)
	}
	if err := l.Append(ctx, slice("tok", obj.Key), r.Seq); err != nil {
		t.Fatal(err)
	}
	if err := l.Pack(ctx, "tok"); err != nil {
		t.Fatal(err)
	}
	if again, err = l.Load(ctx, "tok"); err != nil || len(again) != 300 || slices.ContainsFunc(again, func(r ingest.Record) bool { return r.Gone }) {
		t.Errorf("back and packed: %d records, %v", len(again), err)
	}
}

// newest returns the Seq of the newest record. That of one that is gone
// counts: a series is not judged on less than it was judged on before.
func newest(records []ingest.Record) (seq uint64) {
	for _, r := range records {
		seq = max(seq, r.Seq)
	}
	return seq
}

func TestStateIsReplacedByCompareAndSet(t *testing.T) {
	l := newBroker(t, jetstream.Options{}).Ledger()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := l.Update(context.Background(), "tok", func(s *ingest.State) error { s.Revision++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s, err := l.State(t.Context(), "tok"); err != nil || s.Revision != 80 {
		t.Errorf("number %d, %v; want 80", s.Revision, err)
	}
}

func TestJobs(t *testing.T) {
	b := newBroker(t, jetstream.Options{AckWait: time.Second})
	ctx := t.Context()
	for range 3 { // the same job is dropped, a newer one takes its place
		if err := b.Enqueue(ctx, ingest.Job{Series: "a", Revision: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Enqueue(ctx, ingest.Job{Series: "a", Revision: 2}); err != nil {
		t.Fatal(err)
	}
	d, ok, err := b.NextJob(ctx, time.Second)
	if err != nil || !ok || d.Job.Revision != 2 {
		t.Fatalf("got %+v %v %v", d.Job, ok, err)
	}
	// Not finished: after AckWait it comes again.
	d, ok, err = b.NextJob(ctx, 5*time.Second)
	if err != nil || !ok || d.Job.Revision != 2 {
		t.Fatalf("again: %+v %v %v", d.Job, ok, err)
	}
	if err := d.Finish(ctx); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := b.NextJob(ctx, 100*time.Millisecond); ok {
		t.Error("a finished job came again")
	}
}

// An alarm that is armed again moves, and comes once.
func TestAlarmsReachTheIntake(t *testing.T) {
	b := newBroker(t, jetstream.Options{QuietTime: time.Second})
	for range 3 {
		if err := b.Arm(t.Context(), "tok"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	book := &alarmBook{Ledger: b.Ledger()}
	in := jetstream.Intake{
		Broker: b, Ledger: b.Ledger(), Door: &watch.Door{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Judge: &watch.Judge{Book: book, Queue: b}, Relist: func(...ingest.Place) {},
	}
	in.Run(ctx)
	if book.loads != 1 {
		t.Errorf("the series was judged %d times, want once", book.loads)
	}
}

// alarmBook counts how often a series is judged.
type alarmBook struct {
	*jetstream.Ledger
	loads int
}

func (b *alarmBook) Load(ctx context.Context, s ingest.Token) ([]ingest.Record, error) {
	b.loads++
	return nil, nil
}

// The first process that makes tokens says by which key, and another's is
// refused.
func TestALedgerHasOneKey(t *testing.T) {
	l := newBroker(t, jetstream.Options{}).Ledger()
	ctx := t.Context()
	for i, step := range []struct {
		key   ingest.Token
		makes bool
		want  error
	}{{"reader", false, nil}, {"mine", true, nil}, {"mine", true, nil}, {"mine", false, nil}, {"other", true, jetstream.ErrOtherKey}, {"other", false, jetstream.ErrOtherKey}} {
		if err := l.Claim(ctx, step.key, step.makes); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	var wg sync.WaitGroup
	var first atomic.Int32
	l = newBroker(t, jetstream.Options{}).Ledger()
	for i := range 8 {
		wg.Go(func() {
			if err := l.Claim(ctx, ingest.Token(fmt.Sprint(i)), true); err == nil {
				first.Add(1)
			} else if !errors.Is(err, jetstream.ErrOtherKey) {
				t.Error(err)
			}
		})
	}
	if wg.Wait(); first.Load() != 1 {
		t.Errorf("%d of 8 keys at once were the first", first.Load())
	}
}

// As many writers as there may be jobs at work change one value: none gives up.
func TestManyWhoUpdateAStateAtOnceAllSucceed(t *testing.T) {
	const writers = jetstream.DefaultMaxPending
	ledger := newBroker(t, jetstream.Options{}).Ledger()
	var g errgroup.Group
	for range writers {
		g.Go(func() error {
			_, err := ledger.Update(t.Context(), "aaaabbbbccccddddeeeeffff22", func(s *ingest.State) error { s.Revision++; return nil })
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if s, err := ledger.State(t.Context(), "aaaabbbbccccddddeeeeffff22"); err != nil || s.Revision != writers {
		t.Errorf("%d of %d updates are there: %v", s.Revision, writers, err)
	}
}
