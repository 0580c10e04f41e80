package figures

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A line is a row as it is written.
type line struct{ what, result, proof string }

// A page is a Go file whose package comment may have tables. A table is the
// indented block under its heading.
type page struct {
	file  string
	lines []string
}

func readPage(file string) (*page, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return &page{file, strings.Split(string(body), "\n")}, nil
}

func (p *page) write() error { return os.WriteFile(p.file, []byte(strings.Join(p.lines, "\n")), 0o644) }

// indent begins a line of a table.
const indent = "//\t"

// table returns where the table under a heading lies, as from and to; both are
// -1 where the page has no such heading.
func (p *page) table(heading string) (from, to int) {
	at := slices.Index(p.lines, "// # "+heading)
	if at < 0 {
		return -1, -1
	}
	from = at + 1
	for strings.HasPrefix(p.lines[from], "//") && !strings.HasPrefix(p.lines[from], "// # ") && !isLine(p.lines[from]) {
		from++
	}
	for to = from; isLine(p.lines[to]); to++ {
	}
	return from, to
}

var columns = regexp.MustCompile(` {3,}`)

func isLine(s string) bool {
	return strings.HasPrefix(s, indent) && len(columns.Split(s, -1)) == 3
}

// all returns the lines of a table.
func (p *page) all(heading string) (list []line) {
	from, to := p.table(heading)
	for i := max(from, 0); i < to; i++ {
		cell := columns.Split(strings.TrimPrefix(p.lines[i], indent), -1)
		list = append(list, line{cell[0], cell[1], cell[2]})
	}
	return list
}

func (p *page) find(heading, what string) (line, bool) {
	list := p.all(heading)
	if i := slices.IndexFunc(list, func(l line) bool { return l.what == what }); i >= 0 {
		return list[i], true
	}
	return line{}, false
}

// introductions stand between a heading and its table.
var introductions = map[string]string{
	accuracyHeading: "// The test that is named proves the row: go test -run NAME -v in this folder.",
	speedHeading:    "// On two shared cores. The test or benchmark that is named writes the row (see\n// config/figures); nothing compares it.",
}

// put replaces the line with the same first column, or adds one. A heading that
// is missing is added at the end of the comment.
func (p *page) put(heading string, l line) {
	list := p.all(heading)
	if i := slices.IndexFunc(list, func(other line) bool { return other.what == l.what }); i >= 0 {
		list[i] = l
	} else {
		list = append(list, l)
	}
	from, to := p.table(heading)
	if from < 0 {
		from = slices.IndexFunc(p.lines, func(s string) bool { return strings.HasPrefix(s, "package ") })
		intro := append([]string{"//", "// # " + heading, "//"}, strings.Split(introductions[heading], "\n")...)
		p.lines = slices.Insert(p.lines, from, append(intro, "//")...)
		from += len(intro) + 1
		to = from
	}
	p.lines = slices.Replace(p.lines, from, to, align(list)...)
}

// align writes lines with columns that begin at the same place.
func align(list []line) (out []string) {
	what, result := 0, 0
	for _, l := range list {
		what, result = max(what, utf8.RuneCountInString(l.what)), max(result, utf8.RuneCountInString(l.result))
	}
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s%-*s   %-*s   %s", indent, what, l.what, result, l.result, l.proof))
	}
	return out
}

// writeReadme replaces the cells of the README's row that begins with what.
func writeReadme(file string, l line, dir string) error {
	shared, err := readsShared(filepath.Join(filepath.Dir(file), dir), l.proof)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(body), "\n")
	i := slices.IndexFunc(lines, func(s string) bool {
		return strings.HasPrefix(strings.Replace(s, Mark+" |", " |", 1), "| "+l.what+" |")
	})
	if i < 0 {
		return nil
	}
	lines[i] = readmeRow(l, dir, shared)
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644)
}

// readmeRow returns a row of the README's tables, marked where its test reads
// data of others.
func readmeRow(l line, dir string, shared bool) string {
	flags := "-run " + strings.TrimPrefix(l.proof, "Test")
	if bench, ok := strings.CutPrefix(l.proof, "Benchmark"); ok {
		flags = "-run - -bench " + bench + " -benchtime 3x"
	}
	mark := ""
	if shared {
		mark = Mark
	}
	return fmt.Sprintf("| %s%s | %s | `go test ./%s %s` |", l.what, mark, l.result, dir, flags)
}

// moduleRoot returns the folder of go.mod at or above dir.
func moduleRoot(dir string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the test")
		}
		dir = up
	}
}

// lock keeps other tests, of this and of other packages, from writing until
// unlock is called. Each holds it for milliseconds.
func lock(file string) (unlock func(), err error) {
	for range 1000 {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() { f.Close(); os.Remove(file) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("%s is locked: delete it if no test is running", file)
}
