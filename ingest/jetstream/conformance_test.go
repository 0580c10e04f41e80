package jetstream_test

import (
	"context"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/watch"
	"tacstream/ingest/watch/watchtest"
)

func TestTheLedgerDoesWhatAnyLedgerMust(t *testing.T) {
	watchtest.TestLedger(t, func(t *testing.T) watchtest.Book { return newBroker(t, jetstream.Options{}).Ledger() })
}

// A packing ledger packs a series whenever a record of it has come.
type packing struct{ *jetstream.Ledger }

func (l packing) Append(ctx context.Context, r ingest.Record, last uint64) error {
	if err := l.Ledger.Append(ctx, r, last); err != nil || r.Kind != ingest.KindSlice {
		return err
	}
	return l.Pack(ctx, r.Series)
}

// Count counts packed records too: those alone are meant that are at no cost.
func (l packing) Count(ctx context.Context, series ingest.Token) (int, error) {
	records, err := l.Load(ctx, series)
	return len(records), err
}

func TestALedgerOfPacksDoesWhatAnyLedgerMust(t *testing.T) {
	watchtest.TestLedger(t, func(t *testing.T) watchtest.Book { return packing{newBroker(t, jetstream.Options{}).Ledger()} })
}

func TestTheBrokerDoesWhatAnyQueueMust(t *testing.T) {
	watchtest.TestQueue(t, func(t *testing.T) (watch.Queue, func() []ingest.Job) {
		b := newBroker(t, jetstream.Options{})
		return b, func() (jobs []ingest.Job) {
			for {
				d, ok, err := b.NextJob(t.Context(), 50*time.Millisecond)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					return jobs
				}
				if err := d.Finish(t.Context()); err != nil {
					t.Fatal(err)
				}
				jobs = append(jobs, d.Job)
			}
		}
	})
}
