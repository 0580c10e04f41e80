package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tacstream/config"
	"tacstream/config/line"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/phantom"
)

// asProgram makes the test binary behave as tacstream itself, so that tests
// run the real program in processes of its own.
const asProgram = "TACSTREAM_AS_PROGRAM"

// asReleaseName names the results version that a process pretends to make.
const asReleaseName = "TACSTREAM_AS_RELEASE"

// asRelease has a process pretend to be another release.
func asRelease(version string) string { return asReleaseName + "=" + version }

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(runIn(os.Args[1:], env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, at: testPoint(), release: os.Getenv(asReleaseName)}))
	}
	os.Exit(m.Run())
}

// testPoint lets tests end a process of the program at a labelled point: where
// TACSTREAM_KILL_AT names it, the process kills itself, where TACSTREAM_STOP_AT
// does, it stops until it is continued.
func testPoint() func(string) {
	kill, stop := os.Getenv("TACSTREAM_KILL_AT"), os.Getenv("TACSTREAM_STOP_AT")
	return func(point string) {
		switch point {
		case kill:
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Kill()
			}
			select {} // the signal arrives in another thread
		case stop:
			stopHere()
		}
	}
}

// secrets are the same in every rig, so that the same input has the same
// tokens and gives the same bytes.
const secrets = `{"site_key":"a key for tests only","nats_password":"nats-for-tests","nats_consumer_password":"consumer-for-tests",
"nats_facility_password":"facility-for-tests","s3_access_key":"tacstream","s3_secret_key":"s3-for-tests-only"}`

const rigConfig = `timing:
  ack_wait: 2s
  quiet: %s
  list: 5m
  retry: 200ms
limits:
  workers: 1
`

// A rig is a data directory, two addresses and the processes that run on them.
type rig struct {
	t     testing.TB
	dir   string
	where where

	connecting sync.Mutex
	line       *line.Line // as the operator sees it; nil until connect

	mu    sync.Mutex
	procs []*proc
}

func newRig(t testing.TB) *rig { return newRigQuiet(t, 20*time.Second) }

func newRigQuiet(t testing.TB, quiet time.Duration) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{t: t, dir: dir, where: where{
		Data: filepath.Join(dir, "data"), Config: filepath.Join(dir, "tacstream.yaml"), NATSListen: freeAddr(t), S3Listen: freeAddr(t),
	}}
	write(t, r.where.Config, fmt.Sprintf(rigConfig, quiet))
	if err := os.MkdirAll(r.where.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, config.SecretsFile(r.where.Data), secrets)
	t.Cleanup(r.stop)
	return r
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// nextPort counts through ports below those that systems give to clients, so
// that nobody takes one before the process listens for which it is meant. Where
// it begins differs from process to process.
var nextPort atomic.Int64

// freeAddr returns an address on loopback that nobody uses.
func freeAddr(t testing.TB) string {
	t.Helper()
	const first, ports = 12_000, 18_000
	for range ports {
		port := first + (int64(os.Getpid())*97+nextPort.Add(1))%ports
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// A proc is one process of the program.
type proc struct {
	*exec.Cmd
	out  *syncBuffer
	done chan struct{}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
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
	return []string{"--config", r.where.Config, "--data", r.where.Data, "--nats-listen", r.where.NATSListen, "--s3-listen", r.where.S3Listen}
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

func (p *proc) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends the process as kill -9 does and waits until it is gone.
func (p *proc) kill() {
	p.Process.Kill()
	<-p.done
}

// terminate ends the process as a service manager does.
func (p *proc) terminate(t testing.TB) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		t.Fatal("SIGTERM did not end the process")
	}
	if code := p.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after SIGTERM the exit status is %d: %s", code, p.out)
	}
}

func (r *rig) stop() {
	if r.line != nil {
		r.line.Close()
	}
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
		line, err := r.where.open(&env{ctx: context.WithoutCancel(r.t.Context()), stderr: io.Discard})
		if err != nil {
			r.t.Fatal(err)
		}
		line.Log = slog.New(slog.DiscardHandler)
		r.line = line
	}
	return r.line
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
		if rest(ctx, 20*time.Millisecond) != nil {
			r.t.Fatalf("%s within %v", what, within)
		}
	}
}

// put uploads like any client: it tries again until the store takes it.
func (r *rig) put(key string, data []byte) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := r.connect().Store.Put(ctx, "inbox", key, data, "application/octet-stream")
		if err == nil {
			return
		}
		if rest(ctx, 50*time.Millisecond) != nil {
			r.t.Errorf("upload: %v", err)
			return
		}
	}
}

// upload sends files, several at once.
func (r *rig) upload(prefix string, files []phantom.File) {
	r.t.Helper()
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for f := range work {
				r.put(prefix+f.Name, f.Data)
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()
}

// smallScan is a scan that is quick to send and long enough to be fitted.
func smallScan(seed uint64, frames int) phantom.Series {
	return phantom.Series{Name: fmt.Sprintf("scan-%d", seed), Folder: fmt.Sprintf("scan-%d", seed), Seed: seed, Frames: phantom.EvenFrames(frames, 90*time.Minute/time.Duration(frames))}
}

func filesOf(s phantom.Series) []phantom.File { return slices.Collect(s.Files()) }

// A snapshot is everything that a consumer can see of results: every binding
// event that is stored, and every current.json.
type snapshot map[string]string

// settle waits until so many series have come to their end and nothing is
// left to do, and returns what there is.
func (r *rig) settle(series int) snapshot {
	r.t.Helper()
	return r.settleWithin(2*time.Minute, series)
}

func (r *rig) settleWithin(d time.Duration, series int) snapshot {
	r.t.Helper()
	line := r.connect()
	r.eventually(d, func() bool {
		done := 0
		err := line.Ledger.States(r.t.Context(), func(s ingest.State) error {
			if s.Look != "" && s.Done == s.Number && s.Result != "" {
				done++
			}
			return nil
		})
		return err == nil && done == series
	}, fmt.Sprintf("%d series did not come to their end", series))
	return r.snapshot()
}

func (r *rig) snapshot() snapshot {
	r.t.Helper()
	line := r.connect()
	got := snapshot{}
	for _, e := range r.events("pet.v1.*.binding.*.*") {
		key := "event " + e.Subject + " " + e.ID
		if _, twice := got[key]; twice {
			r.t.Errorf("%s is stored twice", key)
		}
		got[key] = timeless(string(e.Body))
	}
	for o, err := range line.Store.List(r.t.Context(), line.Config.S3.Results, "") {
		if err != nil {
			r.t.Fatal(err)
		}
		if strings.HasSuffix(o.Key, "/current.json") {
			body, _, err := line.Store.Get(r.t.Context(), o.Bucket, o.Key)
			if err != nil {
				r.t.Fatal(err)
			}
			got[o.Key] = timeless(string(body))
		}
	}
	return got
}

// lineTime is the time of an event, or of what current.json points to.
var lineTime = regexp.MustCompile(`"time": ?"[^"]*"`)

// timeless leaves out what two runs of the same input differ in: the line's own
// clock.
func timeless(body string) string {
	return lineTime.ReplaceAllString(body, `"time":"2000-01-01T00:00:00Z"`)
}

// events returns every stored event under a subject.
func (r *rig) events(subject string) []jetstream.Event {
	r.t.Helper()
	var events []jetstream.Event
	err := r.connect().Broker.Stored(r.t.Context(), subject, func(e jetstream.Event) error { events = append(events, e); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return events
}

// same reports the differences of two snapshots.
func (s snapshot) same(t *testing.T, want snapshot) {
	t.Helper()
	for key, body := range want {
		if got, ok := s[key]; !ok {
			t.Errorf("%s is missing", key)
		} else if got != body {
			t.Errorf("%s differs:\n%s\nwant\n%s", key, got, body)
		}
	}
	for key := range s {
		if _, ok := want[key]; !ok {
			t.Errorf("%s should not be there", key)
		}
	}
}

// configText returns the configuration of the rig.
func (r *rig) configText() string {
	r.t.Helper()
	body, err := os.ReadFile(r.where.Config)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}
