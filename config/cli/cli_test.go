package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/ingest/phantom"
)

// run runs a command line in this process.
func run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// writeScan writes the files of a scan into a folder, and returns its labels.
func writeScan(t *testing.T, scan phantom.Series, dir string) (labels string) {
	t.Helper()
	for f := range scan.Files() {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "dseg.nii.gz") {
			labels = name
		}
	}
	return labels
}

// extract and fit by hand, on a phantom without noise: BPND as it was put in,
// to the rounding of 16-bit pixels.
func TestExtractAndFitByHand(t *testing.T) {
	dir := t.TempDir()
	scan := phantom.Series{Name: "scan", Seed: 5, NoNoise: true}
	labels := writeScan(t, scan, dir)
	table := filepath.Join(dir, "tacs.tsv")
	if code, _, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "-o", table); code != 0 {
		t.Fatal(stderr)
	}
	code, out, stderr := run("fit", table, "--reference", phantom.Cerebellum, "--model", "srtm", "--json")
	if code != 0 {
		t.Fatal(stderr)
	}
	var got struct {
		Estimates []struct {
			Region extract.Region
			Model  string
			BPnd   *float64
			DVR    *float64
			SE     map[string]float64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	bp := map[extract.Region]float64{}
	for _, e := range got.Estimates {
		bp[e.Region] = *e.BPnd
		if e.DVR != nil {
			t.Errorf("%s: SRTM has no DVR", e.Region)
		}
	}
	for _, k := range append(scan.Merged(), scan.Truth()...) {
		if d := bp[extract.Region(k.Region)] - k.BPND; d > 0.005*k.BPND || d < -0.005*k.BPND {
			t.Errorf("%s: BPND %.4f, want %.4f", k.Region, bp[extract.Region(k.Region)], k.BPND)
		}
	}
}
