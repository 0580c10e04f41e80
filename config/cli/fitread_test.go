package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest/phantom"
)

// bpndOfTable returns BPND by SRTM of a table, by region.
func bpndOfTable(t *testing.T, table string, more ...string) (map[string]float64, string) {
	t.Helper()
	code, out, stderr := run(append([]string{"fit", table, "--reference", phantom.Cerebellum, "--model", "srtm", "--json"}, more...)...)
	if code != 0 {
		t.Fatal(stderr)
	}
	var got struct {
		Estimates []struct {
			Region string
			BPnd   float64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, e := range got.Estimates {
		all[e.Region] = e.BPnd
	}
	return all, stderr
}

// Whatever a table's values are corrected to, and if to nothing, its sidecar
// says so and the estimates are the same.
func TestFitTakesTheDecayOfATableFromItsSidecar(t *testing.T) {
	dir := t.TempDir()
	scan := phantom.Series{Name: "scan", Seed: 5, NoNoise: true, Decay: phantom.Uncorrected, Injection: -20 * time.Second}
	labels := writeScan(t, scan, dir)
	var want map[string]float64
	for _, decay := range []string{"injection", "start", "stored"} {
		table := filepath.Join(dir, decay+".tsv")
		if code, _, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "--decay", decay, "-o", table); code != 0 {
			t.Fatal(stderr)
		}
		got, stderr := bpndOfTable(t, table)
		if want == nil {
			want = got
		}
		for region, v := range want {
			if math.Abs(got[region]-v) > 1e-6*(1+math.Abs(v)) {
				t.Errorf("%s, %s: BPND %g, want %g", decay, region, got[region], v)
			}
		}
		if uncorrected := strings.Contains(stderr, "not corrected for decay"); uncorrected != (decay == "stored") {
			t.Errorf("%s: says %s", decay, stderr)
		}
	}
	// Regions that are not asked for are fitted, and neither printed nor drawn.
	figure := filepath.Join(dir, "some.svg")
	some, _ := bpndOfTable(t, filepath.Join(dir, "start.tsv"), "--region", "*putamen", "--plot", figure)
	drawn, err := os.ReadFile(figure)
	if len(some) != 3 || math.Abs(some["Putamen"]-want["Putamen"]) > 1e-6 || err != nil || !strings.Contains(string(drawn), "Left-Putamen") || strings.Contains(string(drawn), "Caudate") {
		t.Errorf("of putamen alone: %v, %v", some, err)
	}
	if code, _, stderr := run("fit", filepath.Join(dir, "start.tsv"), "--reference", phantom.Cerebellum, "--region", phantom.Cerebellum); code != 1 || !strings.Contains(stderr, "--region") {
		t.Errorf("the reference alone: exit %d, %s", code, stderr)
	}
	// What a table's own sidecar says holds, 0 too, whatever its scan's says.
	own := filepath.Join(dir, "sub-01_tacs.tsv")
	for name, from := range map[string]string{"sub-01_tacs.tsv": "start.tsv", "sub-01_tacs.json": "start.json"} {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		rig.WriteFile(t, filepath.Join(dir, name), string(data))
	}
	rig.WriteFile(t, filepath.Join(dir, "sub-01_pet.json"), `{"TracerRadionuclide":"F18","ImageDecayCorrected":true,"ImageDecayCorrectionTime":1800}`)
	got, stderr := bpndOfTable(t, own)
	for region, v := range want {
		if math.Abs(got[region]-v) > 1e-6*(1+math.Abs(v)) {
			t.Errorf("beside a scan's sidecar, %s: BPND %g, want %g", region, got[region], v)
		}
	}
	if !strings.Contains(stderr, "HALF_LIFE") {
		t.Errorf("a half-life that is not the nuclide's: says %s", stderr)
	}
}

// A spreadsheet's text is refused by name. Scripts cannot hold it.
func TestFitRefusesUTF16(t *testing.T) {
	table := filepath.Join(t.TempDir(), "tacs.txt")
	wide := "\xff\xfe"
	for _, c := range "frame_start\tframe_end\tCerebellum\tPutamen\n0\t300\t10\t12\n" {
		wide += string([]byte{byte(c), 0})
	}
	rig.WriteFile(t, table, wide)
	if code, _, stderr := run("fit", table, "--reference", phantom.Cerebellum); code != 1 || !strings.Contains(stderr, "UTF-16") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
