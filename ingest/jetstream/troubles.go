package jetstream

import (
	"sync"
	"time"
)

// tellEvery is how often a source's trouble of one kind is logged at most.
const tellEvery = time.Minute

// troubles counts what is not logged yet.
type troubles struct {
	mu   sync.Mutex
	last map[string]time.Time
	held map[string]int
}

// due adds n notices and returns how many are to be logged now.
func (t *troubles) due(what string, n int, now time.Time) (total int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last, t.held = map[string]time.Time{}, map[string]int{}
	}
	t.held[what] += n
	if last, told := t.last[what]; told && now.Sub(last) < tellEvery {
		return 0, false
	}
	total = t.held[what]
	t.last[what], t.held[what] = now, 0
	return total, true
}
