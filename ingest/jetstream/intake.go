package jetstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

const (
	// intakeBatch is how many notices are settled together: each series that
	// they touch is judged once.
	intakeBatch = 256
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

// DefaultRetry is the default of Intake.Retry.
const DefaultRetry = 250 * time.Millisecond

// Run works until ctx ends.
func (in *Intake) Run(ctx context.Context) error {
	for {
		err := in.Broker.retire(ctx)
		if err == nil || ctx.Err() != nil {
			break
		}
		in.Log.WarnContext(ctx, "the notices of an earlier release are not taken over yet, trying again", "err", err)
		pause(ctx, time.Second)
	}
	var g errgroup.Group
	start := func(run func()) { g.Go(func() error { run(); return nil }) }
	timers := &feed{Intake: in, name: consumerTimers, filters: []string{dueSubject("*")}}
	requests := &feed{Intake: in, name: consumerRequests, filters: []string{noticeSubject(requestList), noticeSubject(requestJudge)}}
	start(func() { timers.run(ctx, true) })
	start(func() { requests.run(ctx, true) })
	known := in.configured()
	for _, source := range known {
		f := in.feed(source)
		start(func() { f.run(ctx, true) })
	}
	in.discover(ctx, known, start)
	return g.Wait()
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

// feed returns the feed of a source.
func (in *Intake) feed(source string) *feed {
	return &feed{
		Intake: in, source: source, sender: in.sender(source),
		name: consumerOf(source), filters: []string{noticeSubject(source)},
	}
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

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

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

// run takes messages until ctx ends, or unless it is to go on for ever until
// there are none.
func (f *feed) run(ctx context.Context, forever bool) {
	var c jetstream.Consumer
	for ctx.Err() == nil {
		var err error
		var msgs []jetstream.Msg
		if c == nil {
			c, err = f.Broker.consumer(ctx, f.name, f.filters)
		}
		if err == nil {
			msgs, err = next(ctx, c)
		}
		if err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "no notices, trying again", "source", f.source, "err", err)
			c = nil // it may be gone
			pause(ctx, time.Second)
			continue
		}
		if len(msgs) > 0 {
			f.handle(ctx, msgs)
		} else if !forever {
			return
		}
	}
}

// next waits for a message and takes what has come by then.
func next(ctx context.Context, c jetstream.Consumer) ([]jetstream.Msg, error) {
	waiting, cancel := context.WithTimeout(ctx, intakeWait)
	defer cancel()
	first, err := c.Fetch(1, jetstream.FetchContext(waiting))
	if err != nil {
		if waiting.Err() != nil {
			err = nil
		}
		return nil, err
	}
	msgs := drain(first)
	if len(msgs) == 0 || ctx.Err() != nil {
		if err := first.Error(); waiting.Err() == nil {
			return msgs, err
		}
		return msgs, nil
	}
	more, err := c.FetchNoWait(intakeBatch - 1)
	if err != nil {
		return msgs, nil // the next round says why
	}
	return append(msgs, drain(more)...), nil
}

func drain(b jetstream.MessageBatch) []jetstream.Msg {
	var msgs []jetstream.Msg
	for m := range b.Messages() {
		msgs = append(msgs, m)
	}
	return msgs
}
