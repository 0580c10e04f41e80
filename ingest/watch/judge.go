package watch

import (
	"time"

	"tacstream/ingest"
)

// A Judge decides what has become possible.
type Judge struct {
	Book  Book
	Sink  Sink
	Queue Queue
	// Plan returns by what the result of a whole series would be made today.
	// Kept is the plan of its last revision: a protocol that the configuration
	// has no longer may be taken from there.
	Plan func(a ingest.Assembly, kept ingest.Plan) ingest.Plan
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// At is called at labelled points, for tests that end the process there;
	// it may be nil.
	At func(point string)
}

func (j *Judge) at(point string) {
	if j.At != nil {
		j.At(point)
	}
}

// now returns the time as states keep it.
func (j *Judge) now() time.Time {
	if j.Now != nil {
		return j.Now().UTC().Truncate(time.Second)
	}
	return time.Now().UTC().Truncate(time.Second)
}

// today returns the plan for a whole series.
func (j *Judge) today(a ingest.Assembly, kept ingest.Plan) ingest.Plan {
	if j.Plan == nil {
		return kept
	}
	return j.Plan(a, kept)
}
