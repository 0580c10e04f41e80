package jetstream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// reader returns a consumer that is about to deliver every message under the
// filters. Its cached info counts them.
func (b *Broker) reader(ctx context.Context, s jetstream.Stream, filters []string) (jetstream.Consumer, error) {
	return s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
}

// drop deletes a reader. One that is not deleted goes by itself after its
// inactive threshold.
func (b *Broker) drop(s jetstream.Stream, c jetstream.Consumer) error {
	ctx, cancel := context.WithTimeout(context.Background(), PublishWait)
	defer cancel()
	err := s.DeleteConsumer(ctx, c.CachedInfo().Name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return err
}

// scan calls visit with every message under the filters and the message's
// number, in the order of the stream.
func (b *Broker) scan(ctx context.Context, s jetstream.Stream, filters []string, visit func(jetstream.Msg, uint64) error) error {
	c, err := b.reader(ctx, s, filters)
	if err != nil {
		return err
	}
	defer b.drop(s, c)
	for left := c.CachedInfo().NumPending; left > 0 && ctx.Err() == nil; {
		batch, err := c.Fetch(int(min(left, 500)), jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return err
		}
		before := left
		for msg := range batch.Messages() {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			if err := visit(msg, meta.Sequence.Stream); err != nil {
				return err
			}
			left = meta.NumPending
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if left == before { // what was counted has been replaced or removed
			info, err := c.Info(ctx)
			if err != nil {
				return err
			}
			left = info.NumPending
		}
	}
	return ctx.Err()
}

// count returns how many messages a stream holds under a filter.
func count(ctx context.Context, s jetstream.Stream, filter string) (int, error) {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return 0, err
	}
	total := 0
	for _, n := range info.State.Subjects {
		total += int(n)
	}
	return total, nil
}

// subjects returns the subjects under a filter that hold a message.
func subjects(ctx context.Context, s jetstream.Stream, filter string) ([]string, error) {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(info.State.Subjects))
	for name := range info.State.Subjects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}
