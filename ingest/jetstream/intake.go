package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
)

const (
	// intakeBatch is how many notices are settled together: each series that
	// they touch is judged once.
	intakeBatch = 256
	// intakeParallel is how many objects are looked at at once.
	intakeParallel = 8
	// intakeWait is how long the intake waits for the first notice.
	intakeWait = 5 * time.Second
	// ListSubject asks for a listing of the whole inbox.
	listSubject = "_tac.notice.list"
	// judgeSubject asks for series to be judged.
	judgeSubject = "_tac.notice.judge"
)

// An Intake takes notices and alarms from the queue: every object is looked
// at and appended to the ledger, then every series that was touched is judged
// once, then the notices are acknowledged. A death at any point means that
// they come again.
type Intake struct {
	Broker *Broker
	Ledger *Ledger
	Door   *ingest.Door
	Judge  *ingest.Judge
	// Parse decodes what a store sent to _tac.notice.<source>.
	Parse func(source string, body []byte) ([]ingest.Notice, error)
	// Relist is called when somebody asks for a listing.
	Relist func()
	Log    *slog.Logger
	// At is called at labelled points; may be nil.
	At func(point string)
}

// Run works until ctx ends.
func (in *Intake) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		msgs, err := in.next(ctx)
		if err != nil && ctx.Err() == nil {
			in.Log.WarnContext(ctx, "no notices, trying again", "err", err)
			pause(ctx, time.Second)
		}
		if len(msgs) > 0 {
			in.Handle(ctx, msgs)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// next waits for a notice and takes what has come by then.
func (in *Intake) next(ctx context.Context) ([]jetstream.Msg, error) {
	c, err := in.Broker.notices.Consumer(ctx, consumerIntake)
	if err != nil {
		return nil, err
	}
	first, err := c.Fetch(1, jetstream.FetchMaxWait(intakeWait))
	if err != nil {
		return nil, err
	}
	msgs := drain(first)
	if len(msgs) == 0 || ctx.Err() != nil {
		return msgs, first.Error()
	}
	more, err := c.FetchNoWait(intakeBatch - 1)
	if err != nil {
		return msgs, nil // the next round says why
	}
	return append(msgs, drain(more)...), nil
}

func drain(b jetstream.MessageBatch) []jetstream.Msg {
	var msgs []jetstream.Msg
	for m := range b.Messages() {
		msgs = append(msgs, m)
	}
	return msgs
}

// A round collects what a batch of messages touches, and which messages must
// come again.
type round struct {
	mu      sync.Mutex
	series  map[ingest.Token]bool            // value: judged as quiet
	why     map[ingest.Token][]jetstream.Msg // the messages that touch each series
	again   map[jetstream.Msg]bool
	folders folderRound
}

// Handle settles a batch of messages.
func (in *Intake) Handle(ctx context.Context, msgs []jetstream.Msg) {
	r := &round{series: map[ingest.Token]bool{}, why: map[ingest.Token][]jetstream.Msg{}, again: map[jetstream.Msg]bool{}, folders: newFolderRound()}
	in.observe(ctx, msgs, r)
	in.judge(ctx, r)
	for _, m := range msgs {
		if err := settle(m, r.again[m]); err != nil {
			in.Log.WarnContext(ctx, "a notice is not acknowledged, so it will come again", "err", err)
		}
	}
}

func settle(m jetstream.Msg, again bool) error {
	if !again {
		return m.Ack()
	}
	return m.NakWithDelay(backoff(m))
}

// backoff grows from 1/4 s to 30 s with the number of deliveries.
func backoff(m jetstream.Msg) time.Duration {
	meta, err := m.Metadata()
	if err != nil {
		return time.Second
	}
	return min(250*time.Millisecond<<min(meta.NumDelivered-1, 10), 30*time.Second)
}

// observe looks at every object once, however many notices name it.
func (in *Intake) observe(ctx context.Context, msgs []jetstream.Msg, r *round) {
	work := map[ingest.Object][]jetstream.Msg{}
	notices := map[ingest.Object]ingest.Notice{}
	for _, m := range msgs {
		for _, n := range in.decode(ctx, m, r) {
			obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
			notices[obj] = n
			work[obj] = append(work[obj], m)
		}
	}
	var g errgroup.Group
	g.SetLimit(intakeParallel)
	for obj, n := range notices {
		g.Go(func() error {
			touch, err := in.Door.Observe(ctx, n)
			if err == nil {
				err = in.touch(ctx, touch, work[obj], r)
			}
			if err != nil {
				in.Log.WarnContext(ctx, "object not looked at, so its notice will come again", "object", obj.ID(), "err", err)
				r.repeat(work[obj])
			}
			return nil
		})
	}
	g.Wait()
}

func (r *round) repeat(msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range msgs {
		r.again[m] = true
	}
}

// decode turns a message into notices; alarms go straight into the round. A
// message that nobody can read is noted and dropped: the lister finds what it
// may have meant.
func (in *Intake) decode(ctx context.Context, m jetstream.Msg, r *round) []ingest.Notice {
	subject := m.Subject()
	if f, ok := folderDue(m); ok {
		r.folders.quiet[f] = append(r.folders.quiet[f], m)
		return nil
	}
	if series, ok := strings.CutPrefix(subject, "_tac.timer.due."); ok {
		r.series[ingest.Token(series)] = true
		r.why[ingest.Token(series)] = append(r.why[ingest.Token(series)], m)
		return nil
	}
	if subject == judgeSubject {
		for line := range strings.Lines(string(m.Data())) {
			series := ingest.Token(strings.TrimSpace(line))
			r.series[series] = r.series[series] || false
			r.why[series] = append(r.why[series], m)
		}
		return nil
	}
	if subject == listSubject {
		in.Relist()
		return nil
	}
	notices, err := in.Parse(strings.TrimPrefix(subject, "_tac.notice."), m.Data())
	if err != nil {
		in.Log.WarnContext(ctx, "a notice that cannot be read is dropped; the lister will find what it meant", "err", err)
	}
	return notices
}

// touch notes what is to be judged.
func (in *Intake) touch(ctx context.Context, t ingest.Touch, msgs []jetstream.Msg, r *round) error {
	series := t.Series
	if t.RegionsIn {
		near, err := in.Ledger.SeriesNear(ctx, t.Bucket, t.Folder)
		if err != nil {
			return err
		}
		series = append(series, near...)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range series {
		r.series[s] = r.series[s] || false
		r.why[s] = append(r.why[s], msgs...)
	}
	if t.Unusable {
		f := Folder{t.Bucket, t.Folder}
		r.folders.came[f] = append(r.folders.came[f], msgs...)
	}
	return nil
}

// judge checks every series of the round. One that cannot be judged repeats
// its own notices and harms no other's.
func (in *Intake) judge(ctx context.Context, r *round) {
	for s, quiet := range r.series {
		if err := in.Judge.Check(ctx, s, quiet); err != nil {
			in.Log.WarnContext(ctx, "series not judged, so its notices will come again", "series", s, "err", err)
			r.repeat(r.why[s])
		}
	}
	in.byproducts(ctx, r)
}

// Notify publishes a notice about objects, in the form that stores use.
func (b *Broker) Notify(ctx context.Context, source string, body []byte) error {
	_, err := b.publish(ctx, &nats.Msg{Subject: noticeSubject(source), Data: body})
	return err
}

func noticeSubject(source string) string { return "_tac.notice." + source }

// Announce publishes a notice for those who may do nothing else, and waits
// until the stream has it. The source "list" asks for a listing of the inbox.
// Where NATS is away it waits for it until ctx ends.
func Announce(ctx context.Context, conn *nats.Conn, source string, body []byte) error {
	for {
		reply, err := conn.RequestMsgWithContext(ctx, &nats.Msg{Subject: noticeSubject(source), Data: body})
		if err == nil {
			return acknowledged(reply)
		}
		if !errors.Is(err, nats.ErrNoResponders) && !errors.Is(err, nats.ErrDisconnected) {
			return err
		}
		if pause(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// acknowledged returns an error unless the reply says that the message is
// stored.
func acknowledged(reply *nats.Msg) error {
	var ack struct {
		Stream string `json:"stream"`
		Error  *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if ack.Error != nil {
		return fmt.Errorf("notice: %s", ack.Error.Description)
	}
	return nil
}
