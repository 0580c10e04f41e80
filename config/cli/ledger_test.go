package cli

import (
	"time"

	"tacstream/ingest"
)

// states returns the state of every series.
func (r *rig) states() (list []ingest.State) {
	r.t.Helper()
	if err := r.connect().Ledger.States(r.t.Context(), func(s ingest.State) error { list = append(list, s); return nil }); err != nil {
		r.t.Fatal(err)
	}
	return list
}

// drained waits until no notice and no job is left.
func (r *rig) drained() {
	r.t.Helper()
	r.eventually(time.Minute, func() bool {
		n, err := r.connect().Broker.Pending(r.t.Context())
		return err == nil && n == 0
	}, "the queues are not empty")
}
