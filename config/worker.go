package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

// errHandBack means that a job is for another worker, or for later, and that
// no attempt is to be counted.
var errHandBack = errors.New("job handed back")

// errStale means that the input of a job has changed: there is, or will be, a
// newer job, and this one has nothing left to do.
var errStale = errors.New("job is stale")

// A Worker takes jobs and settles them.
type Worker struct {
	Broker   *jetstream.Broker
	Ledger   *jetstream.Ledger
	Pipeline *Pipeline
	Attempts int           // errors after which a job is dead
	Crashes  int           // deaths of a worker after which its job is dead
	Retry    time.Duration // before the second attempt; doubles
	Log      *slog.Logger
	At       func(point string) // called at labelled points, for tests that kill workers there; may be nil
}

// gcPercent has a worker collect garbage early: its memory is to follow what
// it holds, not what it has let go of.
const gcPercent = 20

// Run takes jobs, one at a time, until ctx ends. A job in hand then is handed
// back, and no attempt counted.
func (w *Worker) Run(ctx context.Context) error {
	debug.SetGCPercent(gcPercent)
	for ctx.Err() == nil {
		d, ok, err := w.Broker.NextJob(ctx, 2*time.Second)
		switch {
		case ctx.Err() != nil && !ok:
			return nil
		case err != nil:
			w.Log.WarnContext(ctx, "no job, trying again", "err", err)
			sleep(ctx, time.Second)
		case ok:
			w.at("fetched")
			if err := w.settle(d, w.handle(ctx, d), ctx.Err() != nil); err != nil {
				w.Log.Warn("job not settled, so it will come again", "series", d.Job.Series, "err", err)
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (w *Worker) at(point string) {
	if w.At != nil {
		w.At(point)
	}
}

// settle tells the broker what became of a job. It does not hang on the
// worker's context: a worker that is stopping still says what it leaves
// undone.
func (w *Worker) settle(d jetstream.Delivery, err error, stopping bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), jetstream.PublishWait)
	defer cancel()
	job := d.Job
	switch {
	case err == nil, errors.Is(err, errStale):
		w.at("before-ack")
		return d.Finish(ctx)
	case errors.Is(err, errHandBack), stopping && errors.Is(err, context.Canceled), outage(err):
		if outage(err) {
			w.Log.Warn("job handed back until the servers are well", "series", job.Series, "err", err)
		}
		_, uerr := w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
			s.Open = s.Open && s.Number != job.Number
			return nil
		})
		return errors.Join(uerr, d.HandBack(time.Second))
	}
	w.Log.Warn("attempt ended in an error", "series", job.Series, "err", err)
	state, uerr := w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Number == job.Number {
			s.Open = false
			s.Attempts++
		}
		return nil
	})
	if uerr != nil {
		return uerr
	}
	return d.HandBack(min(w.Retry<<min(max(state.Attempts-1, 0), 8), 5*time.Minute))
}

// outage reports whether an error says that a server is away or ill, which is
// no fault of the job's.
func outage(err error) bool {
	var store *s3.Error
	if errors.As(err, &store) {
		return !errors.Is(err, ingest.ErrRejected)
	}
	return jetstream.Outage(err)
}

// handle does one job. The error says what to do with the message.
func (w *Worker) handle(ctx context.Context, d jetstream.Delivery) error {
	job := d.Job
	if job.Settings != w.Pipeline.Settings || job.Version != w.Pipeline.Version {
		return errHandBack
	}
	state, err := w.open(ctx, job)
	if err != nil {
		return err
	}
	if why, dead := w.exhausted(state); dead {
		return w.Pipeline.Bury(ctx, job, state, why)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error { return w.heartbeat(ctx, d) })
	g.Go(func() (err error) {
		defer cancel()
		return w.try(ctx, job)
	})
	return g.Wait()
}

// heartbeat keeps the job until ctx ends.
func (w *Worker) heartbeat(ctx context.Context, d jetstream.Delivery) error {
	tick := time.NewTicker(w.Broker.HeartbeatEvery())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := d.Heartbeat(); err != nil {
				w.Log.Warn("heartbeat not sent", "series", d.Job.Series, "err", err)
			}
		}
	}
}

// try runs the pipeline and makes an error of a panic: one poisonous series
// must not take the others' worker down.
func (w *Worker) try(ctx context.Context, job ingest.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.Error("panic in a job", "series", job.Series, "stack", string(debug.Stack()))
			err = fmt.Errorf("series %s: panic in the pipeline", job.Series)
		}
	}()
	return w.Pipeline.Run(ctx, job)
}

// open notes that the job is being worked on. A job that is found open was
// left by a worker that died.
func (w *Worker) open(ctx context.Context, job ingest.Job) (ingest.State, error) {
	state, err := w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Number != job.Number || s.Done >= job.Number {
			return errStale
		}
		if s.Open {
			s.Crashes++
		}
		s.Open = true
		return nil
	})
	if errors.Is(err, errStale) {
		// Whoever made the newer state may have died before following it.
		if err := w.Pipeline.Judge.Check(ctx, job.Series, false); err != nil {
			return state, err
		}
	}
	return state, err
}

// exhausted reports whether no attempt is left, and why.
func (w *Worker) exhausted(s ingest.State) (ingest.Reason, bool) {
	switch {
	case s.Attempts >= w.Attempts:
		return ingest.Reason{Code: ingest.CodeInternal, Detail: fmt.Sprintf("%d attempts ended in an error; the worker's log says which", s.Attempts)}, true
	case s.Crashes >= w.Crashes:
		return ingest.Reason{Code: ingest.CodeInternal, Detail: fmt.Sprintf("%d workers died at it", s.Crashes)}, true
	}
	return ingest.Reason{}, false
}
