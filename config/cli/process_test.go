package cli

import (
	"bytes"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

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
