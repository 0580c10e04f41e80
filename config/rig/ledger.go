package rig

import (
	"time"

	"tacstream/ingest"
)

// States returns the state of every series.
func (r *Rig) States() (list []ingest.State) {
	r.T.Helper()
	if err := r.Connect().Ledger.States(r.T.Context(), func(s ingest.State) error { list = append(list, s); return nil }); err != nil {
		r.T.Fatal(err)
	}
	return list
}

// AwaitDrained waits until no notice and no job is left.
func (r *Rig) AwaitDrained() {
	r.T.Helper()
	r.Eventually(time.Minute, func() bool {
		n, err := r.Connect().Broker.Pending(r.T.Context())
		return err == nil && n == 0
	}, "the queues are not empty")
}
