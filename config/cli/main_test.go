package cli

import (
	"os"
	"testing"

	"tacstream/config/rig"
)

func TestMain(m *testing.M) {
	rig.RunIfLaunched(func(args []string, at func(point string), release string) int {
		return runIn(args, env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, at: at, release: release})
	})
	os.Exit(m.Run())
}
