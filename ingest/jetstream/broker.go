package jetstream

import (
	"context"
	"fmt"
	"time"

	"tacstream/ingest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams.
const (
	StreamNotices = "TAC_NOTICES"
	StreamLedger  = "TAC_LEDGER"
	StreamJobs    = "TAC_JOBS"
	StreamEvents  = "TAC_EVENTS"
)

// The durable consumers.
const (
	consumerWork  = "work"
	consumerFacts = "facts"
)

// Events are published under _tac.event and stored, and passed on to whoever
// listens, under pet.v1: so what the stream refuses, because it is a repeat or
// comes too late, reaches nobody.
const (
	eventPrefix  = "_tac.event."
	publicPrefix = "pet.v1."
)

// eventSubjects are the events that are kept, without their prefix. Progress
// is not among them: it is lossy by design.
var eventSubjects = [...]string{"*.series.*", "*.tacs.*", "*.binding.*.*", "*.study.*.*", "*.dead.*"}

// Options say how to use JetStream. The zero value works.
type Options struct {
	Replicas   int           // of every stream; default 1
	AckWait    time.Duration // until an unfinished job or notice is handed out again; default ingest.DefaultAckWait
	QuietTime  time.Duration // default ingest.DefaultQuietTime
	MaxPending int           // jobs at work at once, over all workers; default DefaultMaxPending
	EventAge   time.Duration // how long events are kept; default DefaultEventAge
	Duplicates time.Duration // window of message ids; default DefaultDuplicates

	// Waiting is called once if something has to wait at the start, with why.
	// It may be nil.
	Waiting func(err error)
}

// The defaults of Options.
const (
	DefaultMaxPending = 64
	DefaultEventAge   = 365 * 24 * time.Hour
	DefaultDuplicates = 30 * time.Minute
)

// NoticeAge is how long notices and alarms are kept that nobody takes away:
// messages have been seen to stay although they were acknowledged, when the
// server was killed. An alarm must go off earlier, so ingest.MaxQuietTime is far
// below.
const NoticeAge = 30 * 24 * time.Hour

func (o Options) withDefaults() Options {
	o.Replicas = max(o.Replicas, 1)
	o.AckWait = orDuration(o.AckWait, ingest.DefaultAckWait)
	o.QuietTime = orDuration(o.QuietTime, ingest.DefaultQuietTime)
	o.EventAge = orDuration(o.EventAge, DefaultEventAge)
	o.Duplicates = orDuration(o.Duplicates, DefaultDuplicates)
	if o.MaxPending <= 0 {
		o.MaxPending = DefaultMaxPending
	}
	return o
}

func orDuration(v, d time.Duration) time.Duration {
	if v <= 0 {
		return d
	}
	return v
}

// A Broker is a connection to JetStream on which the streams exist. It is
// safe for concurrent use.
type Broker struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	ledger  jetstream.Stream
	jobs    jetstream.Stream
	notices jetstream.Stream
	events  jetstream.Stream
	opts    Options
}

// Connect makes sure that the streams and consumers exist and returns a
// Broker on them. It waits until the server answers and can do that, or ctx
// ends, but not where the server refuses the user or is too old, see
// ErrOldServer. The caller closes conn.
func Connect(ctx context.Context, conn *nats.Conn, opts Options) (*Broker, error) {
	if opts.QuietTime > ingest.MaxQuietTime {
		return nil, fmt.Errorf("a quiet time of %v is longer than %v: notices are not kept for so long", opts.QuietTime, ingest.MaxQuietTime)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(512), jetstream.WithDefaultTimeout(PublishWait))
	if err != nil {
		return nil, err
	}
	b := &Broker{conn: conn, js: js, opts: opts.withDefaults()}
	if err := persist(ctx, conn, b.opts.Waiting, b.ensure); err != nil {
		return nil, err
	}
	return b, nil
}

// Conn returns the connection.
func (b *Broker) Conn() *nats.Conn { return b.conn }

func (b *Broker) ensure(ctx context.Context) (err error) {
	for _, s := range []struct {
		at  *jetstream.Stream
		cfg jetstream.StreamConfig
	}{
		{&b.notices, jetstream.StreamConfig{
			Name: StreamNotices, Subjects: []string{"_tac.notice.*", "_tac.timer.>"},
			Retention: jetstream.WorkQueuePolicy, AllowMsgSchedules: true, AllowMsgTTL: true, AllowRollup: true, Duplicates: time.Second,
			MaxAge: NoticeAge,
		}},
		{&b.ledger, jetstream.StreamConfig{
			Name: StreamLedger, Subjects: []string{"_tac.ledger.>"}, MaxMsgsPerSubject: 1, AllowRollup: true, Duplicates: time.Second,
		}},
		{&b.jobs, jetstream.StreamConfig{
			Name: StreamJobs, Subjects: []string{"_tac.job.*"},
			Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 1, Duplicates: b.opts.Duplicates,
		}},
		{&b.events, jetstream.StreamConfig{
			Name: StreamEvents, Subjects: under(eventPrefix), MaxAge: b.opts.EventAge, Duplicates: b.opts.Duplicates,
			SubjectTransform: &jetstream.SubjectTransformConfig{Source: eventPrefix + ">", Destination: publicPrefix + ">"},
			RePublish:        &jetstream.RePublish{Source: publicPrefix + ">", Destination: publicPrefix + ">"},
		}},
	} {
		s.cfg.Storage, s.cfg.Replicas = jetstream.FileStorage, b.opts.Replicas
		if *s.at, err = b.js.CreateOrUpdateStream(ctx, s.cfg); err != nil {
			return fmt.Errorf("stream %s: %w", s.cfg.Name, err)
		}
	}
	return b.ensureConsumers(ctx)
}

func under(prefix string) []string {
	list := make([]string, len(eventSubjects))
	for i, s := range eventSubjects {
		list[i] = prefix + s
	}
	return list
}

func (b *Broker) ensureConsumers(ctx context.Context) error {
	_, err := b.jobs.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:   consumerWork,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: b.opts.AckWait, MaxDeliver: -1, MaxAckPending: b.opts.MaxPending,
	})
	if err != nil {
		return fmt.Errorf("consumer %s: %w", consumerWork, err)
	}
	return nil
}
