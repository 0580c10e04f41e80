package watch

import (
	"context"

	"tacstream/ingest"
)

// A Book is what a Judge reads and writes: the ledger's view of series.
type Book interface {
	RegionLister
	// Count returns how many records a series has, at the price of none.
	Count(ctx context.Context, series ingest.Token) (int, error)
	// Load returns every record of a series.
	Load(ctx context.Context, series ingest.Token) ([]ingest.Record, error)
	// State returns the state of a series, the zero State with the series'
	// name where there is none.
	State(ctx context.Context, series ingest.Token) (ingest.State, error)
	// SetState writes the state if its Seq is still the last, else
	// ErrConflict.
	SetState(ctx context.Context, s ingest.State) error
	// Members returns what is noted of the series of an examination.
	Members(ctx context.Context, examination string) ([]Member, error)
	// SetMember notes it of one, if its Seq is still the last, else
	// ErrConflict.
	SetMember(ctx context.Context, examination string, m Member) error
}

// A Member is a series of an examination that is whole, or was.
type Member struct {
	Series ingest.Token `json:"series"`
	Whole  bool         `json:"whole"`
	Space  string       `json:"space,omitempty"` // FrameOfReferenceUID, when it was whole last
	Seq    uint64       `json:"-"`
}

// A Sink states what became of series. Stating the same again changes
// nothing.
type Sink interface {
	// PublishOutcome says what the input of a series has come to.
	PublishOutcome(ctx context.Context, o ingest.Outcome) error
	// PublishUnusable says that objects of a folder serve for nothing, and returns
	// the id of the event that says so, which is the same for the same.
	PublishUnusable(ctx context.Context, b ingest.Byproducts) (event string, err error)
	// Withdraw takes back the result of a series, if it has one, in favour of
	// the state's Revision: no result with a smaller one may follow.
	Withdraw(ctx context.Context, s ingest.State, why ingest.Reason) error
	// MadeBy returns the settings and the results version by which the last
	// result of a series was made, as its event says; the zero Plan where
	// there is none.
	MadeBy(ctx context.Context, s ingest.State) (ingest.Plan, error)
	// Progress says how many slots are filled. It may be lost.
	Progress(o ingest.Outcome)
}

// A Queue holds jobs and alarms.
type Queue interface {
	// Enqueue makes sure that the queue holds the job. A newer job of the same
	// series takes the place of an older one.
	Enqueue(ctx context.Context, j ingest.Job) error
	// Arm has Check called for the series, with quiet set, after the quiet
	// time. Arming again moves the time.
	Arm(ctx context.Context, series ingest.Token) error
}
