package cli

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tacstream/config/rig"
)

// The test binary is the program as well: where a rig launched it, and where a
// script calls it tacstream.
func TestMain(m *testing.M) {
	rig.RunIfLaunched(func(args []string, at func(point string), release string) int {
		return runIn(args, env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, at: at, release: release})
	})
	testscript.Main(m, map[string]func(){"tacstream": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }})
}
