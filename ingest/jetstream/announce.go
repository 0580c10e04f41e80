package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// Notify publishes a notice about objects, in the form that stores use.
func (b *Broker) Notify(ctx context.Context, source string, body []byte) error {
	return notify(ctx, b.js, source, body)
}

func notify(ctx context.Context, js jetstream.JetStream, source string, body []byte) error {
	_, err := publish(ctx, js, &nats.Msg{Subject: noticeSubject(source), Data: body})
	return err
}

// AskJudge has the intake judge series.
func (b *Broker) AskJudge(ctx context.Context, series ...ingest.Token) error {
	return askJudge(ctx, b.js, series)
}

func askJudge(ctx context.Context, js jetstream.JetStream, series []ingest.Token) error {
	var body strings.Builder
	for _, s := range series {
		fmt.Fprintln(&body, s)
	}
	return notify(ctx, js, requestJudge, []byte(body.String()))
}

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
