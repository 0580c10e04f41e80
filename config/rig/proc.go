package rig

import (
	"bytes"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Proc is one process of the program.
type Proc struct {
	*exec.Cmd
	Out  *Buffer // what it wrote, errors included
	done chan struct{}
}

// A Buffer is a bytes.Buffer that is written and read at the same time.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (s *Buffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String returns all that was written so far.
func (s *Buffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Ended reports whether the process is gone.
func (p *Proc) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process as kill -9 does and waits until it is gone.
func (p *Proc) Kill() {
	p.Process.Kill()
	<-p.done
}

// Terminate ends the process as a service manager does.
func (p *Proc) Terminate(t testing.TB) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		t.Fatal("SIGTERM did not end the process")
	}
	if code := p.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after SIGTERM the exit status is %d: %s", code, p.Out)
	}
}
