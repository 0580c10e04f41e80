package jetstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// A task is a message and the notices of it that are followed.
type task struct {
	jetstream.Msg
	notices []ingest.Notice
}

// A round collects what some messages touch, and which messages must come
// again.
type round struct {
	mu      sync.Mutex
	series  map[ingest.Token]bool            // value: judged as quiet
	why     map[ingest.Token][]jetstream.Msg // the messages that touch each series
	folders folderRound
	again   map[jetstream.Msg]bool
	open    map[ingest.Object]bool // what must be looked at again
	whole   map[jetstream.Msg]bool // messages of which every object must be looked at again
}

func newRound() *round {
	return &round{
		series: map[ingest.Token]bool{}, why: map[ingest.Token][]jetstream.Msg{}, folders: newFolderRound(),
		again: map[jetstream.Msg]bool{}, open: map[ingest.Object]bool{}, whole: map[jetstream.Msg]bool{},
	}
}

// add has a series judged for the sake of a message.
func (r *round) add(series ingest.Token, quiet bool, m jetstream.Msg) {
	r.series[series] = r.series[series] || quiet
	r.why[series] = append(r.why[series], m)
}

// repeat has messages come again as they are.
func (r *round) repeat(msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range msgs {
		r.again[m], r.whole[m] = true, true
	}
}

// repeatObject has messages come again for the sake of one object.
func (r *round) repeatObject(obj ingest.Object, msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[obj] = true
	for _, m := range msgs {
		r.again[m] = true
	}
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

// settle acknowledges a message, or has it come again after a pause that begins
// with first.
func settle(m jetstream.Msg, again bool, first time.Duration) error {
	if !again {
		return m.Ack()
	}
	return m.NakWithDelay(backoff(m, orDuration(first, DefaultRetry)))
}

// backoff doubles with the number of deliveries, up to 120 times the first pause.
func backoff(m jetstream.Msg, first time.Duration) time.Duration {
	meta, err := m.Metadata()
	if err != nil {
		return 4 * first
	}
	return min(first<<min(meta.NumDelivered-1, 10), 120*first)
}

// observe looks at every object once, however many notices name it: first at
// those that came, then at those that went. A move copies an object before it
// deletes it, and whoever judges meanwhile must not find neither.
func (f *feed) observe(ctx context.Context, tasks []task, r *round) {
	work := map[ingest.Object][]jetstream.Msg{}
	notices := map[ingest.Object]ingest.Notice{}
	for _, t := range tasks {
		for _, n := range t.notices {
			obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
			notices[obj] = n
			work[obj] = append(work[obj], t.Msg)
		}
	}
	for _, gone := range []bool{false, true} {
		f.lookAtAll(ctx, notices, gone, work, r)
	}
}

// lookAtAll looks at the objects of which notices say that they are gone, or
// that they are there.
func (f *feed) lookAtAll(ctx context.Context, notices map[ingest.Object]ingest.Notice, gone bool, work map[ingest.Object][]jetstream.Msg, r *round) {
	var g errgroup.Group
	g.SetLimit(intakeParallel)
	for obj, n := range notices {
		if n.Gone != gone {
			continue
		}
		g.Go(func() error {
			touch, err := f.look(ctx, n, work[obj])
			if err == nil {
				err = f.touch(ctx, touch, work[obj], r)
			}
			if err != nil {
				if ctx.Err() == nil {
					f.tell(ctx, "objects cannot be looked at, so their notices will come again", len(work[obj]), "object", obj.ID(), "err", err)
				}
				r.repeatObject(obj, work[obj])
			}
			return nil
		})
	}
	g.Wait()
}

const (
	// maxAbsent is how often a store must say that there is no such object
	// before that is believed without a notice of a deletion: with the backoff
	// about 4 s.
	maxAbsent = 4
	// maxFailed is how often an object may fail to be read, over some minutes,
	// before it is left to the listings.
	maxFailed = 12
	// lookWithin bounds one look at an object. The largest region sources and
	// headers come in less over a slow line.
	lookWithin = 5 * time.Minute
	// maxAway bounds the pause between two looks at a store that is away.
	maxAway = 5 * time.Second
)

// look has the door look at an object, and decides what follows where it could
// not be read. An error means that its messages must come again.
func (f *feed) look(ctx context.Context, n ingest.Notice, msgs []jetstream.Msg) (watch.Touch, error) {
	obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
	n.Sure = f.past.absent(obj, msgs) >= maxAbsent
	touch, err := f.reach(ctx, n)
	var answer ingest.Answer
	switch {
	case err == nil || ctx.Err() != nil:
		return touch, err
	case errors.Is(err, ingest.ErrUnreadable):
	case errors.Is(err, ingest.ErrUnsure):
		f.past.missed(obj, msgs)
		return touch, err
	case !errors.As(err, &answer), f.past.failed(obj, msgs) < maxFailed:
		return touch, err
	}
	touch, failed := f.Door.Unreadable(ctx, n, ingest.UnreadableReason(err))
	if failed == nil {
		f.count("unreadable", 1)
	}
	return touch, failed
}

// reach waits for a store that is away: that is no fault of an object's.
func (f *feed) reach(ctx context.Context, n ingest.Notice) (watch.Touch, error) {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, maxAway) {
		// The context has no deadline of its own: each request to NATS would wait
		// as long for an answer that is lost.
		looking, cancel := context.WithCancel(ctx)
		late := time.AfterFunc(lookWithin, cancel)
		touch, err := f.Door.Observe(looking, n)
		late.Stop()
		cancel()
		if !errors.Is(err, ingest.ErrAway) || ctx.Err() != nil {
			return touch, err
		}
		f.tell(ctx, "the store is away: this source waits for it", 0)
		pause(ctx, wait)
	}
}

// touch notes what is to be judged.
func (f *feed) touch(ctx context.Context, t watch.Touch, msgs []jetstream.Msg, r *round) error {
	series := t.Series
	if t.RegionsIn {
		near, err := f.Ledger.SeriesNear(ctx, t.Bucket, t.Folder)
		if err != nil {
			return err
		}
		series = append(series, near...)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range series {
		r.series[s] = r.series[s] || false
		r.why[s] = append(r.why[s], msgs...)
	}
	if t.Unusable {
		f := Folder{t.Bucket, t.Folder}
		r.folders.came[f] = append(r.folders.came[f], msgs...)
	}
	return nil
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
