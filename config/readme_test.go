package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// The README stays short: 100 lines of 120 columns.
func TestTheReadmeIsShort(t *testing.T) {
	body, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	if len(lines) > 100 {
		t.Errorf("README.md has %d lines, want at most 100", len(lines))
	}
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > 120 {
			t.Errorf("README.md:%d has %d columns, want at most 120", i+1, n)
		}
	}
}

// folders are what the README names as one: go doc ./fit, go test ./fit, and the
// first column of the table of folders.
var folders = regexp.MustCompile("`\\./([a-z0-9/]+)`|go (?:doc|test) \\./([a-z0-9/]+)|(?m)^\\| `([a-z0-9/]+)`")

func TestTheReadmeNamesFoldersThatExist(t *testing.T) {
	body, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := folders.FindAllStringSubmatch(string(body), -1)
	if len(found) < 30 {
		t.Errorf("only %d folders are named", len(found))
	}
	for _, m := range found {
		folder := m[1] + m[2] + m[3]
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(folder), "doc.go")); err != nil {
			t.Errorf("%s: %v", m[0], err)
		}
	}
}
