package jetstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/ingest/jetstream"
)

func TestServersTooOldAreRefused(t *testing.T) {
	for _, tt := range []struct {
		version string
		refused bool
	}{
		{"2.15.3", false}, {"2.15.4", false}, {"2.16.0", false}, {"3.0.0", false}, {"v2.15.3", false}, {"2.15.10", false}, {"2.100.0", false},
		{"2.15.3+build.7", false}, {"2.16.0-RC.1", false}, {"2.15.4-preview.1", false},
		{"2.15.2", true}, {"2.10.0", true}, {"2.9.99", true}, {"1.99.99", true}, {"0.0.0", true}, {"2.14.12", true},
		{"2.15.3-RC.1", true}, {"2.15.3-beta", true}, {"2.15.2+ds1", true},
		{"", true}, {"2", true}, {"2.15", true}, {"latest", true}, {"2.15.x", true}, {"2.15.3.1", true}, {"-2.15.3", true},
		{"2.15.3 ", true}, {"2.99999999999999999999.0", true}, {"２.15.3", true}, {"2.15.3\n", true},
	} {
		err := jetstream.CheckVersion(tt.version)
		if errors.Is(err, jetstream.ErrOldServer) != tt.refused || (err != nil) != tt.refused {
			t.Errorf("%q: %v, want refused = %v", tt.version, err, tt.refused)
		}
		if tt.refused && (!strings.Contains(err.Error(), strings.TrimSpace(tt.version)) || !strings.Contains(err.Error(), jetstream.OldestServer) || !strings.Contains(err.Error(), "upgrade")) {
			t.Errorf("%q: %v does not name the version found, the one needed and the way out", tt.version, err)
		}
	}
}

// A fakeNATS says that it is a nats-server of some version, answers pings and
// notes what is published. It does nothing else.
type fakeNATS struct {
	url   string
	first chan struct{} // closed when something is published

	mu      sync.Mutex
	version string
	conns   []net.Conn
	asked   bool
}

func newFakeNATS(t *testing.T, addr, version string) *fakeNATS {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeNATS{url: "nats://" + l.Addr().String(), version: version, first: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); f.end(); serving.Wait() })
	return f
}

func (f *fakeNATS) serve(c net.Conn) {
	defer c.Close()
	f.mu.Lock()
	f.conns = append(f.conns, c)
	fmt.Fprintf(c, "INFO {\"server_id\":\"FAKE\",\"version\":%q,\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n", f.version)
	f.mu.Unlock()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		switch verb, _, _ := strings.Cut(lines.Text(), " "); verb {
		case "PING":
			fmt.Fprint(c, "PONG\r\n")
		case "PUB", "HPUB":
			f.publish()
		}
	}
}

func (f *fakeNATS) publish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked {
		close(f.first)
	}
	f.asked = true
}

// end ends the connections.
func (f *fakeNATS) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.Close()
	}
	f.conns = nil
}

func (f *fakeNATS) wasAsked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// An old server is refused before anything is asked of it; from a new one the
// streams are asked for.
func TestConnectLooksAtTheVersionFirst(t *testing.T) {
	for _, tt := range []struct {
		version string
		refused bool
	}{{"2.15.2", true}, {"2.10.0", true}, {"2.15.3-RC.1", true}, {"", true}, {"2.15.3", false}, {"2.16.0", false}} {
		t.Run(tt.version, func(t *testing.T) {
			t.Parallel()
			f := newFakeNATS(t, "127.0.0.1:0", tt.version)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if !tt.refused {
				go func() {
					select {
					case <-f.first:
					case <-ctx.Done():
					}
					cancel()
				}()
			}
			_, err := jetstream.Connect(ctx, connect(t, f.url), jetstream.Options{})
			if errors.Is(err, jetstream.ErrOldServer) != tt.refused || f.wasAsked() == tt.refused {
				t.Errorf("%v, asked %v; want refused = %v", err, f.wasAsked(), tt.refused)
			}
		})
	}
}

// A server that is away at first and old when it comes is refused like one that
// was there.
func TestConnectRefusesAServerThatComesLater(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	conn := connect(t, "nats://"+addr, nats.RetryOnFailedConnect(true), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	_, err = jetstream.Connect(t.Context(), conn, jetstream.Options{Waiting: func(error) { newFakeNATS(t, addr, "2.15.2") }})
	if !errors.Is(err, jetstream.ErrOldServer) {
		t.Errorf("%v, want a refusal", err)
	}
}
