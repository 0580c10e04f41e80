package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

var _ watch.Queue = (*Broker)(nil)

// Enqueue makes sure that the stream holds the job. What the stream holds
// decides, and not a window of message ids: the same job is not published again
// while it waits or is in hand, and is once it has been lost. Another job of the
// series is replaced.
func (b *Broker) Enqueue(ctx context.Context, j ingest.Job) error {
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return settleConflicts(ctx, "job of series "+string(j.Series), func() (bool, error) {
		there, err := last(ctx, b.jobs, jobSubject(j.Series))
		if err != nil {
			return false, err
		}
		var after uint64
		if there != nil {
			var held ingest.Job
			if json.Unmarshal(there.Data, &held) == nil && held.Same(j) {
				return true, nil
			}
			after = there.Sequence
		}
		_, err = publish(ctx, b.js, &nats.Msg{Subject: jobSubject(j.Series), Data: body}, jetstream.WithExpectLastSequencePerSubject(after))
		if isWrongLast(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// Queued returns the series of which the stream holds a job, waiting or in
// hand.
func (b *Broker) Queued(ctx context.Context) (map[ingest.Token]bool, error) {
	return seriesIn(ctx, b.jobs, jobSubject("*"))
}

// Hold says to whoever asks by Held that this process has the job of a series
// in hand, until release is called.
func (b *Broker) Hold(series ingest.Token) (release func(), err error) {
	s, err := b.conn.Subscribe(handSubject(series), func(m *nats.Msg) { _ = m.Respond(nil) })
	if err != nil {
		return func() {}, err
	}
	return func() { _ = s.Unsubscribe() }, nil
}

// Held reports whether a process has the job of a series in hand.
func (b *Broker) Held(ctx context.Context, series ingest.Token) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err := b.conn.RequestWithContext(ctx, handSubject(series), nil)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
		return false, nil
	}
	return false, err
}

// answerWithin is how long a process that has a job in hand may take to say so.
const answerWithin = 2 * time.Second

// A Delivery is a job in hand. Exactly one of its methods ends it.
type Delivery struct {
	Job ingest.Job
	msg jetstream.Msg
}

// NextJob waits for a job at most as long as wait; ok is false where none
// came.
func (b *Broker) NextJob(ctx context.Context, wait time.Duration) (d Delivery, ok bool, err error) {
	c, err := b.jobs.Consumer(ctx, consumerWork)
	if err != nil {
		return d, false, err
	}
	batch, err := c.Fetch(1, jetstream.FetchMaxWait(wait))
	if err != nil {
		return d, false, err
	}
	if d.msg, ok = <-batch.Messages(); !ok {
		return d, false, batch.Error()
	}
	if err := json.Unmarshal(d.msg.Data(), &d.Job); err != nil {
		return d, false, errors.Join(err, d.msg.TermWithReason("MALFORMED"))
	}
	return d, true, nil
}

// Heartbeat keeps the job in hand.
func (d Delivery) Heartbeat() error { return d.msg.InProgress() }

// Delivered returns how often the job was handed out.
func (d Delivery) Delivered() int {
	meta, err := d.msg.Metadata()
	if err != nil {
		return 1
	}
	return int(meta.NumDelivered)
}

// HandBack lets another worker have the job after a while.
func (d Delivery) HandBack(after time.Duration) error { return d.msg.NakWithDelay(after) }

// Finish ends the job for good and waits until the server knows.
func (d Delivery) Finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, PublishWait)
	defer cancel()
	return d.msg.DoubleAck(ctx)
}

// HeartbeatEvery is how often a job in hand wants a Heartbeat.
func (b *Broker) HeartbeatEvery() time.Duration { return b.opts.AckWait / 3 }

// Pending returns how many notices, alarms that are due and jobs are waiting or
// in hand. What is settled is in the streams no more.
func (b *Broker) Pending(ctx context.Context) (int, error) {
	total := 0
	for _, filter := range []string{noticeSubject("*"), dueSubject("*")} {
		n, err := count(ctx, b.notices, filter)
		if err != nil {
			return 0, err
		}
		total += n
	}
	jobs, err := count(ctx, b.jobs, jobSubject("*"))
	return total + jobs, err
}

// Waiting returns how many notices of a source are waiting or in hand.
func (b *Broker) Waiting(ctx context.Context, source string) (int, error) {
	return count(ctx, b.notices, noticeSubject(source))
}

// ForgetNotices drops every notice that nobody has taken. The lister finds
// what they meant.
func (b *Broker) ForgetNotices(ctx context.Context) error {
	return b.notices.Purge(ctx, jetstream.WithPurgeSubject(noticeSubject("*")))
}
