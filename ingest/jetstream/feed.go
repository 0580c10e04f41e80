package jetstream

import (
	"context"
	"time"

	"tacstream/ingest"
)

// A feed takes the messages of one consumer.
type feed struct {
	*Intake
	source  string // empty where the messages are no notices
	sender  ingest.Sender
	name    string // of the consumer
	filters []string
	past    history
	troubles
}

// feed returns the feed of a source.
func (in *Intake) feed(source string) *feed {
	return &feed{
		Intake: in, source: source, sender: in.sender(source),
		name: consumerOf(source), filters: []string{noticeSubject(source)},
	}
}

func (f *feed) count(what string, n int) {
	if f.Count != nil {
		f.Count(f.source, what, n)
	}
}

// tell logs trouble of n notices, with those since the last time. A source that
// sends rubbish must not fill the log.
func (f *feed) tell(ctx context.Context, what string, n int, args ...any) {
	if total, ok := f.troubles.due(what, n, time.Now()); ok {
		f.Log.WarnContext(ctx, what, append([]any{"source", f.source, "notices", total}, args...)...)
	}
}
