package rig

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The points at which tests kill the program are not in what is released: no
// variable of the environment ends it. Only tests import what kills.
func TestTheProgramHasNoKillPoint(t *testing.T) {
	err := filepath.WalkDir(filepath.Join("..", ".."), func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		if filepath.Base(filepath.Dir(file)) == "rig" {
			return nil
		}
		text, err := os.ReadFile(file)
		for _, name := range []string{"_KILL_AT", "_STOP_AT", "SIGKILL", "SIGSTOP", `"tacstream/config/rig"`} {
			if strings.Contains(string(text), name) {
				t.Errorf("%s speaks of %s", file, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
