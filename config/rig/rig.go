package rig

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

// Configuration returns a configuration whose times are short, to which more
// may be added.
func Configuration(quiet time.Duration) string {
	return fmt.Sprintf(`timing:
  ack_wait: 2s
  quiet: %s
  list: 5m
  retry: 200ms
limits:
  workers: 1
`, quiet)
}

// A Rig is a data directory, two addresses and the processes that run on them.
// Its methods end the test where they cannot do what they say.
type Rig struct {
	T   testing.TB
	Dir string // holds all that the rig writes

	Config     string // the file, which may be written anew
	Data       string // the directory of the embedded servers
	NATSListen string
	S3Listen   string

	connecting sync.Mutex
	line       *line.Line // as the operator sees it; nil until Connect

	mu    sync.Mutex
	procs []*Proc
}

// New returns a rig in a directory of its own. Its processes end with the test.
func New(t testing.TB) *Rig { return NewQuiet(t, 20*time.Second) }

// NewQuiet is New with a quiet time after which an unfinished series is called
// incomplete.
func NewQuiet(t testing.TB, quiet time.Duration) *Rig {
	t.Helper()
	dir := t.TempDir()
	r := &Rig{
		T: t, Dir: dir, Config: filepath.Join(dir, "tacstream.yaml"), Data: filepath.Join(dir, "data"), NATSListen: FreeAddr(t), S3Listen: FreeAddr(t),
	}
	WriteFile(t, r.Config, Configuration(quiet))
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	WriteFile(t, config.SecretsFile(r.Data), secrets)
	t.Cleanup(r.Stop)
	return r
}

// WriteFile writes a file that its owner alone can read.
func WriteFile(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Serve starts 'tacstream serve' with some roles and waits until it is ready.
func (r *Rig) Serve(only string, env ...string) *Proc {
	r.T.Helper()
	p := r.Launch(append([]string{"serve", "--only", only}, r.Flags()...), env...)
	r.Eventually(time.Minute, func() bool { return strings.Contains(p.Out.String(), "is ready") || p.Ended() }, "serve --only "+only+" is not ready")
	if p.Ended() {
		r.T.Fatalf("serve --only %s ended: %s", only, p.Out)
	}
	return p
}

// Flags returns the flags by which a command finds the line of the rig.
func (r *Rig) Flags() []string {
	return []string{"--config", r.Config, "--data", r.Data, "--nats-listen", r.NATSListen, "--s3-listen", r.S3Listen}
}

// Launch starts the program with further variables of the environment.
func (r *Rig) Launch(args []string, env ...string) *Proc {
	r.T.Helper()
	return r.LaunchWith(args, func(c *exec.Cmd) { c.Env = append(c.Env, env...) })
}

// LaunchWith starts the program as set leaves the command.
func (r *Rig) LaunchWith(args []string, set func(*exec.Cmd)) *Proc {
	r.T.Helper()
	exe, err := os.Executable()
	if err != nil {
		r.T.Fatal(err)
	}
	p := &Proc{Cmd: exec.Command(exe, args...), Out: &Buffer{}, done: make(chan struct{})}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stdout, p.Stderr = p.Out, p.Out
	// What a killed parent leaves open must not keep Wait from returning.
	p.WaitDelay = time.Second
	set(p.Cmd)
	if err := p.Start(); err != nil {
		r.T.Fatal(err)
	}
	go func() { defer close(p.done); p.Wait() }()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.procs = append(r.procs, p)
	return p
}

// Stop kills every process. Where the test failed it logs what they wrote last.
func (r *Rig) Stop() {
	r.Disconnect()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.procs {
		p.Resume()
		p.Kill()
		if r.T.Failed() {
			r.T.Logf("%s:\n%s", strings.Join(p.Args[1:4], " "), tail(p.Out.String(), 3000))
		}
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// Connect opens the line as the operator's commands do.
func (r *Rig) Connect() *line.Line {
	r.T.Helper()
	r.connecting.Lock()
	defer r.connecting.Unlock()
	if r.line == nil {
		cfg, err := config.Load(r.Config)
		if err != nil {
			r.T.Fatal(err)
		}
		r.line, err = line.OpenLine(context.WithoutCancel(r.T.Context()), line.ServeOptions{
			Config: cfg, Data: r.Data, Only: []string{"none"}, NATSListen: r.NATSListen, S3Listen: r.S3Listen, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			r.T.Fatal(err)
		}
	}
	return r.line
}

// Disconnect closes what Connect opened, for servers that go.
func (r *Rig) Disconnect() {
	if r.line != nil {
		r.line.Close()
	}
	r.line = nil
}

// patience is how much longer than usual things may take: machines are shared,
// and the race detector is slow.
const patience = 4

// Eventually waits until ok, checking often: what is waited for happens in
// other processes.
func (r *Rig) Eventually(within time.Duration, ok func() bool, what string) {
	r.T.Helper()
	within *= patience
	ctx, cancel := context.WithTimeout(r.T.Context(), within)
	defer cancel()
	for !ok() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			r.T.Fatalf("%s within %v", what, within)
		}
	}
}

// ConfigText returns the configuration of the rig.
func (r *Rig) ConfigText() string {
	r.T.Helper()
	body, err := os.ReadFile(r.Config)
	if err != nil {
		r.T.Fatal(err)
	}
	return string(body)
}

// Consumer connects with a consumer's credentials, as any client of NATS does.
func (r *Rig) Consumer() *nats.Conn {
	r.T.Helper()
	conn, err := nats.Connect("nats://"+r.NATSListen, nats.UserInfo(line.UserConsumer, "consumer-for-tests"))
	if err != nil {
		r.T.Fatal(err)
	}
	r.T.Cleanup(conn.Close)
	return conn
}

// Command runs one of the operator's commands and returns what it prints.
func (r *Rig) Command(args ...string) string {
	r.T.Helper()
	p := r.Launch(append(args, r.Flags()...))
	r.Eventually(time.Minute, p.Ended, strings.Join(args, " ")+" does not end")
	if code := p.ProcessState.ExitCode(); code != 0 {
		r.T.Fatalf("%v exits %d: %s", args, code, p.Out)
	}
	return p.Out.String()
}
