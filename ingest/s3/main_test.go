package s3_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tacstream/ingest/s3"
)

const (
	accessKey = "tacstream-test"
	secretKey = "secret-of-the-test"
)

// settings are what a test tells the child that it starts.
type settings struct {
	Listen  string
	Dir     string
	Notices string // where notices go, one a line
	Refuse  string // while this file exists no notice is taken
	Owed    string // where Owed leaves its marks
	Sidecar bool
}

// TestMain turns the test binary into the child process where a test asks for
// one: the gateway can run only once in a process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "s3" {
		if err := child(os.Args[2]); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func child(listen string) error {
	var set settings
	if err := json.Unmarshal([]byte(os.Getenv("S3_TEST_SETTINGS")), &set); err != nil {
		return err
	}
	ctx, cancel := s3.UntilEOF(context.Background(), os.Stdin)
	defer cancel()
	notes := &fileNotifier{settings: set}
	return s3.Serve(ctx, s3.ServerOptions{
		Dir: set.Dir, Sidecar: set.Sidecar, Listen: listen, AccessKey: accessKey, SecretKey: os.Getenv("S3_TEST_SECRET"),
		Buckets: []string{"inbox", "results"}, Notifier: notes, NotifyBuckets: []string{"inbox"},
		Owed:  func(bucket string) { notes.append(set.Owed, []byte(bucket)) },
		Ready: s3.PrintReady(os.Stdout),
		Log:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// A fileNotifier keeps notices in a file.
type fileNotifier struct {
	settings
	mu sync.Mutex
}

func (n *fileNotifier) Notify(_ context.Context, payload []byte) error {
	if _, err := os.Stat(n.Refuse); err == nil {
		return errors.New("refused")
	}
	return n.append(n.Notices, payload)
}

func (n *fileNotifier) append(name string, line []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// A server is a running child with a client for it.
type server struct {
	settings
	*s3.Store
	addr   string
	readys chan string // the addresses of restarts
	log    *lockedBuffer
	stop   func()
}

// start runs a child until the test ends.
func start(t *testing.T) *server {
	t.Helper()
	return startIn(t, t.TempDir(), false)
}

// startIn runs a child over the folder store in dir.
func startIn(t *testing.T, dir string, sidecar bool) *server {
	t.Helper()
	set := settings{
		Sidecar: sidecar, Dir: filepath.Join(dir, "store"), Notices: filepath.Join(dir, "notices"),
		Refuse: filepath.Join(dir, "refuse"), Owed: filepath.Join(dir, "owed"),
	}
	env, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{settings: set, readys: make(chan string, 10), log: &lockedBuffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- s3.RunChild(ctx, s3.Child{
			Args:   func(listen string) []string { return []string{"s3", listen} },
			Env:    []string{"S3_TEST_SETTINGS=" + string(env), "S3_TEST_SECRET=" + secretKey},
			Listen: "127.0.0.1:0",
			Ready:  func(addr string) { s.readys <- addr },
			Stderr: s.log,
			Log:    slog.New(slog.NewTextHandler(s.log, nil)),
		})
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("RunChild: %v", err)
		}
	})
	t.Cleanup(s.stop)
	select {
	case s.addr = <-s.readys:
	case err := <-ended:
		ended <- err
		t.Fatalf("the child ended: %v\n%s", err, s.log)
	}
	s.Store = s.client(t, secretKey)
	return s
}

// client returns a client with the given secret.
func (s *server) client(t *testing.T, secret string) *s3.Store {
	t.Helper()
	store, err := s3.Open(s3.Options{Endpoint: "http://" + s.addr, AccessKey: accessKey, SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// lines returns the lines of a file, nil where it is missing.
func lines(t *testing.T, name string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

// refuses waits until nothing listens at the address.
func refuses(t *testing.T, addr string) bool {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return true
		}
		c.Close()
	}
	return false
}

// A lockedBuffer may be written to and read by several goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// name1024 is a key of the greatest length that S3 allows.
var name1024 = strings.Repeat(strings.Repeat("n", 254)+"/", 4) + "last"
