package line

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tacstream/ingest"
	"tacstream/publish"
)

// A stageError is an error with the stage in which the work ended.
type stageError struct {
	stage ingest.Stage
	error
}

// Unwrap returns the error.
func (e *stageError) Unwrap() error { return e.error }

// tellEvery is the shortest time between two events that tell of progress within
// a stage.
const tellEvery = 500 * time.Millisecond

// A teller publishes how far a job is, and keeps the stage that it is in. It is
// safe for concurrent use.
type teller struct {
	line *Line
	job  ingest.Job
	// note has the ledger keep the stage: a worker died at this job before, and
	// who dies says nothing more.
	note bool

	mu   sync.Mutex
	last publish.Progress
	told time.Time
}

func newTeller(l *Line, job ingest.Job, note bool) *teller {
	return &teller{line: l, job: job, note: note, last: publish.Progress{Stage: ingest.StageExtract}}
}

// stage returns the stage that was told of last.
func (t *teller) stage() ingest.Stage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.Stage
}

// tell publishes progress: every change of the stage and the end of one, and
// between them not more often than tellEvery.
func (t *teller) tell(ctx context.Context, p publish.Progress) {
	due, begun := t.due(p, time.Now())
	if !due {
		return
	}
	if begun && t.note {
		t.keep(ctx, p.Stage)
	}
	t.line.Outbox.PublishProgress(publish.Cause{Site: t.job.Site, Series: t.job.Series, Revision: t.job.Revision}, p)
}

// due reports whether progress is to be published, and whether a stage begins.
func (t *teller) due(p publish.Progress, now time.Time) (due, begun bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stages := ingest.Stages()
	order := slices.Index(stages, p.Stage) - slices.Index(stages, t.last.Stage)
	begun = order > 0 || t.told.IsZero()
	ended := p.Total > 0 && p.Done >= p.Total
	if !begun && (order < 0 || p.Done < t.last.Done || !ended && now.Sub(t.told) < tellEvery) {
		return false, false
	}
	t.last, t.told = p, now
	return true, begun
}

// keep notes in the ledger which stage begins.
func (t *teller) keep(ctx context.Context, stage ingest.Stage) {
	_, err := t.line.Ledger.Update(ctx, t.job.Series, func(s *ingest.State) error {
		if s.Revision != t.job.Revision {
			return errOvertaken
		}
		s.Stage = stage
		return nil
	})
	if err != nil && !errors.Is(err, errOvertaken) {
		t.line.Log.WarnContext(ctx, "the stage of a job was not noted", "series", t.job.Series, "err", err)
	}
}
