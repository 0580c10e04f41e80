package jetstream

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// DefaultRetry is the default of Intake.Retry.
const DefaultRetry = 250 * time.Millisecond

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
