package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

var _ ingest.Queue = (*Broker)(nil)

// Enqueue publishes a job. A newer job of the same series takes the place of
// one that nobody has taken; the same job again is dropped by its id.
func (b *Broker) Enqueue(ctx context.Context, j ingest.Job) error {
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = b.publish(ctx, &nats.Msg{Subject: jobSubject(j.Series), Data: body}, jetstream.WithMsgID(j.ID()))
	return err
}

// Arm has the intake told that nothing came for a series once the quiet time
// is over. The schedule is durable, and publishing it again moves it.
func (b *Broker) Arm(ctx context.Context, series ingest.Token) error {
	at := time.Now().Add(b.opts.QuietTime).Truncate(time.Second).Add(time.Second) // schedules count in whole seconds
	_, err := b.publish(ctx, &nats.Msg{Subject: "_tac.timer.arm." + string(series)},
		jetstream.WithScheduleAt(at), jetstream.WithScheduleTarget(dueSubject(string(series))))
	return err
}

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

// HandBack lets somebody else have the job after a while.
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
