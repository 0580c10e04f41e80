package cli

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Servers that refuse a worker end it, with the reason, instead of being asked
// for ever.
func TestServersThatRefuse(t *testing.T) {
	r := newRig(t)
	r.serve("nats,s3")
	for _, tt := range []struct{ name, natsPassword, s3Secret, says string }{
		{"nats", "wrong", "s3-for-tests-only", "the user or the password of NATS is wrong"},
		{"s3", "nats-for-tests", "wrong", "are s3.access_key and s3.secret_key right"},
		{"key", "nats-for-tests", "s3-for-tests-only", "another site_key"},
	} {
		key := "a key for tests only"
		if tt.name == "key" {
			r.serve("ingest").terminate(t) // the first that makes tokens
			key = "a key of another line"
		}
		file := filepath.Join(r.dir, tt.name+".yaml")
		write(t, file, fmt.Sprintf("site_key: %s\nnats: {url: 'nats://%s', user: tacstream, password: %s}\ns3: {endpoint: 'http://%s', access_key: tacstream, secret_key: %s}\n",
			key, r.where.NATSListen, tt.natsPassword, r.where.S3Listen, tt.s3Secret))
		p := r.launch([]string{"serve", "--only", "work", "--config", file, "--data", t.TempDir()})
		r.eventually(time.Minute, p.ended, tt.name+" that refuses does not end it")
		if out := p.out.String(); p.ProcessState.ExitCode() != 1 || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit %d, %s", tt.name, p.ProcessState.ExitCode(), out)
		}
	}
}

// Control-C in a terminal reaches the store too, which must not take it for
// its own end: the line still needs it, and nothing died.
func TestASignalToAllProcesses(t *testing.T) {
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
