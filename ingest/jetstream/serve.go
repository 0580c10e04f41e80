package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

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

const (
	// discoverEvery is how often the intake looks for sources that it does not
	// know yet.
	discoverEvery = time.Second
	// maxFound bounds the sources that no configuration names and that are
	// served at once. Others wait until one of these has nothing more.
	maxFound = 64
)

// discover serves every source that sends, as long as it sends, until ctx ends.
func (in *Intake) discover(ctx context.Context, known []string, start func(func())) {
	serving := make(chan string, maxFound) // a source leaves it when its feed ends
	busy := map[string]bool{}
	for ; ctx.Err() == nil; pause(ctx, discoverEvery) {
		sources, err := in.Broker.sources(ctx)
		if err != nil && ctx.Err() == nil {
			in.Log.WarnContext(ctx, "the sources of notices are not known, trying again", "err", err)
		}
		for len(serving) > 0 {
			delete(busy, <-serving)
		}
		for _, source := range sources {
			if busy[source] || slices.Contains(known, source) || len(busy) >= maxFound {
				continue
			}
			busy[source] = true
			f := in.feed(source)
			start(func() {
				f.run(ctx, false)
				serving <- source
			})
		}
	}
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

// handle settles a batch of messages, in rounds of a bounded number of notices.
// The messages stay in hand meanwhile, however long the store takes.
func (f *feed) handle(ctx context.Context, msgs []jetstream.Msg) {
	held := newHold(msgs)
	stop := held.keep(ctx, f.Broker.HeartbeatEvery(), f.Log)
	defer stop()
	for len(msgs) > 0 {
		var tasks []task
		r := newRound()
		for notices := 0; len(msgs) > 0 && notices < intakeBatch; msgs = msgs[1:] {
			t := task{Msg: msgs[0], notices: f.decode(ctx, msgs[0], r)}
			notices += len(t.notices)
			tasks = append(tasks, t)
		}
		f.observe(ctx, tasks, r)
		f.judge(ctx, r)
		for _, t := range tasks {
			f.past.end(t, r)
			held.release(t.Msg)
			if err := settle(t.Msg, r.again[t.Msg], f.Retry); err != nil {
				f.Log.WarnContext(ctx, "a notice is not acknowledged, so it will come again", "err", err)
			}
		}
	}
}

// judge checks every series of the round. One that cannot be judged repeats
// its own notices and harms no other's.
func (in *Intake) judge(ctx context.Context, r *round) {
	for s, quiet := range r.series {
		if err := in.Judge.Check(ctx, s, quiet); err != nil {
			in.Log.WarnContext(ctx, "series not judged, so its notices will come again", "series", s, "err", err)
			r.repeat(r.why[s])
		}
	}
	in.byproducts(ctx, r)
}
