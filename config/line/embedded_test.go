package line_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"tacstream/config"
	"tacstream/config/line"
)

// Two processes must not run their servers on the same files, whatever their
// addresses are.
func TestADataDirectoryServesOneProcess(t *testing.T) {
	data := t.TempDir()
	other := flock.New(filepath.Join(data, "lock"))
	if ours, err := other.TryLock(); err != nil || !ours {
		t.Fatal(ours, err)
	}
	opts := line.ServeOptions{
		Config: config.Default(), Data: data, Only: []string{line.RoleNATS}, NATSListen: freeAddr(t), S3Listen: freeAddr(t), Log: slog.New(slog.DiscardHandler),
	}
	if err := line.Serve(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "a 'tacstream serve' already") {
		t.Errorf("beside another: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel() // it gets past the lock, and ends
	if err := line.Serve(ended, opts); err != nil && strings.Contains(err.Error(), "a 'tacstream serve' already") {
		t.Errorf("after another: %v", err)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
