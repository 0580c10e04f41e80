package extract_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// The same two curves, 10 and 20, 1000 and 3000 Bq/mL over frames from 0 to 60
// and from 60 to 900 s, as others write them.
func TestReadTACsInAllSpellings(t *testing.T) {
	tests := []struct {
		name, table string
		hints       extract.Hints
		format      extract.Format
		unit        string
		stated      bool
	}{
		{"PETPrep", "frame_start\tframe_end\tA\tB\n0\t60\t10\t1000\n60\t900\t20\t3000\n", extract.Hints{Sidecar: []byte(`{"Units":"Bq/mL"}`)}, extract.Wide, "Bq/mL", false},
		{"durations", "FrameTimesStart\tFrameDuration\tA\tB\n0\t60\t10\t1000\n60\t840\t20\t3000\n", extract.Hints{Unit: "Bq/mL"}, extract.Wide, "Bq/mL", false},
		{"minutes and kBq", "start_min\tend_min\tA\tB\n0\t1\t0.01\t1\n1\t15\t0.02\t3\n", extract.Hints{Sidecar: []byte(`{"radioactivity":{"Units":"kBq/mL"}}`)}, extract.Wide, "kBq/mL", true},
		{"PMOD", "start[seconds]\tend[kBq/cc]\tA\tB\n0\t60\t0.01\t1\n60\t900\t0.02\t3\n", extract.Hints{}, extract.PMOD, "kBq/cc", true},
		{"PMOD in min with spaces", "start[minutes] end[MBq/ml] A B\n0 1 0.00001 0.001\n1 15 0.00002 0.003\n", extract.Hints{}, extract.PMOD, "MBq/ml", true},
		{"petfit", "pet\tregion\tvolume_mm3\tframe_start\tframe_end\tframe_dur\tframe_mid\tTAC\ns\tA\t7\t0\t60\t60\t30\t0.01\ns\tA\t7\t60\t900\t840\t480\t0.02\ns\tB\t8\t0\t60\t60\t30\t1\ns\tB\t8\t60\t900\t840\t480\t3\n", extract.Hints{Unit: "kBq/mL"}, extract.Long, "kBq/mL", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, taken, err := extract.ReadTACs(strings.NewReader(test.table), test.hints)
			if err != nil {
				t.Fatal(err)
			}
			if taken.Format != test.format || taken.Unit != test.unit || taken.TimeStated != test.stated {
				t.Errorf("taken for %v", taken)
			}
			if len(c.TACs) != 2 || len(c.Frames) != 2 || c.Frames[1] != (ingest.Frame{Start: time.Minute, Duration: 14 * time.Minute}) {
				t.Fatalf("frames %v, %d curves", c.Frames, len(c.TACs))
			}
			for i, want := range [][2]float64{{10, 20}, {1000, 3000}} {
				for f, w := range want {
					if got := c.TACs[i].BqPerML[f]; math.Abs(got-w) > 1e-9*w {
						t.Errorf("curve %d frame %d: %g, want %g", i, f, got, w)
					}
				}
			}
			if c.Units != extract.BqPerML {
				t.Errorf("units %q", c.Units)
			}
		})
	}
}

func TestWeightsAreNoRegion(t *testing.T) {
	c, taken, err := extract.ReadTACs(strings.NewReader("frame_start\tframe_end\tweights\tA\n0\t60\t1\t10\n60\t900\t0.5\t20\n"), extract.Hints{})
	if err != nil || len(c.TACs) != 1 || len(taken.Weights) != 2 || taken.Weights[1] != 0.5 {
		t.Errorf("%v, %v, %v", c.TACs, taken.Weights, err)
	}
}

// Minutes without a word look like a scan of 90 s: taken for s, and doubted.
func TestTimesWithoutAUnit(t *testing.T) {
	c, _, err := extract.ReadTACs(strings.NewReader("frame_start\tframe_end\tA\n0\t10\t1\n10\t90\t2\n"), extract.Hints{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range c.Warnings {
		if w.Code == ingest.WarnTimeAssumed && w.Value == 90 {
			return
		}
	}
	t.Errorf("no doubt: %v", c.Warnings)
}

func TestTablesThatCannotServe(t *testing.T) {
	for name, table := range map[string]string{
		"empty":            "",
		"no frame":         "frame_start\tframe_end\tA\n",
		"no region":        "frame_start\tframe_end\n0\t1\n",
		"no end":           "frame_start\tA\n0\t1\n",
		"a word":           "frame_start\tframe_end\tA\n0\t60\tx\n",
		"a time of a word": "frame_start\tframe_end\tA\nx\t60\t1\n",
		"a short row":      "frame_start\tframe_end\tA\n0\t60\n",
		"twice a name":     "frame_start\tframe_end\tA\tA\n0\t60\t1\t1\n",
		"two scans":        "pet\tregion\tframe_start\tframe_end\tTAC\na\tA\t0\t60\t1\nb\tA\t60\t90\t1\n",
		"other frames":     "region\tframe_start\tframe_end\tTAC\nA\t0\t60\t1\nB\t0\t61\t1\n",
		"a frame less":     "region\tframe_start\tframe_end\tTAC\nA\t0\t60\t1\nA\t60\t90\t1\nB\t0\t60\t1\n",
		"overlap":          "frame_start\tframe_end\tA\n0\t60\t1\n30\t90\t1\n",
	} {
		if _, _, err := extract.ReadTACs(strings.NewReader(table), extract.Hints{}); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const bloodSidecar = `{"time":{"Units":"s"},"plasma_radioactivity":{"Units":"kBq/mL"},"whole_blood_radioactivity":{"Units":"kBq/mL"}}`

func TestReadBlood(t *testing.T) {
	b, err := extract.ReadBlood(strings.NewReader("time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n"+
		"120\t8\tn/a\t7\n0\t0\t1\t0\n60\t10\tn/a\t9\n240\t4\t0.8\t4\n600\t2\tn/a\t2\n"), []byte(bloodSidecar))
	if err != nil {
		t.Fatal(err)
	}
	// The fraction falls from 1 at 0 s to 0.8 at 240 s and stays there.
	want := []extract.Sample{{At: 0, BqPerML: 0}, {At: time.Minute, BqPerML: 9500}, {At: 2 * time.Minute, BqPerML: 7200}, {At: 4 * time.Minute, BqPerML: 3200}, {At: 10 * time.Minute, BqPerML: 1600}}
	for i, w := range want {
		if got := b.Parent[i]; got.At != w.At || math.Abs(got.BqPerML-w.BqPerML) > 1e-9*(1+w.BqPerML) {
			t.Errorf("sample %d: %v, want %v", i, got, w)
		}
	}
	if len(b.Whole) != 5 || b.Whole[1].BqPerML != 9000 || len(b.Warnings) != 0 {
		t.Errorf("whole blood %v, warnings %v", b.Whole, b.Warnings)
	}
	if w := b.Check(time.Hour); len(w) != 1 || w[0].Value != 3000 {
		t.Errorf("a scan of an hour: %v", w)
	}
}

// What is odd is named, one warning each.
func TestOddBlood(t *testing.T) {
	for name, test := range map[string]struct {
		table string
		value float64
	}{
		"zeros":       {"time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n90\t0\t1\t1\n120\t8\t1\t1\n180\t7\t1\t1\n", 1},
		"negative":    {"time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n90\t-1\t1\t1\n120\t8\t1\t1\n180\t7\t1\t1\n", 1},
		"late rise":   {"time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n1500\t8\t0.5\t1\n1900\t8\t0.75\t1\n2000\t7\t0.5\t1\n", 0.25},
		"gap":         {"time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n1500\t8\t1\t1\n9000\t7\t1\t1\n", 7500},
		"same time":   {"time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n60\t8\t1\t1\n90\t7\t1\t1\n99\t6\t1\t1\n", 1},
		"no fraction": {"time\tplasma_radioactivity\twhole_blood_radioactivity\n0\t0\t0\n60\t9\t1\n90\t7\t1\n99\t6\t1\n", 1},
	} {
		b, err := extract.ReadBlood(strings.NewReader(test.table), nil)
		if err != nil || len(b.Warnings) != 1 || b.Warnings[0].Code != ingest.WarnBlood || math.Abs(b.Warnings[0].Value-test.value) > 1e-9 {
			t.Errorf("%s: %v, %v", name, b.Warnings, err)
		}
	}
	for name, table := range map[string]string{
		"no plasma":  "time\twhole_blood_radioactivity\n0\t1\n",
		"no numbers": "time\tplasma_radioactivity\n0\tn/a\n1\tn/a\n2\tn/a\n3\tn/a\n",
		"all zero":   "time\tplasma_radioactivity\n0\t0\n1\t0\n2\t0\n3\t0\n",
		"a word":     "time\tplasma_radioactivity\n0\tx\n",
		"short":      "time\tplasma_radioactivity\n0\n",
		"empty":      "",
	} {
		if _, err := extract.ReadBlood(strings.NewReader(table), nil); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Real files of two public datasets, where they are.
func TestReadRealTables(t *testing.T) {
	for _, pattern := range []string{"ds001420/*_tacs.tsv", "ds004869/derivatives/petprep/*/*/pet/*_tacs.tsv"} {
		files, _ := filepath.Glob(filepath.Join("../../shared/data", pattern))
		for _, file := range files {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			side, _ := os.ReadFile(strings.TrimSuffix(file, ".tsv") + ".json")
			c, taken, err := extract.ReadTACs(f, extract.Hints{Sidecar: side})
			f.Close()
			if err != nil || taken.Format != extract.Wide || len(c.TACs) < 10 || len(c.Frames) < 20 {
				t.Errorf("%s: %v, %d frames, %v", filepath.Base(file), taken, len(c.Frames), err)
			}
		}
	}
	files, _ := filepath.Glob("../../shared/data/ds004869/*/*/pet/*_blood.tsv")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		side, _ := os.ReadFile(strings.TrimSuffix(file, ".tsv") + ".json")
		b, err := extract.ReadBlood(strings.NewReader(string(body)), side)
		if err != nil || len(b.Parent) < 15 || b.Whole == nil {
			t.Errorf("%s: %d samples, %v", filepath.Base(file), len(b.Parent), err)
		}
	}
}

func FuzzReadTACs(f *testing.F) {
	f.Add("frame_start\tframe_end\tA\n0\t60\t1\n60\t900\t2\n", "{}")
	f.Add("start[minutes] end[kBq/cc] A B\n0 1 1 1\n", `{"Units":"kBq/mL"}`)
	f.Add("region\tframe_start\tframe_end\tTAC\nA\t0\t60\t1\nB\t0\t60\t1\n", "")
	f.Fuzz(func(t *testing.T, table, sidecar string) {
		c, _, err := extract.ReadTACs(strings.NewReader(table), extract.Hints{Sidecar: []byte(sidecar)})
		if err != nil {
			return
		}
		for _, tac := range c.TACs {
			if len(tac.BqPerML) != len(c.Frames) {
				t.Fatalf("%d values for %d frames", len(tac.BqPerML), len(c.Frames))
			}
		}
	})
}

func FuzzReadBlood(f *testing.F) {
	f.Add("time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n0\t0\t1\t0\n60\t9\t1\t1\n90\t7\t1\t1\n99\t6\t1\t1\n", bloodSidecar)
	f.Fuzz(func(t *testing.T, table, sidecar string) {
		b, err := extract.ReadBlood(strings.NewReader(table), []byte(sidecar))
		if err != nil {
			return
		}
		for i, s := range b.Parent {
			if math.IsNaN(s.BqPerML) || s.BqPerML < 0 || i > 0 && s.At <= b.Parent[i-1].At {
				t.Fatalf("sample %d: %v", i, s)
			}
		}
	})
}
