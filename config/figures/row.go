package figures

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Variable is the environment variable that makes tests write what they measure.
// Its value is then "write".
const Variable = "TACSTREAM_FIGURES"

// The headings of the two tables.
const (
	accuracyHeading = "How accurate"
	speedHeading    = "How fast"
)

// A Row is one line of a table: what was measured, the figures, and the test or
// benchmark that measures them. Its methods are called by the test's own
// goroutine; the Figures may be added to by any.
type Row struct {
	t       testing.TB
	file    string // of the package comment
	heading string
	what    string
	parts   int
	mu      sync.Mutex
	figures []*Figure
}

// Accuracy returns a new row of the table "How accurate" that is compared or
// written when t and its subtests have passed. What says what was measured and is
// the row's key; parts is how many values each figure gets when all data is there.
func Accuracy(t testing.TB, what string, parts int) *Row {
	t.Helper()
	return newRow(t, accuracyHeading, what, parts)
}

// Speed returns a new row of the table "How fast".
func Speed(t testing.TB, what string, parts int) *Row {
	t.Helper()
	return newRow(t, speedHeading, what, parts)
}

func newRow(t testing.TB, heading, what string, parts int) *Row {
	t.Helper()
	if strings.Contains(what, "  ") || strings.Contains(what, "|") {
		t.Fatalf("figures: two spaces or a bar in %q", what)
	}
	file, err := filepath.Abs("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	r := &Row{t: t, file: file, heading: heading, what: what, parts: parts}
	t.Cleanup(r.settle)
	return r
}

// AtMost adds a figure of which the largest value counts, such as an error. In
// format, # stands for the value, which is written with two digits.
func (r *Row) AtMost(format string) *Figure { return r.figure(format, largest) }

// AtLeast adds a figure of which the smallest value counts, such as a number of
// cases. A whole number is written in full, any other with two digits.
func (r *Row) AtLeast(format string) *Figure { return r.figure(format, smallest) }

// Within adds a figure of which the smallest and the largest value count, such
// as a ratio that should be 1. In format, # stands for both, as in 0.953–1.03:
// each is written with three digits.
func (r *Row) Within(format string) *Figure { return r.figure(format, both) }

// Median adds a figure of which the median counts, such as a rate.
func (r *Row) Median(format string) *Figure { return r.figure(format, median) }

func (r *Row) figure(format string, k kind) *Figure {
	r.t.Helper()
	if strings.Count(format, "#") != 1 || strings.Contains(format, "  ") || strings.Contains(format, "|") {
		r.t.Fatalf("figures: %q needs exactly one #, no two spaces and no bar", format)
	}
	f := &Figure{row: r, format: format, kind: k}
	r.figures = append(r.figures, f)
	return f
}

// settle compares or writes the row.
func (r *Row) settle() {
	r.t.Helper()
	if r.t.Failed() || r.t.Skipped() || !r.whole() {
		return
	}
	if os.Getenv(Variable) == "write" {
		if err := r.write(); err != nil {
			r.t.Errorf("figures: %v", err)
		}
		return
	}
	if why := r.compare(); why != "" {
		r.t.Errorf("%s, %q, row %q: %s. To write what was measured: %s=write go test -run or -bench %s",
			r.file, r.heading, r.what, why, Variable, r.proof())
	}
}

// whole reports whether every figure has all its values.
func (r *Row) whole() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.figures) > 0 && !slices.ContainsFunc(r.figures, func(f *Figure) bool { return len(f.values) < r.parts })
}

// proof returns the name of the test that measures the row. Benchmarks are named
// without their parts.
func (r *Row) proof() string {
	name, _, _ := strings.Cut(r.t.Name(), "/")
	return name
}

// result returns the figures as text.
func (r *Row) result() string {
	var list []string
	for _, f := range r.figures {
		list = append(list, f.text())
	}
	return strings.Join(list, ", ")
}

// compare says how what was measured differs from the row as it is written.
func (r *Row) compare() string {
	page, err := readPage(r.file)
	if err != nil {
		return err.Error()
	}
	written, ok := page.find(r.heading, r.what)
	switch {
	case r.heading == speedHeading:
		return ""
	case !ok:
		return "the row is missing"
	case written.proof != r.proof():
		return "the row names " + written.proof
	}
	parts := strings.Split(written.result, ", ")
	if len(parts) != len(r.figures) {
		return "the row has other figures than " + r.result()
	}
	for i, f := range r.figures {
		if why := f.compare(parts[i]); why != "" {
			return why
		}
	}
	return ""
}

// write puts the row into the package comment, and into the README where that
// has it.
func (r *Row) write() error {
	unlock, err := lock(filepath.Join(os.TempDir(), "tacstream-figures.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	page, err := readPage(r.file)
	if err != nil {
		return err
	}
	line := line{r.what, r.result(), r.proof()}
	page.put(r.heading, line)
	if err := page.write(); err != nil {
		return err
	}
	root, err := moduleRoot(filepath.Dir(r.file))
	if err != nil {
		return err
	}
	dir, err := filepath.Rel(root, filepath.Dir(r.file))
	if err != nil {
		return err
	}
	return writeReadme(filepath.Join(root, "README.md"), line, filepath.ToSlash(dir))
}
