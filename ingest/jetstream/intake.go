package jetstream

import (
	"log/slog"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

const (
	// intakeParallel is how many objects of one source are looked at at once.
	intakeParallel = 8
	// intakeWait is how long the intake waits for the first notice.
	intakeWait = 5 * time.Second
)

// An Intake takes notices and alarms from the queue: every object is looked
// at and appended to the ledger, then every series that was touched is judged
// once, then the notices are acknowledged. A death at any point means that
// they come again.
//
// Every source has a consumer, a goroutine and bounds of its own, so that what
// one sends, or what its objects are like, holds up no other's.
type Intake struct {
	Broker *Broker
	Ledger *Ledger
	Door   *watch.Door
	Judge  *watch.Judge
	// Parse decodes what a store sent to _tac.notice.<source>.
	Parse func(source string, body []byte) ([]ingest.Notice, error)
	// Relist is called when somebody asks for a listing of some places, or of
	// the inboxes where it names none.
	Relist func(places ...ingest.Place)
	// Count is called with how many notices of a source were not followed, and
	// why: an ingest.Refusal, "malformed", "beyond-limit" or "unreadable". It may
	// be nil.
	Count func(source, what string, n int)
	// Retry is the pause before a notice comes again for the first time; it
	// doubles each time, up to 120 times as long. Default DefaultRetry.
	Retry time.Duration
	Log   *slog.Logger
	// At is called at labelled points; it may be nil.
	At func(point string)
}

// configured returns the sources of the sites.
func (in *Intake) configured() []string {
	var list []string
	seen := map[ingest.Site]bool{}
	for _, m := range in.Door.Sites {
		if !seen[m.Site] {
			seen[m.Site] = true
			list = append(list, SourceOf(m.Site))
		}
	}
	return list
}

// sender says what a source may name.
func (in *Intake) sender(source string) ingest.Sender {
	for _, m := range in.Door.Sites {
		if SourceOf(m.Site) == source {
			return ingest.Sender{Site: m.Site}
		}
	}
	return ingest.Sender{Own: source == SourceStore || source == SourceLister}
}
