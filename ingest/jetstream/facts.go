package jetstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// factsBatch is how many events are told at once, each to its end.
const factsBatch = 16

// Facts calls tell with the last event of every series' input, curves and result, and
// from then on with every new one, in all processes together once, until ctx
// ends. An event that could not be told comes again later, unless tell says
// that it never can be.
func (b *Broker) Facts(ctx context.Context, log *slog.Logger, tell func(context.Context, Event) error) error {
	var c jetstream.Consumer
	waiting := func(err error) { log.WarnContext(ctx, "no events yet, trying again", "err", err) }
	err := persist(ctx, b.conn, waiting, func(ctx context.Context) (err error) {
		c, err = b.events.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: consumerFacts, FilterSubjects: []string{publicPrefix + "*.series.*", publicPrefix + "*.tacs.*", publicPrefix + "*.binding.*.*"},
			DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
			AckPolicy:     jetstream.AckExplicitPolicy, AckWait: b.opts.AckWait, MaxDeliver: factsTries, MaxAckPending: 8 * factsBatch,
		})
		return err
	})
	if err != nil && ctx.Err() == nil {
		return err
	}
	for ctx.Err() == nil {
		batch, err := c.Fetch(factsBatch, jetstream.FetchMaxWait(intakeWait))
		if err != nil {
			if ctx.Err() == nil {
				log.WarnContext(ctx, "no events, trying again", "err", err)
				pause(ctx, time.Second)
			}
			continue
		}
		for msg := range batch.Messages() {
			id := msg.Headers().Get(nats.MsgIdHdr)
			failed := tell(ctx, Event{Subject: msg.Subject(), ID: id, Body: msg.Data()})
			if failed != nil {
				log.DebugContext(ctx, "an event is told later", "id", id, "err", failed)
			}
			if err := settle(msg, failed != nil, DefaultRetry); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "an event is not acknowledged, so it will come again", "err", err)
			}
		}
	}
	return nil
}

// factsTries bounds how often an event is tried, over about half an hour: what
// it says is only a convenience, and the events themselves are the truth.
const factsTries = 60
