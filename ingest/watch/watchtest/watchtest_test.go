package watchtest_test

import (
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/watch"
	"tacstream/ingest/watch/watchtest"
)

func TestTheLedgerInMemory(t *testing.T) {
	watchtest.TestLedger(t, func(*testing.T) watchtest.Book { return &watchtest.Ledger{} })
}

func TestTheQueueInMemory(t *testing.T) {
	watchtest.TestQueue(t, func(*testing.T) (watch.Queue, func() []ingest.Job) {
		q := &watchtest.Queue{}
		return q, q.Take
	})
}
