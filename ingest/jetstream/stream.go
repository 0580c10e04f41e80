package jetstream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// PublishWait bounds how long one publish may take, acknowledgement included.
const PublishWait = 10 * time.Second

// publish waits for the acknowledgement. A message whose acknowledgement is
// lost may have been stored: callers must be able to live with both.
func publish(ctx context.Context, js jetstream.JetStream, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, PublishWait)
	defer cancel()
	return js.PublishMsg(ctx, msg, append(opts, jetstream.WithRetryAttempts(5), jetstream.WithRetryWait(200*time.Millisecond))...)
}

// isWrongLast reports whether a publish met a newer message: error 10071 on
// one server and 10164 in a cluster.
func isWrongLast(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == 10071 || api.ErrorCode == 10164)
}

// last returns the last message of a subject, which may hold wildcards, or
// nil where there is none.
func last(ctx context.Context, s jetstream.Stream, subject string) (*jetstream.RawStreamMsg, error) {
	msg, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return msg, err
}

// reader returns a consumer that is about to deliver every message under the
// filters. Its cached info counts them.
func reader(ctx context.Context, s jetstream.Stream, filters []string) (jetstream.Consumer, error) {
	return s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
}

// drop deletes a reader. One that is not deleted goes by itself after its
// inactive threshold.
func drop(s jetstream.Stream, c jetstream.Consumer) error {
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
func scan(ctx context.Context, s jetstream.Stream, filters []string, visit func(jetstream.Msg, uint64) error) error {
	c, err := reader(ctx, s, filters)
	if err != nil {
		return err
	}
	defer drop(s, c)
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

// seriesIn returns the series that are the last token of the subjects under a
// filter.
func seriesIn(ctx context.Context, s jetstream.Stream, filter string) (map[ingest.Token]bool, error) {
	names, err := subjects(ctx, s, filter)
	series := make(map[ingest.Token]bool, len(names))
	for _, name := range names {
		series[ingest.Token(lastToken(name))] = true
	}
	return series, err
}
