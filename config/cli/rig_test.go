package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config"
	"tacstream/config/line"
)

// secrets are the same in every rig, so that the same input has the same
// tokens and gives the same bytes.
const secrets = `{"site_key":"a key for tests only","nats_password":"nats-for-tests","nats_consumer_password":"consumer-for-tests",
"nats_facility_password":"facility-for-tests","s3_access_key":"tacstream","s3_secret_key":"s3-for-tests-only"}`

// configuration returns a configuration whose times are short, to which more
// may be added.
func configuration(quiet time.Duration) string {
	return fmt.Sprintf(`timing:
  ack_wait: 2s
  quiet: %s
  list: 5m
  retry: 200ms
limits:
  workers: 1
`, quiet)
}

// A rig is a data directory, two addresses and the processes that run on them.
type rig struct {
	t   testing.TB
	dir string // holds all that the rig writes

	config     string // the file, which may be written anew
	data       string
	natsListen string
	s3Listen   string

	connecting sync.Mutex
	line       *line.Line // as the operator sees it; nil until connect

	mu    sync.Mutex
	procs []*proc
}

func newRig(t testing.TB) *rig { return newRigQuiet(t, 20*time.Second) }

func newRigQuiet(t testing.TB, quiet time.Duration) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{
		t: t, dir: dir, config: filepath.Join(dir, "tacstream.yaml"), data: filepath.Join(dir, "data"), natsListen: freeAddr(t), s3Listen: freeAddr(t),
	}
	write(t, r.config, configuration(quiet))
	if err := os.MkdirAll(r.data, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, config.SecretsFile(r.data), secrets)
	t.Cleanup(r.stop)
	return r
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve starts 'tacstream serve' with some roles and waits until it is ready.
func (r *rig) serve(only string, env ...string) *proc {
	r.t.Helper()
	p := r.launch(append([]string{"serve", "--only", only}, r.flags()...), env...)
	r.eventually(time.Minute, func() bool { return strings.Contains(p.out.String(), "is ready") || p.ended() }, "serve --only "+only+" is not ready")
	if p.ended() {
		r.t.Fatalf("serve --only %s ended: %s", only, p.out)
	}
	return p
}

func (r *rig) flags() []string {
	return []string{"--config", r.config, "--data", r.data, "--nats-listen", r.natsListen, "--s3-listen", r.s3Listen}
}

func (r *rig) launch(args []string, env ...string) *proc {
	r.t.Helper()
	return r.launchWith(args, func(c *exec.Cmd) { c.Env = append(c.Env, env...) })
}

// launchWith starts the program as set leaves the command.
func (r *rig) launchWith(args []string, set func(*exec.Cmd)) *proc {
	r.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	p := &proc{Cmd: exec.Command(exe, args...), out: &syncBuffer{}, done: make(chan struct{})}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stdout, p.Stderr = p.out, p.out
	// What a killed parent leaves open must not keep Wait from returning.
	p.WaitDelay = time.Second
	set(p.Cmd)
	if err := p.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() { defer close(p.done); p.Wait() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.procs = append(r.procs, p)
	return p
}

func (r *rig) stop() {
	r.disconnect()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.procs {
		p.resume()
		p.kill()
		if r.t.Failed() {
			r.t.Logf("%s:\n%s", strings.Join(p.Args[1:4], " "), tail(p.out.String(), 3000))
		}
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// connect opens the line as the operator's commands do.
func (r *rig) connect() *line.Line {
	r.t.Helper()
	r.connecting.Lock()
	defer r.connecting.Unlock()
	if r.line == nil {
		cfg, err := config.Load(r.config)
		if err != nil {
			r.t.Fatal(err)
		}
		r.line, err = line.OpenLine(context.WithoutCancel(r.t.Context()), line.ServeOptions{
			Config: cfg, Data: r.data, Only: []string{"none"}, NATSListen: r.natsListen, S3Listen: r.s3Listen, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return r.line
}

// disconnect closes what connect opened, for servers that go.
func (r *rig) disconnect() {
	if r.line != nil {
		r.line.Close()
	}
	r.line = nil
}

// patience is how much longer than usual things may take: machines are shared,
// and the race detector is slow.
const patience = 4

// eventually waits until ok, checking often: what is waited for happens in
// other processes.
func (r *rig) eventually(within time.Duration, ok func() bool, what string) {
	r.t.Helper()
	within *= patience
	ctx, cancel := context.WithTimeout(r.t.Context(), within)
	defer cancel()
	for !ok() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			r.t.Fatalf("%s within %v", what, within)
		}
	}
}

// configText returns the configuration of the rig.
func (r *rig) configText() string {
	r.t.Helper()
	body, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

// consumer connects with a consumer's credentials, as any client of NATS does.
func (r *rig) consumer() *nats.Conn {
	r.t.Helper()
	conn, err := nats.Connect("nats://"+r.natsListen, nats.UserInfo(line.UserConsumer, "consumer-for-tests"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(conn.Close)
	return conn
}

// command runs one of the operator's commands and returns what it prints.
func (r *rig) command(args ...string) string {
	r.t.Helper()
	p := r.launch(append(args, r.flags()...))
	r.eventually(time.Minute, p.ended, strings.Join(args, " ")+" does not end")
	if code := p.ProcessState.ExitCode(); code != 0 {
		r.t.Fatalf("%v exits %d: %s", args, code, p.out)
	}
	return p.out.String()
}
