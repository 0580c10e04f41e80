package jetstream_test

import (
	"sync"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// What the stream holds decides whether a job is published, waiting or in hand,
// and no window of ids.
func TestAJobIsThereOnce(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), jetstream.StreamJobs)
	if err != nil {
		t.Fatal(err)
	}
	job := ingest.Job{Series: "a", Revision: 1, Settings: "s", Version: "2"}
	enqueue := func(j ingest.Job) uint64 {
		t.Helper()
		if err := b.Enqueue(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		info, err := stream.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.State.Msgs != 1 {
			t.Errorf("the stream holds %d jobs of one series", info.State.Msgs)
		}
		return info.State.LastSeq
	}
	first := enqueue(job)
	if again := enqueue(job); again != first {
		t.Error("a job that waits was published again")
	}
	d, ok, err := b.NextJob(t.Context(), time.Second)
	if err != nil || !ok || !d.Job.Same(job) {
		t.Fatal(d.Job, ok, err)
	}
	if again := enqueue(job); again != first {
		t.Error("a job in hand was published again")
	}
	newer := job
	newer.Revision = 2
	if enqueue(newer) == first {
		t.Error("a newer job was not published")
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if queued, err := b.Queued(t.Context()); err != nil || len(queued) != 0 {
		t.Errorf("queued %v, %v", queued, err)
	}
	enqueue(newer) // at once, although its id is in every window
	if d, ok, err = b.NextJob(t.Context(), time.Second); err != nil || !ok || d.Job.Revision != 2 {
		t.Error(d.Job, ok, err)
	}
}

func TestManyWhoEnqueueTheSameJobEnqueueItOnce(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := b.Enqueue(t.Context(), ingest.Job{Series: "a", Revision: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if queued, err := b.Queued(t.Context()); err != nil || len(queued) != 1 || !queued["a"] {
		t.Errorf("queued %v, %v", queued, err)
	}
}

// Somebody answers for a series as long as it holds it.
func TestWhoHoldsASeriesSaysSo(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	held := func() bool {
		t.Helper()
		held, err := b.Held(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	if held() {
		t.Error("nobody holds it")
	}
	release, err := b.Hold("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if !held() {
		t.Error("somebody holds it")
	}
	if release(); held() {
		t.Error("it was released")
	}
}
