package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
)

// Servers that refuse a worker end it, with the reason, instead of being asked
// for ever.
func TestServersThatRefuse(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	r.Serve("nats,s3")
	for _, tt := range []struct{ name, natsPassword, s3Secret, says string }{
		{"nats", "wrong", "s3-for-tests-only", "the user or the password of NATS is wrong"},
		{"s3", "nats-for-tests", "wrong", "are s3.access_key and s3.secret_key right"},
		{"key", "nats-for-tests", "s3-for-tests-only", "another site_key"},
	} {
		key := "a key for tests only"
		if tt.name == "key" {
			r.Serve("ingest").Terminate(t) // the first that makes tokens
			key = "a key of another line"
		}
		file := filepath.Join(r.Dir, tt.name+".yaml")
		rig.WriteFile(t, file, fmt.Sprintf("site_key: %s\nnats: {url: 'nats://%s', user: tacstream, password: %s}\ns3: {endpoint: 'http://%s', access_key: tacstream, secret_key: %s}\n",
			key, r.NATSListen, tt.natsPassword, r.S3Listen, tt.s3Secret))
		p := r.Launch([]string{"serve", "--only", "work", "--config", file, "--data", t.TempDir()})
		r.Eventually(time.Minute, p.Ended, tt.name+" that refuses does not end it")
		if out := p.Out.String(); p.ProcessState.ExitCode() != 1 || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit %d, %s", tt.name, p.ProcessState.ExitCode(), out)
		}
	}
}
