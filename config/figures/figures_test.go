package figures

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFiguresAsText(t *testing.T) {
	for _, test := range []struct {
		format string
		kind   kind
		values []float64
		want   string
	}{
		{"worst # %", largest, []float64{0.00012, 0.000578}, "worst 0.00058 %"},
		{"worst # %", largest, []float64{0}, "worst 0 %"},
		{"#", both, []float64{1.0312, 0.95349, 1}, "0.953–1.03"},
		{"# %", both, []float64{93.46, 96.51}, "93.5–96.5 %"},
		{"bias down to # %", smallest, []float64{-16.9, 2}, "bias down to -17 %"},
		{"all of #", smallest, []float64{3264}, "all of 3,264"},
		{"# curves/s", median, []float64{1, 1234567, 2e9}, "1,200,000 curves/s"},
		{"# MB/s", median, []float64{99.7}, "100 MB/s"},
	} {
		f := Figure{format: test.format, kind: test.kind, values: test.values}
		if got := f.text(); got != test.want {
			t.Errorf("%q of %v: %q, want %q", test.format, test.values, got, test.want)
		}
		if why := f.compare(f.text()); why != "" {
			t.Errorf("%q of %v differs from what it writes: %s", test.format, test.values, why)
		}
	}
}

// A figure agrees until it is worse by more than one unit of the last digit.
func TestFiguresAreCompared(t *testing.T) {
	for _, test := range []struct {
		name    string
		kind    kind
		format  string
		values  []float64
		written string
		agrees  bool
	}{
		{"better", largest, "# %", []float64{0.1}, "0.50 %", true},
		{"one unit worse", largest, "# %", []float64{0.5099}, "0.50 %", true},
		{"worse", largest, "# %", []float64{0.5101}, "0.50 %", false},
		{"worse, of thousands", smallest, "# mutants", []float64{3100}, "3,300 mutants", false},
		{"one unit worse, of thousands", smallest, "# mutants", []float64{3201}, "3,300 mutants", true},
		{"a range that is wider below", both, "#", []float64{0.93, 1}, "0.95–1.03", false},
		{"a range that is wider above", both, "#", []float64{1, 1.05}, "0.95–1.03", false},
		{"a range that is narrower", both, "#", []float64{0.99, 1}, "0.95–1.03", true},
		{"other words", largest, "worst # %", []float64{0.1}, "median 0.50 %", false},
	} {
		f := Figure{format: test.format, kind: test.kind, values: test.values}
		if why := f.compare(test.written); (why == "") != test.agrees {
			t.Errorf("%s: %q", test.name, why)
		}
	}
}

// A page gets its table after the last section, and a row that it has is
// replaced where it stands.
func TestAPageKeepsItsTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.go")
	if err := os.WriteFile(file, []byte("// Package x is a room.\npackage x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, l := range []line{{"first", "1 %", "TestA"}, {"second, longer", "2 %", "TestB"}, {"first", "10 %", "TestA"}} {
		p, err := readPage(file)
		if err != nil {
			t.Fatal(err)
		}
		p.put(accuracyHeading, l)
		if err := p.write(); err != nil {
			t.Fatal(err)
		}
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "// Package x is a room.\n//\n// # How accurate\n//\n" + introductions[accuracyHeading] + "\n//\n" +
		"//\tfirst            10 %   TestA\n//\tsecond, longer   2 %    TestB\npackage x\n"
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
}

// Every row names a test or benchmark of its folder that records it, and the
// rows of the README are those of a package.
func TestEveryRowHasItsTest(t *testing.T) {
	documented := map[string]bool{}
	pages, err := filepath.Glob("../../*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("../../*/*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(pages, deeper...) {
		p, err := readPage(file)
		if err != nil {
			t.Fatal(err)
		}
		tests := testsOf(t, filepath.Dir(file))
		for _, heading := range []string{accuracyHeading, speedHeading} {
			for _, l := range p.all(heading) {
				if !strings.Contains(tests, "func "+l.proof+"(") || !strings.Contains(tests, `"`+l.what+`"`) {
					t.Errorf("%s: no test %s records %q", file, l.proof, l.what)
				}
				dir, err := filepath.Rel("../..", filepath.Dir(file))
				if err != nil {
					t.Fatal(err)
				}
				shared, err := readsShared(filepath.Dir(file), l.proof)
				if err != nil {
					t.Fatal(err)
				}
				documented[readmeRow(l, filepath.ToSlash(dir), shared)] = true
			}
		}
	}
	body, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for l := range strings.Lines(string(body)) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "| ") && strings.Contains(l, "`go test") {
			rows++
			if !documented[l] {
				t.Errorf("the README says what no package says: %s", l)
			}
		}
	}
	if rows != 10 {
		t.Errorf("the README has %d rows of figures, want 10", rows)
	}
}

// testsOf returns the text of a folder's tests.
func testsOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(body)
	}
	return b.String()
}
