package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

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
			change, err := f.look(ctx, n, work[obj])
			if err == nil {
				err = f.note(ctx, change, work[obj], r)
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
func (f *feed) look(ctx context.Context, n ingest.Notice, msgs []jetstream.Msg) (watch.Change, error) {
	obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
	n.Sure = f.past.absent(obj, msgs) >= maxAbsent
	change, err := f.reach(ctx, n)
	var answer ingest.Answer
	switch {
	case err == nil || ctx.Err() != nil:
		return change, err
	case errors.Is(err, ingest.ErrUnreadable):
	case errors.Is(err, ingest.ErrUnsure):
		f.past.missed(obj, msgs)
		return change, err
	case !errors.As(err, &answer), f.past.failed(obj, msgs) < maxFailed:
		return change, err
	}
	change, failed := f.Door.Unreadable(ctx, n, ingest.UnreadableReason(err))
	if failed == nil {
		f.count("unreadable", 1)
	}
	return change, failed
}

// reach waits for a store that is away: that is no fault of an object's.
func (f *feed) reach(ctx context.Context, n ingest.Notice) (watch.Change, error) {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, maxAway) {
		// The context has no deadline of its own: each request to NATS would wait
		// as long for an answer that is lost.
		looking, cancel := context.WithCancel(ctx)
		late := time.AfterFunc(lookWithin, cancel)
		change, err := f.Door.Observe(looking, n)
		late.Stop()
		cancel()
		if !errors.Is(err, ingest.ErrAway) || ctx.Err() != nil {
			return change, err
		}
		f.tell(ctx, "the store is away: this source waits for it", 0)
		pause(ctx, wait)
	}
}

// note notes what is to be judged.
func (f *feed) note(ctx context.Context, t watch.Change, msgs []jetstream.Msg, r *round) error {
	series := t.Series
	if t.RegionsIn {
		near, err := f.Ledger.SeriesNear(ctx, t.Bucket, t.Folder)
		if err != nil {
			return err
		}
		series = append(series, near...)
	}
	r.touch(series, msgs)
	if t.Unusable {
		r.unusable(Folder{t.Bucket, t.Folder}, msgs)
	}
	return nil
}
