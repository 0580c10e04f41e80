package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tacstream/config"
	"tacstream/config/inspect"
	"tacstream/ingest/phantom"
)

// The parts of one acquisition are one screen, with one table of frames and the
// regions with the reference; what the parts differ in is said of each.
func TestPartsOfAnAcquisitionAreOneScreen(t *testing.T) {
	s := phantom.Series{Size: [3]int{16, 16, 8}, NoNoise: true, Frames: phantom.EvenFrames(scanFrames, time.Minute)}
	early, late := splitAfter(t, s, 5)
	dir := t.TempDir()
	for _, f := range late {
		f.Data = bytes.Replace(f.Data, []byte("170000000"), []byte("160000000"), 1) // the dose tells no parts apart
		early = append(early, f)
	}
	for _, f := range early {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := inspect.Inspect(t.Context(), inspect.FileShelf(dir), config.Default(), true)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printInspection(&out, in); err != nil {
		t.Fatal(err)
	}
	for pattern, times := range map[string]int{
		`^Series `: 1, `^Series 1, 2, the parts of one acquisition: ready$`: 1,
		`^ +series +frame +start s `:  1,
		`^ +1 +5 +240\.000 +60\.000 `: 1,
		`^ +2 +6 +300\.000 +60\.000 `: 1,
		`^  injected dose +170 MBq, 24\.3 MBq/kg \(series 1\); 160 MBq, 22\.9 MBq/kg \(series 2\)$`: 1,
		`^  weight +7 kg$`: 1,
		`^  decay correction +START: to 0\.000 s after model zero$`: 1,
		`^  reference +Cerebellum, by the protocol \[11C\]DASB$`:    1,
		`^  Model zero is the time from which all times count`:      1,
		`^  notice JOINED: `: 1, `DECAY_REF`: 0,
		`dseg\.nii\.gz +label image +1, 2$`: 1,
	} {
		if n := len(regexp.MustCompile("(?m)"+pattern).FindAllString(out.String(), -1)); n != times {
			t.Errorf("%s is there %d times, want %d", pattern, n, times)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestRunsOfNumbers(t *testing.T) {
	for want, numbers := range map[string][]int{"3": {3}, "1, 2": {1, 2}, "1 to 4": {1, 2, 3, 4}, "1, 3 to 5, 9, 10": {1, 3, 4, 5, 9, 10}} {
		if got := runs(numbers); got != want {
			t.Errorf("%v is %q, want %q", numbers, got, want)
		}
	}
}

// Few values are shown of a fact in which many series differ.
func TestFactsThatDifferAreBounded(t *testing.T) {
	var parts []inspect.SeriesView
	for n := range 6 {
		parts = append(parts, inspect.SeriesView{Number: n + 1, Model: strings.Repeat("x", n)})
	}
	want := "none (series 1); x (series 2); xx (series 3); …; --json has all"
	if got := factOf(parts, func(s inspect.SeriesView) string { return s.Model }); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
