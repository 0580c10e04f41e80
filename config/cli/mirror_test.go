package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/config"
	"tacstream/config/line"
	"tacstream/config/rig"
	"tacstream/ingest/jetstream"
)

// ownNATS starts a NATS server as compose.yaml does, with the passwords
// secretOfTacstream and secretOfMirror, and returns its address.
func ownNATS(t *testing.T) string {
	t.Helper()
	addr := rig.FreeAddr(t)
	text, err := jetstream.ServerConfig(jetstream.ServerOptions{StoreDir: t.TempDir(), Listen: addr, Users: []jetstream.User{
		{Name: line.UserTacstream, Role: jetstream.RoleTacstream}, {Name: line.UserMirror, Role: jetstream.RoleMirror},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NATS_PASSWORD_TACSTREAM", "secretOfTacstream")
	t.Setenv("NATS_PASSWORD__MIRROR", "secretOfMirror")
	file := filepath.Join(t.TempDir(), "nats.conf")
	rig.WriteFile(t, file, text)
	opts, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoLog, opts.NoSigs = true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return addr
}

// The line looks after the mirror in a NATS of one's own, too.
func TestTheMirrorInANATSOfOnesOwnComesBack(t *testing.T) {
	addr := ownNATS(t)
	r := rig.New(t)
	r.Launch([]string{"s3", "--dir", t.TempDir(), "--listen", r.S3Listen, "--nats", "nats://" + addr}, line.EnvS3Access+"=tacstream",
		line.EnvS3Secret+"=s3-for-tests-only", line.EnvNATSUser+"="+line.UserTacstream, line.EnvNATSPassword+"=secretOfTacstream")
	cfg := config.Default()
	cfg.SiteKey = "a key for tests only"
	cfg.NATS.URL, cfg.NATS.User, cfg.NATS.Password, cfg.NATS.Mirror = "nats://"+addr, line.UserTacstream, "secretOfTacstream", "secretOfMirror"
	cfg.S3.Endpoint, cfg.S3.AccessKey, cfg.S3.SecretKey = "http://"+r.S3Listen, "tacstream", "s3-for-tests-only"

	var log rig.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- line.Serve(ctx, line.ServeOptions{
			Config: cfg, Data: t.TempDir(), Only: []string{line.RoleIngest}, MirrorEvery: 10 * time.Millisecond,
			Log: slog.New(slog.NewTextHandler(&log, nil)), Ready: func(line.Started) { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("%v: %s", err, log.String())
	}
	conn, err := nats.Connect("nats://"+addr, nats.UserInfo(line.UserMirror, "secretOfMirror"), nats.CustomInboxPrefix(jetstream.InboxPrefix))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		if err := js.DeleteStream(t.Context(), jetstream.StreamEvents); err != nil {
			t.Fatal(err)
		}
		r.Eventually(time.Minute, func() bool {
			return strings.Count(log.String(), "the mirror of the events was gone, so it was made again") > round
		}, fmt.Sprintf("loss %d is not said", round))
		if _, err := js.Stream(t.Context(), jetstream.StreamEvents); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
