package jetstream

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// A history remembers, of messages that come again, what became of each of
// their objects. It is lost with the process, after which there are some looks
// more.
type history struct {
	mu sync.Mutex
	of map[uint64]map[ingest.Object]*fate // by the message's number in the stream
}

// A fate is what became of an object of a message so far.
type fate struct {
	done           bool
	absent, failed int
}

// maxHistory bounds how many messages are remembered. Those that another process
// settled are never removed one by one.
const maxHistory = 16 * intakeBatch

// note changes the fate of an object in each of the messages and returns the
// largest of what change returns.
func (h *history) note(obj ingest.Object, msgs []jetstream.Msg, change func(*fate) int) (most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil || len(h.of) > maxHistory {
		h.of = map[uint64]map[ingest.Object]*fate{}
	}
	for _, m := range msgs {
		seq := seqOf(m)
		if h.of[seq] == nil {
			h.of[seq] = map[ingest.Object]*fate{}
		}
		if h.of[seq][obj] == nil {
			h.of[seq][obj] = &fate{}
		}
		most = max(most, change(h.of[seq][obj]))
	}
	return most
}

func seqOf(m jetstream.Msg) uint64 {
	meta, err := m.Metadata()
	if err != nil {
		return 0
	}
	return meta.Sequence.Stream
}

// absent returns how often an object was missing.
func (h *history) absent(obj ingest.Object, msgs []jetstream.Msg) (most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range msgs {
		if at := h.of[seqOf(m)][obj]; at != nil {
			most = max(most, at.absent)
		}
	}
	return most
}

// missed notes that an object was missing.
func (h *history) missed(obj ingest.Object, msgs []jetstream.Msg) {
	h.note(obj, msgs, func(at *fate) int { at.absent++; return at.absent })
}

// failed notes that an object could not be read, and returns how often.
func (h *history) failed(obj ingest.Object, msgs []jetstream.Msg) int {
	return h.note(obj, msgs, func(at *fate) int { at.failed++; at.absent = 0; return at.failed })
}

// left returns the notices of a message whose objects are not done yet.
func (h *history) left(m jetstream.Msg, notices []ingest.Notice) []ingest.Notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	fates := h.of[seqOf(m)]
	if len(fates) == 0 {
		return notices
	}
	var left []ingest.Notice
	for _, n := range notices {
		if at := fates[ingest.Object{Bucket: n.Bucket, Key: n.Key}]; at == nil || !at.done {
			left = append(left, n)
		}
	}
	return left
}

// end notes what a round made of a message: one that is settled is forgotten, one
// that comes again comes for what is left of it.
func (h *history) end(t task, r *round) {
	if !r.again[t.Msg] {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.of, seqOf(t.Msg))
		return
	}
	if r.whole[t.Msg] {
		return
	}
	for _, n := range t.notices {
		obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
		if !r.open[obj] {
			h.note(obj, []jetstream.Msg{t.Msg}, func(at *fate) int { at.done = true; return 0 })
		}
	}
}

// seen reports whether a message has come to this process before.
func (h *history) seen(m jetstream.Msg) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.of[seqOf(m)]) > 0
}
