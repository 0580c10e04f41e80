package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tacstream/config/line"
	"tacstream/config/rig"
	"tacstream/ingest/jetstream"
)

// A disguise stands before a NATS server and says that it is another version.
type disguise struct {
	net.Listener
	behind string

	mu      sync.Mutex
	version string
	conns   []net.Conn
}

func newDisguise(t *testing.T, behind, version string) *disguise {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &disguise{Listener: l, behind: behind, version: version}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { d.pass(c) })
		}
	})
	t.Cleanup(func() { l.Close(); d.turn(version); serving.Wait() })
	return d
}

// pass connects a client with the server behind.
func (d *disguise) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", d.behind)
	if err != nil {
		return
	}
	defer server.Close()
	d.mu.Lock()
	d.conns = append(d.conns, client)
	told := fmt.Appendf(nil, `"version":%q`, d.version)
	d.mu.Unlock()
	go func() { defer server.Close(); io.Copy(server, client) }()
	// A server says what it is more than once, each time in one piece.
	for buf := make([]byte, 64<<10); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if _, err := client.Write(bytes.ReplaceAll(buf[:n], fmt.Appendf(nil, `"version":%q`, jetstream.OldestServer), told)); err != nil {
			return
		}
	}
}

// turn gives the server another version and ends its connections.
func (d *disguise) turn(version string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.version = version
	for _, c := range d.conns {
		c.Close()
	}
	d.conns = nil
}

// behindDisguise writes a configuration of a line whose NATS is the disguise.
func behindDisguise(r *rig.Rig, d *disguise) string {
	r.T.Helper()
	file := filepath.Join(r.Dir, "disguise.yaml")
	rig.WriteFile(r.T, file, fmt.Sprintf("site_key: a key for tests only\nnats: {url: 'nats://%s', user: tacstream, password: nats-for-tests}\ns3: {endpoint: 'http://%s', access_key: tacstream, secret_key: s3-for-tests-only}\n",
		d.Addr(), r.S3Listen))
	return file
}

func refusesAs(p *rig.Proc, version string) bool {
	out := p.Out.String()
	return p.ProcessState.ExitCode() == 1 && strings.Contains(out, version) && strings.Contains(out, jetstream.OldestServer) && strings.Contains(out, "upgrade nats-server")
}

// Everything that connects refuses a server in which a reader can delete the
// events, at the start and when it comes to one later.
func TestOldServersEndWhateverConnects(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	r.Serve("nats,s3")
	d := newDisguise(t, r.NATSListen, jetstream.OldestServer)
	file := behindDisguise(r, d)
	env := []string{line.EnvS3Access + "=tacstream", line.EnvS3Secret + "=s3-for-tests-only", line.EnvNATSUser + "=tacstream", line.EnvNATSPassword + "=nats-for-tests"}
	store := []string{"s3", "--dir", t.TempDir(), "--listen", rig.FreeAddr(t), "--nats", "nats://" + d.Addr().String()}
	serve := func(role string) []string {
		return []string{"serve", "--only", role, "--config", file, "--data", t.TempDir()}
	}
	lasting := map[string][]string{"work": serve("work"), "ingest": serve("ingest"), "s3": store, "watch": {"watch", "--config", file, "--all"}}

	running := map[string]*rig.Proc{}
	for name, args := range lasting {
		running[name] = r.Launch(args, env...)
	}
	for name, p := range running {
		if name != "watch" { // which says nothing
			r.Eventually(time.Minute, func() bool { return strings.Contains(p.Out.String(), "is ready") || p.Ended() }, name+" is not ready")
		}
	}
	r.Eventually(time.Minute, func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.conns) >= len(lasting) }, "not all are connected")
	d.turn("2.15.2")
	for name, p := range running {
		r.Eventually(time.Minute, p.Ended, name+" goes on with an old server")
		if out := p.Out.String(); !refusesAs(p, "2.15.2") || !strings.Contains(out, "level=ERROR") {
			t.Errorf("%s: exit %d, %s", name, p.ProcessState.ExitCode(), out)
		}
	}

	lasting["list"] = []string{"list", "--config", file}
	lasting["submit"] = []string{"submit", t.TempDir(), "--config", file}
	for name, args := range lasting {
		p := r.Launch(args, env...)
		r.Eventually(time.Minute, p.Ended, name+" takes an old server")
		if !refusesAs(p, "2.15.2") {
			t.Errorf("%s: exit %d, %s", name, p.ProcessState.ExitCode(), p.Out)
		}
	}
}

func TestLinksRefuseByVersion(t *testing.T) {
	server, err := jetstream.StartServer(jetstream.ServerOptions{StoreDir: t.TempDir(), Listen: "127.0.0.1:0", Users: []jetstream.User{{Name: "u", Password: "p", Role: jetstream.RoleTacstream}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	behind := strings.TrimPrefix(server.ClientURL(), "nats://")
	log := slog.New(slog.DiscardHandler)
	for _, tt := range []struct {
		version string
		refused bool
	}{{"2.15.2", true}, {"2.10.0", true}, {"2.15.3-RC.1", true}, {"devel", true}, {"2.15.3", false}, {"2.16.0", false}} {
		d := newDisguise(t, behind, tt.version)
		links := line.StoreLinks("nats://"+d.Addr().String(), "u", "p", "")
		conn, err := links.Connect(log)
		if errors.Is(err, jetstream.ErrOldServer) != tt.refused || tt.refused && !strings.Contains(err.Error(), tt.version) {
			t.Errorf("%s: %v, want refused = %v", tt.version, err, tt.refused)
		}
		if err == nil {
			conn.Close()
		}
	}

	// The same where the old one comes later.
	d := newDisguise(t, behind, "2.15.3")
	links := line.StoreLinks("nats://"+d.Addr().String(), "u", "p", "")
	refused := make(chan error, 9)
	links.Refuse = func(err error) { refused <- err }
	conn, err := links.Connect(log)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	d.turn("2.16.0")
	// A flush that is under way when the connection breaks off fails.
	(&rig.Rig{T: t}).Eventually(10*time.Second, func() bool { return conn.FlushTimeout(time.Second) == nil }, "the connection does not come back")
	d.turn("2.15.2")
	if err := <-refused; !errors.Is(err, jetstream.ErrOldServer) || !strings.Contains(err.Error(), "2.15.2") {
		t.Errorf("%v", err)
	}
}
