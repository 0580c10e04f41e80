package line

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// newWorker returns a worker on a server of its own, with the job of a series in
// hand whose state is as given.
func newWorker(t *testing.T, s ingest.State) (*Worker, jetstream.Delivery) {
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
	b, err := jetstream.Connect(t.Context(), conn, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	line := &Line{Broker: b, Ledger: b.Ledger(), Log: slog.New(slog.DiscardHandler), metrics: newMetrics()}
	w := &Worker{Broker: b, Ledger: line.Ledger, Pipeline: &Pipeline{Line: line}, Log: line.Log, Attempts: 5, Crashes: 20, Retry: time.Second}
	job := ingest.Job{Series: s.Series, Site: "local", Revision: 1}
	if err = b.Enqueue(t.Context(), job); err == nil {
		err = w.Ledger.SetState(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, ok, err := b.NextJob(t.Context(), 5*time.Second)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return w, d
}

// Only the ledger ends a job: whatever a worker saw, a job of which the revision
// is neither done nor overtaken stays in the queue.
func TestOnlyTheLedgerEndsAJob(t *testing.T) {
	unfinished := ingest.State{Series: "a", Revision: 1, Look: "x", Open: true}
	done, overtaken := unfinished, unfinished
	done.Done, overtaken.Revision = 1, 2
	away := ingest.Object{Bucket: "inbox", Key: "CANARY/x"}
	for _, tt := range []struct {
		name     string
		state    ingest.State
		err      error
		stopping bool
		stays    bool
		attempts int
		code     ingest.Code // of the hand-back
	}{
		{"no error, and not done", unfinished, nil, false, true, 0, ingest.CodeNotReady},
		{"overtaken, as the worker thinks", unfinished, errOvertaken, false, true, 0, ingest.CodeNotReady},
		{"an object has gone", unfinished, &stream.ChangedError{Object: away, Cause: ingest.ErrGone}, false, true, 0, ingest.CodeChanged},
		{"the series is not whole", unfinished, notReady(ingest.Outcome{Condition: ingest.Receiving}), false, true, 0, ingest.CodeNotReady},
		{"another release's", unfinished, otherVersion("1", "2"), false, true, 0, ingest.CodeOtherRelease},
		{"a server is away", unfinished, nats.ErrNoResponders, false, true, 0, ingest.CodeOutage},
		{"the worker stops", unfinished, context.Canceled, true, true, 0, ingest.CodeStopping},
		{"an error of its own", unfinished, &stageError{ingest.StageFit, errors.New("broken")}, false, true, 1, ""},
		{"not begun, or not buried", unfinished, errors.New("broken"), false, true, 0, ingest.CodeInternal},
		{"others always wrote first", unfinished, &stageError{ingest.StagePublish, ingest.ErrConflict}, false, true, 0, ingest.CodeOutage},
		{"done", done, nil, false, false, 0, ""},
		{"done, whatever the error", done, &stageError{ingest.StageFit, errors.New("broken")}, false, false, 0, ""},
		{"overtaken", overtaken, &stream.ChangedError{Object: away, Cause: ingest.ErrGone}, false, false, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, d := newWorker(t, tt.state)
			if err := w.settle(d, tt.err, tt.stopping); err != nil {
				t.Fatal(err)
			}
			queued, err := w.Broker.Queued(t.Context())
			if err != nil || queued["a"] != tt.stays {
				t.Errorf("queued %v, want %v (%v)", queued["a"], tt.stays, err)
			}
			s, err := w.Ledger.State(t.Context(), "a")
			if err != nil || s.Attempts != tt.attempts || s.HandedBack.Code != tt.code || tt.stays && s.Open {
				t.Errorf("%d attempts, handed back for %v, open %v (%v)", s.Attempts, s.HandedBack, s.Open, err)
			}
			if tt.attempts > 0 && s.Stage != ingest.StageFit {
				t.Errorf("the attempt ended in %q", s.Stage)
			}
			if tt.code != "" && s.HandBacks != 1 {
				t.Errorf("handed back %d times", s.HandBacks)
			}
		})
	}
}

func TestAHandBackWaitsLongerEachTime(t *testing.T) {
	for delivered, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 500: 30 * time.Second} {
		if got := handBackWait(delivered); got != want {
			t.Errorf("delivery %d: %v, want %v", delivered, got, want)
		}
	}
}
