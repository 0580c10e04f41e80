package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	AckWait    time.Duration // until an unfinished job or notice is handed out again; default DefaultAckWait
	QuietTime  time.Duration // default DefaultQuietTime
	MaxPending int           // jobs at work at once, over all workers; default DefaultMaxPending
	EventAge   time.Duration // how long events are kept; default DefaultEventAge
	Duplicates time.Duration // window of message ids; default DefaultDuplicates

	// Waiting is called once if Connect has to wait, with why. It may be nil.
	Waiting func(err error)
}

// The defaults of Options.
const (
	DefaultAckWait    = time.Minute
	DefaultQuietTime  = 2 * time.Minute
	DefaultMaxPending = 64
	DefaultEventAge   = 365 * 24 * time.Hour
	DefaultDuplicates = 30 * time.Minute
)

func (o Options) withDefaults() Options {
	o.Replicas = max(o.Replicas, 1)
	o.AckWait = orDuration(o.AckWait, DefaultAckWait)
	o.QuietTime = orDuration(o.QuietTime, DefaultQuietTime)
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

// PublishWait bounds how long one publish may take, acknowledgement included.
const PublishWait = 10 * time.Second

// waitQuietly is how long Connect waits before it says so.
const waitQuietly = 3 * time.Second

// Connect makes sure that the streams and consumers exist and returns a
// Broker on them. It waits until the server answers or ctx ends, but not where
// the server refuses the user. The caller closes conn.
func Connect(ctx context.Context, conn *nats.Conn, opts Options) (*Broker, error) {
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(512), jetstream.WithDefaultTimeout(PublishWait))
	if err != nil {
		return nil, err
	}
	b := &Broker{conn: conn, js: js, opts: opts.withDefaults()}
	for began := time.Now(); ; {
		err := b.ensure(ctx)
		if err == nil {
			return b, nil
		}
		if refused := conn.LastError(); errors.Is(refused, nats.ErrAuthorization) || errors.Is(refused, nats.ErrAuthExpired) {
			return nil, fmt.Errorf("the user or the password of NATS is wrong: %w", refused)
		}
		err = explained(err)
		if ctx.Err() != nil || !passing(err) {
			return nil, err
		}
		if b.opts.Waiting != nil && time.Since(began) > waitQuietly {
			b.opts.Waiting(err)
			b.opts.Waiting = nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// passing reports whether the server may answer better in a moment.
func passing(err error) bool {
	return errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrDisconnected) ||
		errors.Is(err, nats.ErrReconnectBufExceeded)
}

// explained says in plain words what an error of a server means that is there
// and cannot do what is asked, or is not there.
func explained(err error) error {
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("NATS has no JetStream, or not for this user: start it with -js or the like: %w", err)
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("NATS does not answer: %w", err)
	}
	return err
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
