//go:build unix

package cli

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"tacstream/config/rig"
)

// Control-C in a terminal reaches the store too, which must not take it for
// its own end: the line still needs it, and nothing died.
func TestASignalToAllProcesses(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	p := r.LaunchWith(append([]string{"serve"}, r.Flags()...), func(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} })
	r.Eventually(time.Minute, func() bool { return strings.Contains(p.Out.String(), "is ready") || p.Ended() }, "serve is not ready")
	if err := syscall.Kill(-p.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	r.Eventually(time.Minute, p.Ended, "control-C does not end it")
	if out := p.Out.String(); p.ProcessState.ExitCode() != 0 || strings.Contains(out, "level=ERROR") || !strings.Contains(out, "stopping") {
		t.Errorf("exit %d, %s", p.ProcessState.ExitCode(), out)
	}
}
