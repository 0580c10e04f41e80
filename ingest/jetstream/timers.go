package jetstream

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// Arm has the intake told that nothing came for a series once the quiet time
// is over. The schedule is durable, and publishing it again moves it.
func (b *Broker) Arm(ctx context.Context, series ingest.Token) error {
	at := time.Now().Add(b.opts.QuietTime).Truncate(time.Second).Add(time.Second) // schedules count in whole seconds
	_, err := publish(ctx, b.js, &nats.Msg{Subject: "_tac.timer.arm." + string(series)},
		jetstream.WithScheduleAt(at), jetstream.WithScheduleTarget(dueSubject(string(series))))
	return err
}

// Armed returns the series of which a timer runs or has rung.
func (b *Broker) Armed(ctx context.Context) (map[ingest.Token]bool, error) {
	return seriesIn(ctx, b.notices, "_tac.timer.*.*")
}

// timerFolder begins the last token of the timers of folders. No token of a
// series begins so.
const timerFolder = "=f"

func armSubject(f Folder) string {
	return "_tac.timer.arm." + timerFolder + ingest.Object{Bucket: f.Bucket, Key: f.Name}.ID()
}

// ArmFolder has the intake told that no other unusable object came to a folder
// once the quiet time is over. The schedule is durable, and publishing it again
// moves it.
func (b *Broker) ArmFolder(ctx context.Context, f Folder) error {
	body, err := json.Marshal(place{Bucket: f.Bucket, Folder: f.Name})
	if err != nil {
		return err
	}
	arm := armSubject(f)
	due := strings.Replace(arm, ".arm.", ".due.", 1)
	at := time.Now().Add(b.opts.QuietTime).Truncate(time.Second).Add(time.Second) // schedules count in whole seconds
	_, err = publish(ctx, b.js, &nats.Msg{Subject: arm, Data: body}, jetstream.WithScheduleAt(at), jetstream.WithScheduleTarget(due))
	return err
}

// folderDue returns the folder of which the timer went off; ok is false for any
// other message. One that nobody can read names no folder.
func folderDue(m jetstream.Msg) (f Folder, ok bool) {
	if !strings.HasPrefix(m.Subject(), "_tac.timer.due."+timerFolder) {
		return f, false
	}
	var p place
	if json.Unmarshal(m.Data(), &p) != nil {
		return f, true
	}
	return Folder{p.Bucket, p.Folder}, true
}
