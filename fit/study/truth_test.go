package study_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"tacstream/config/figures"
)

// shared is the folder of the whole reference tables, which need not be there;
// testdata has all that is small.
const shared = "../../../shared/data/study"

// eachTruth runs a test against a file of reference values in testdata and
// against the whole one, where it is there.
func eachTruth(t *testing.T, name string, test func(t *testing.T, dir string)) {
	t.Helper()
	t.Run("testdata", func(t *testing.T) { test(t, "testdata") })
	if _, err := os.Stat(filepath.Join(shared, name)); errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not there: only testdata was read", filepath.Join(shared, name))
		return
	}
	t.Run("shared", func(t *testing.T) { test(t, shared) })
}

// A row is one of a table, by the names of its columns.
type row map[string]string

func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	text, ok := r[column]
	if !ok {
		t.Fatalf("there is no column %s", column)
	}
	if text == "NA" {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func rowsOf(t *testing.T, file string) []row {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, line := range lines[1:] {
		m := row{}
		for i, name := range lines[0] {
			m[name] = line[i]
		}
		rows = append(rows, m)
	}
	if len(rows) < 4 {
		t.Fatalf("%s has only %d rows", file, len(rows))
	}
	return rows
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatal(err)
	}
}

// A comparison keeps the largest difference from the reference.
type comparison struct {
	t     *testing.T
	row   *figures.Figure // nil for none
	worst float64
	where string
	n     int
}

// compare returns a comparison, which says at the end what its largest
// difference was.
func compare(t *testing.T) *comparison {
	c := &comparison{t: t}
	t.Cleanup(func() {
		t.Logf("%d values, largest relative difference %.2g at %s", c.n, c.worst, c.where)
		if c.n == 0 {
			t.Error("nothing was compared")
		}
		if c.row != nil {
			c.row.Add(c.worst * perBillion)
		}
	})
	return c
}

// perBillion is the unit in which differences from R are documented.
const perBillion = 1e9

// into lets a comparison add its largest difference to a row of the package comment.
func (c *comparison) into(row *figures.Figure) *comparison {
	c.row = row
	return c
}

// rounding is what two programs may differ by in a sum of numbers near 1.
const rounding = 1e-15

// close fails where got differs from want by more than tol of it, beyond rounding.
func (c *comparison) close(what string, got, want, tol float64) {
	c.t.Helper()
	c.n++
	difference := math.Max(math.Abs(got-want)-rounding, 0)
	if want != 0 {
		difference /= math.Abs(want)
	}
	if difference > c.worst {
		c.worst, c.where = difference, what
	}
	if !(difference <= tol) {
		c.t.Errorf("%s = %.15g, want %.15g (difference %.2g)", what, got, want, difference)
	}
}

// bpnd returns the values of one region of the synthetic study under a condition,
// by subject, in order.
func bpnd(t *testing.T, set, tracer, region, condition string) []float64 {
	t.Helper()
	rows := slices.DeleteFunc(rowsOf(t, "testdata/bpnd.tsv"), func(r row) bool {
		return r["set"] != set || r["tracer"] != tracer || r["region"] != region || r["condition"] != condition
	})
	slices.SortFunc(rows, func(a, b row) int {
		if a["subject"] < b["subject"] {
			return -1
		}
		return 1
	})
	var values []float64
	for _, r := range rows {
		values = append(values, r.number(t, "bpnd"))
	}
	if len(values) < 4 {
		t.Fatalf("%s %s %s %s has %d values", set, tracer, region, condition, len(values))
	}
	return values
}

// changes returns the changes of the synthetic study from one condition to
// another, on the scale log or raw.
func changes(t *testing.T, set, tracer, region, from, to, scale string) []float64 {
	t.Helper()
	before, after := bpnd(t, set, tracer, region, from), bpnd(t, set, tracer, region, to)
	var d []float64
	for i := range before {
		if scale == "log" {
			d = append(d, math.Log(after[i])-math.Log(before[i]))
		} else {
			d = append(d, after[i]-before[i])
		}
	}
	return d
}
