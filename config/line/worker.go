package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/publish"
)

// A Worker takes jobs and settles them.
type Worker struct {
	Broker   *jetstream.Broker
	Ledger   *jetstream.Ledger
	Pipeline *Pipeline
	Attempts int           // errors after which a job is dead
	Crashes  int           // deaths of a worker after which its job is dead
	Retry    time.Duration // before the second attempt; doubles
	// ResultsVersion is what the worker makes; jobs for another are not its own.
	ResultsVersion string
	Log            *slog.Logger
	At             func(point string) // called at labelled points, for tests that kill workers there; may be nil
}

// gcPercent has a worker collect garbage early: its memory is to follow what
// it holds, not what it has let go of.
const gcPercent = 20

// Run takes jobs, one at a time, until ctx ends. A job in hand then is handed
// back, and no attempt counted.
func (w *Worker) Run(ctx context.Context) error {
	debug.SetGCPercent(gcPercent)
	strangers := 0 // jobs for another release, one after the other
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
			err := w.handle(ctx, d)
			if err := w.settle(d, err, ctx.Err() != nil); err != nil {
				w.Log.Warn("job not settled, so it will come again", "series", d.Job.Series, "err", err)
			}
			if !isForOthers(err) {
				strangers = 0
				continue
			}
			// Without a rest this worker would ask for the same job before one
			// of the other release does.
			strangers++
			sleep(ctx, restAfterStrangers(strangers))
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

func (w *Worker) at(label string) { point(w.At).reach(label) }

// settle tells the broker what became of a job. Only the ledger ends one: a job
// whose revision is neither done nor overtaken there comes again, whatever its
// worker saw. It does not hang on the worker's context: a worker that is stopping
// still says what it leaves undone.
func (w *Worker) settle(d jetstream.Delivery, err error, stopping bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), jetstream.PublishWait)
	defer cancel()
	job := d.Job
	state, serr := w.Ledger.State(ctx, job.Series)
	if serr != nil {
		return serr // the job comes again after its AckWait
	}
	if state.Revision != job.Revision || state.Done >= job.Revision {
		return w.finish(ctx, d, state)
	}
	if h := reasonToHandBack(err, stopping); h != nil {
		return w.handBack(ctx, d, h, stopping)
	}
	var failed *stageError
	if !errors.As(err, &failed) { // nothing was tried: the job was not opened, or not buried
		return w.handBack(ctx, d, &handBack{why: ingest.Reason{Code: ingest.CodeInternal, Detail: "the job was neither begun nor ended; the worker's log says why"}, cause: err}, stopping)
	}
	w.Log.Warn("attempt ended in an error", "series", job.Series, "err", err)
	w.count("error")
	state, uerr := w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Revision == job.Revision {
			s.Open = false
			s.Attempts++
			s.Stage = failed.stage
		}
		return nil
	})
	if uerr != nil {
		return uerr
	}
	return d.HandBack(min(w.Retry<<min(max(state.Attempts-1, 0), 8), 5*time.Minute))
}

// finish ends a job for good. Where a newer revision has overtaken it, whoever
// made that may have died before it queued its job, so it is judged once more.
func (w *Worker) finish(ctx context.Context, d jetstream.Delivery, s ingest.State) error {
	if s.Revision != d.Job.Revision {
		w.count("stale")
		if err := w.Broker.AskJudge(ctx, s.Series); err != nil {
			return err
		}
	}
	w.at("before-ack")
	return d.Finish(ctx)
}

// reasonToHandBack says why a job is handed back, nil where it is not: where the
// attempt failed.
func reasonToHandBack(err error, stopping bool) *handBack {
	var h *handBack
	var changed *stream.ChangedError
	switch {
	case errors.As(err, &h):
		return h
	case errors.As(err, &changed):
		return &handBack{why: ingest.Reason{Code: ingest.CodeChanged, Detail: (&stream.ChangedError{}).Error()}, object: &changed.Object, cause: changed.Cause}
	case err == nil, errors.Is(err, errOvertaken):
		return &handBack{why: ingest.Reason{Code: ingest.CodeNotReady, Detail: "the ledger does not say that the job has ended"}}
	case stopping && errors.Is(err, context.Canceled):
		return &handBack{why: ingest.Reason{Code: ingest.CodeStopping, Detail: "the worker is stopping"}}
	case outage(err):
		return &handBack{why: ingest.Reason{Code: ingest.CodeOutage, Detail: "a server is away or reports errors"}, cause: err}
	}
	return nil
}

// handBack lets another worker have the job after a while, says why where the
// operator sees it, and has somebody look at an object that is not what the
// ledger says.
func (w *Worker) handBack(ctx context.Context, d jetstream.Delivery, h *handBack, stopping bool) error {
	job, wait := d.Job, handBackWait(d.Delivered())
	switch {
	case stopping:
		wait = 0
	case isForOthers(h):
		wait = strangerWait
	}
	w.Log.Warn("job handed back", "series", job.Series, "revision", job.Revision, "why", h.Error(), "again in", wait)
	w.count("handed-back")
	_, err := w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Revision != job.Revision {
			return errOvertaken
		}
		s.Open = false
		s.HandBacks++
		s.HandedBack = h.why
		return nil
	})
	if errors.Is(err, errOvertaken) {
		err = nil
	}
	if h.object != nil {
		notice := s3.EncodeNotice(ingest.Notice{Bucket: h.object.Bucket, Key: h.object.Key})
		err = errors.Join(err, w.Broker.Notify(ctx, jetstream.SourceOf(job.Site), notice))
	}
	if h.why.Code == ingest.CodeNotReady {
		err = errors.Join(err, w.Broker.AskJudge(ctx, job.Series))
	}
	w.at("handing-back")
	return errors.Join(err, d.HandBack(wait))
}

// handBackWait grows from a second to half a minute with the number of
// deliveries.
func handBackWait(delivered int) time.Duration {
	return min(time.Second<<min(max(delivered-1, 0), 5), 30*time.Second)
}

// strangerWait is after how long a job for another release is handed out
// again. The worker that handed it back rests for longer.
const strangerWait = time.Second

// restAfterStrangers grows from 3 s to half a minute.
func restAfterStrangers(n int) time.Duration {
	return min(3*strangerWait<<min(max(n-1, 0), 5), 30*time.Second)
}

// isForOthers reports whether a job is for workers of another release.
func isForOthers(err error) bool {
	var h *handBack
	return errors.As(err, &h) && h.why.Code == ingest.CodeOtherRelease
}

// count counts how work on a job ended, where it was not the job's end.
func (w *Worker) count(how string) { w.Pipeline.metrics.jobs.WithLabelValues(how).Inc() }

// outage reports whether an error says that a server is away or ill, or so busy
// that others always wrote first, which is no fault of the job's.
func outage(err error) bool {
	var store *s3.Error
	if errors.As(err, &store) {
		return !errors.Is(err, ingest.ErrRejected)
	}
	return jetstream.Outage(err) || errors.Is(err, ingest.ErrConflict)
}

// handle does one job. The error says what to do with the message.
func (w *Worker) handle(ctx context.Context, d jetstream.Delivery) error {
	job := d.Job
	if job.Version != w.ResultsVersion {
		return otherVersion(job.Version, w.ResultsVersion)
	}
	began := time.Now()
	defer func() { w.Pipeline.metrics.seconds.Observe(time.Since(began).Seconds()) }()
	release, err := w.Broker.Hold(job.Series)
	if err != nil {
		return err
	}
	defer release()
	state, err := w.open(ctx, job)
	if err != nil {
		return err
	}
	if why, dead := w.exhausted(state); dead {
		return ending{w.Pipeline.Line, job, w.At}.bury(ctx, state, why)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error { return w.heartbeat(ctx, d) })
	g.Go(func() (err error) {
		defer cancel()
		return w.try(ctx, job, state)
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
// must not take the others' worker down. An error says in which stage it was.
func (w *Worker) try(ctx context.Context, job ingest.Job, state ingest.State) (err error) {
	t := newTeller(w.Pipeline.Line, job, state.Crashes > 0 || w.Crashes <= 1)
	defer func() {
		if p := recover(); p != nil {
			w.Log.Error("panic in a job", "series", job.Series, "stack", string(debug.Stack()))
			err = fmt.Errorf("series %s: panic in the pipeline", job.Series)
		}
		if err != nil {
			err = &stageError{t.stage(), err}
		}
	}()
	return w.Pipeline.Run(ctx, job, func(p publish.Progress) { t.tell(ctx, p) })
}

// open notes that the job is being worked on. A job that is found open was
// left by a worker that died.
func (w *Worker) open(ctx context.Context, job ingest.Job) (ingest.State, error) {
	return w.Ledger.Update(ctx, job.Series, func(s *ingest.State) error {
		if s.Revision != job.Revision || s.Done >= job.Revision {
			return errOvertaken
		}
		if s.Open {
			s.Crashes++
		}
		s.Open = true
		return nil
	})
}

// exhausted reports whether no attempt is left, and why.
func (w *Worker) exhausted(s ingest.State) (ingest.Reason, bool) {
	switch {
	case s.Attempts >= w.Attempts:
		return ingest.Reason{Code: ingest.CodeInternal, Detail: fmt.Sprintf("%d attempts ended in an error; the worker's log says which", s.Attempts)}, true
	case s.Crashes >= w.Crashes:
		return ingest.Reason{Code: ingest.CodeInternal, Detail: fmt.Sprintf("%d workers died while they worked on it", s.Crashes)}, true
	}
	return ingest.Reason{}, false
}
