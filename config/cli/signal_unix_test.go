//go:build unix

package cli

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Control-C in a terminal reaches the store too, which must not take it for
// its own end: the line still needs it, and nothing died.
func TestASignalToAllProcesses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.launchWith(append([]string{"serve"}, r.flags()...), func(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} })
	r.eventually(time.Minute, func() bool { return strings.Contains(p.out.String(), "is ready") || p.ended() }, "serve is not ready")
	if err := syscall.Kill(-p.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	r.eventually(time.Minute, p.ended, "control-C does not end it")
	if out := p.out.String(); p.ProcessState.ExitCode() != 0 || strings.Contains(out, "level=ERROR") || !strings.Contains(out, "stopping") {
		t.Errorf("exit %d, %s", p.ProcessState.ExitCode(), out)
	}
}
