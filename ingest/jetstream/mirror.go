package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DefaultMirrorEvery is how often the mirror of the events is looked at: one
// that is deleted is back within a minute.
const DefaultMirrorEvery = 30 * time.Second

// The subjects by which the mirror of the events asks for them and gets them.
const (
	mirrorAPI     = "_tacmirror.api"
	mirrorDeliver = "_tacmirror.events"
)

// A Mirror is the mirror of the stream of events in the account PUBLIC, where
// subscribers read it.
type Mirror struct {
	conn *nats.Conn
	js   jetstream.JetStream
	want jetstream.StreamConfig
	made string                // the configuration as the server has it, see plainly
	seen jetstream.StreamState // at the last look
}

// EnsureMirror makes the mirror. Conn must be of a user with RoleMirror and
// stay open. Events older than age leave the mirror. The stream itself may come
// later. A server that cannot do it now is waited for until ctx ends; waiting is
// then called once with why, if it is not nil.
func EnsureMirror(ctx context.Context, conn *nats.Conn, age time.Duration, waiting func(error)) (*Mirror, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	m := &Mirror{conn: conn, js: js, want: jetstream.StreamConfig{
		Name: StreamEvents, Storage: jetstream.FileStorage, MaxAge: age, DenyDelete: true, DenyPurge: true,
		Mirror: &jetstream.StreamSource{
			Name:     StreamEvents,
			External: &jetstream.ExternalStream{APIPrefix: mirrorAPI, DeliverPrefix: mirrorDeliver},
		},
	}}
	if err := persist(ctx, conn, waiting, func(ctx context.Context) error { _, err := m.mend(ctx); return err }); err != nil {
		return nil, fmt.Errorf("mirror of %s: %w", StreamEvents, err)
	}
	return m, nil
}

// Keep looks at the mirror every so often, DefaultMirrorEvery if every is 0,
// until ctx ends. One that was deleted or altered is made again, and log says
// so; it says nothing while all is well.
func (m *Mirror) Keep(ctx context.Context, every time.Duration, log *slog.Logger) error {
	tick := time.NewTicker(orDuration(every, DefaultMirrorEvery))
	defer tick.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		looking, cancel := context.WithTimeout(ctx, PublishWait)
		what, err := m.mend(looking)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			log.Warn("the mirror of the events cannot be kept, trying again", "stream", StreamEvents, "err", err)
		case what != "" && err == nil:
			log.Warn("the mirror of the events "+what+", so it was made again", "stream", StreamEvents)
		}
		failing = err != nil
	}
}

// mend makes the mirror what it should be, and says what was wrong.
func (m *Mirror) mend(ctx context.Context) (what string, err error) {
	stream, err := m.js.Stream(ctx, StreamEvents)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return "was gone", m.create(ctx)
	}
	if err != nil {
		return "", err
	}
	info := stream.CachedInfo()
	if plainly(info.Config) == m.made {
		m.seen = info.State
		return "", nil
	}
	first := m.made == "" // an earlier process made it, perhaps as it is made now
	before := info.State
	if !first {
		before = m.seen
	}
	stream, err = m.js.UpdateStream(ctx, m.want)
	if err == nil {
		info, err = stream.Info(ctx)
	}
	switch {
	case err != nil && !unchangeable(err):
		return "", err
	case err != nil || lost(before, info.State):
		// It became something that no update undoes, such as no mirror, or it
		// holds less than before, which no mirror fetches again.
		if err := m.js.DeleteStream(ctx, StreamEvents); err != nil {
			return "", err
		}
		return "was altered and could not be mended", m.create(ctx)
	}
	m.note(info)
	return "was altered", nil
}

// unchangeable reports whether an update is refused for what the stream is.
func unchangeable(err error) bool {
	const invalidConfig, noUpdate jetstream.ErrorCode = 10052, 10069
	var api *jetstream.APIError
	return errors.As(err, &api) && !passing(err) && (api.Code < firstServerError || api.ErrorCode == invalidConfig || api.ErrorCode == noUpdate)
}

// lost reports whether messages have gone from the stream.
func lost(before, now jetstream.StreamState) bool {
	return now.FirstSeq > before.FirstSeq || now.LastSeq < before.LastSeq || now.NumDeleted > before.NumDeleted
}

func (m *Mirror) create(ctx context.Context) error {
	stream, err := m.js.CreateStream(ctx, m.want)
	if err == nil {
		m.note(stream.CachedInfo())
	}
	return err
}

func (m *Mirror) note(info *jetstream.StreamInfo) {
	m.made, m.seen = plainly(info.Config), info.State
}

// plainly returns a configuration as text, without what the server notes
// there for itself.
func plainly(c jetstream.StreamConfig) string {
	c.Metadata = maps.Clone(c.Metadata)
	maps.DeleteFunc(c.Metadata, func(key, _ string) bool { return strings.HasPrefix(key, "_nats.") })
	if len(c.Metadata) == 0 {
		c.Metadata = nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // plain fields only
	}
	return string(text)
}
