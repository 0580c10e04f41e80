package jetstream

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A hold keeps messages in hand until they are settled: the server gives a
// message of which it hears nothing to somebody else.
type hold struct {
	mu   sync.Mutex
	msgs map[jetstream.Msg]bool
}

func newHold(msgs []jetstream.Msg) *hold {
	h := &hold{msgs: map[jetstream.Msg]bool{}}
	for _, m := range msgs {
		h.msgs[m] = true
	}
	return h
}

// release lets a message go, which is about to be settled.
func (h *hold) release(m jetstream.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.msgs, m)
}

// keep says every so often that the messages are in hand, until stop is called,
// which waits for the end of it.
func (h *hold) keep(ctx context.Context, every time.Duration, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				h.beat(log)
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

func (h *hold) beat(log *slog.Logger) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.msgs {
		if err := m.InProgress(); err != nil {
			log.Warn("a notice in hand is not reported, so it may come again meanwhile", "err", err)
			return
		}
	}
}
