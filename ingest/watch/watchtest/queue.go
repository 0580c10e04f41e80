package watchtest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

var _ watch.Queue = (*Queue)(nil)

// A Queue is a watch.Queue in memory. The zero value is empty. It is safe for
// concurrent use.
type Queue struct {
	mu    sync.Mutex
	jobs  map[ingest.Token]ingest.Job
	armed map[ingest.Token]int
}

// Enqueue makes the job the only one of its series.
func (q *Queue) Enqueue(_ context.Context, j ingest.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	put(&q.jobs, j.Series, j)
	return nil
}

// Arm counts that the series was armed.
func (q *Queue) Arm(_ context.Context, series ingest.Token) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	put(&q.armed, series, q.armed[series]+1)
	return nil
}

// Take takes every job out of the queue, in the order of their series.
func (q *Queue) Take() []ingest.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	var jobs []ingest.Job
	for _, series := range slices.Sorted(maps.Keys(q.jobs)) {
		jobs = append(jobs, q.jobs[series])
	}
	clear(q.jobs)
	return jobs
}

// Armed returns how often the series was armed.
func (q *Queue) Armed(series ingest.Token) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.armed[series]
}
