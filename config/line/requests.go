package line

import (
	"sync"
	"time"

	"tacstream/ingest"
)

const (
	// askQuiet is how long nobody may ask for a place before it is listed, and
	// askLimit how long that may take: many who ask cost one listing.
	askQuiet = time.Second
	askLimit = 10 * time.Second
	// askEvery is the least time between two listings of one place, wholeEvery
	// between two of everything.
	askEvery   = 30 * time.Second
	wholeEvery = 2 * time.Second
	// maxAsked bounds the places that wait. With more, their buckets are listed.
	maxAsked = 256
)

// requests are the places that somebody wants listed. The zero Place is every
// inbox.
type requests struct {
	mu      sync.Mutex
	asked   map[ingest.Place]asking
	started map[ingest.Place]time.Time // the last listing of each place
}

// An asking says since when a place is wanted, and who asked last.
type asking struct{ first, last time.Time }

// ask wants places to be listed, everything where none is named.
func (r *requests) ask(places ...ingest.Place) { r.askAt(time.Now(), places) }

func (r *requests) askAt(now time.Time, places []ingest.Place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(places) == 0 {
		places = []ingest.Place{{}}
	}
	for _, p := range places {
		r.add(p, now)
	}
	if len(r.asked) <= maxAsked {
		return
	}
	for p := range r.asked {
		if p.Prefix != "" {
			delete(r.asked, p)
			r.add(ingest.Place{Bucket: p.Bucket}, now)
		}
	}
}

func (r *requests) add(p ingest.Place, now time.Time) {
	if r.asked == nil {
		r.asked, r.started = map[ingest.Place]asking{}, map[ingest.Place]time.Time{}
	}
	a, known := r.asked[p]
	if !known {
		a.first = now
	}
	a.last = now
	r.asked[p] = a
}

// retry wants places to be listed after a while, whenever they were listed last.
func (r *requests) retry(after time.Duration, places ...ingest.Place) {
	r.askAt(time.Now().Add(after-askQuiet), places)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range places {
		delete(r.started, p)
	}
}

// take returns the places whose time has come, or how long until the next one's.
func (r *requests) take() (due []ingest.Place, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	wait = time.Hour
	for p, a := range r.asked {
		if left := r.at(p, a).Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		due = append(due, p)
	}
	for p, at := range r.started {
		if now.Sub(at) >= askEvery {
			delete(r.started, p)
		}
	}
	for _, p := range due {
		r.started[p] = now
		delete(r.asked, p)
		if p == (ingest.Place{}) {
			clear(r.asked) // everything is about to be listed
			return []ingest.Place{p}, 0
		}
	}
	return due, wait
}

// at returns when a place is to be listed.
func (r *requests) at(p ingest.Place, a asking) time.Time {
	at, every := a.last.Add(askQuiet), askEvery
	if limit := a.first.Add(askLimit); limit.Before(at) {
		at = limit
	}
	if p == (ingest.Place{}) {
		at, every = a.last, wholeEvery
	}
	if last, ok := r.started[p]; ok && last.Add(every).After(at) {
		at = last.Add(every)
	}
	return at
}
