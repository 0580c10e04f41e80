//go:build unix

package rig

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

// Resume continues a process that stopped.
func (p *Proc) Resume() { p.Process.Signal(syscall.SIGCONT) }

// NeedsStopping skips a test where processes cannot be stopped.
func NeedsStopping(testing.TB) {}
