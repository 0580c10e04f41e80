//go:build unix

package cli

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// stopHere stops this very process until it is continued.
func stopHere() {
	syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	time.Sleep(10 * time.Millisecond) // the signal arrives in another thread
}

// resume continues a process that stopped.
func (p *proc) resume() { p.Process.Signal(syscall.SIGCONT) }

// needsStopping skips a test where processes cannot be stopped.
func needsStopping(testing.TB) {}
