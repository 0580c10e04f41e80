package inspect

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
)

// fieldCase returns the folder of a situation from public reports, unpacked, and
// skips the test where the data of others is not there.
func fieldCase(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "field", name)
	f, err := os.Open(filepath.Join(dir, "input.tgz"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("no shared data: %v", err)
		}
		return dir
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return to
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(to, h.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Situations from public reports end as their table says.
func TestFieldCasesEndAsTheirTableSays(t *testing.T) {
	for _, tt := range []struct {
		name      string
		condition ingest.Condition
		code      ingest.Code
		says      string
	}{
		{"two-patients", ingest.Rejected, ingest.CodePatients, "PatientID"},
		{"static-nts", ingest.Ready, "", ""},
		{"counts-surplus", ingest.Ready, "", ""},
		{"frame-missing", ingest.Incomplete, ingest.CodeFrameCount, "all of frame 6 (between 180 and 240 s"},
		{"duplicate-conflict", ingest.Inconsistent, ingest.CodeConflict, "frame 4 slice 4"},
		{"enhanced-cid85-suvbw", ingest.Ready, "", ""},
		{"enhanced-orientation-rounding", ingest.Ready, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := fieldCase(t, tt.name)
			if _, err := os.Stat(filepath.Join(dir, "pet")); err == nil {
				dir = filepath.Join(dir, "pet")
			}
			in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), true)
			if err != nil || len(in.Series) != 1 {
				t.Fatalf("%d series, %v", len(in.Series), err)
			}
			v := in.Series[0]
			if v.Condition != tt.condition || v.Reason.Code != tt.code || !strings.Contains(v.Reason.Detail, tt.says) {
				t.Errorf("%s (%v), want %s %s %q", v.Condition, v.Reason, tt.condition, tt.code, tt.says)
			}
			if tt.condition == ingest.Incomplete && (len(v.Timing) != v.Frames || !v.Timing[5].Missing || v.Timing[5].Start != 180 || v.Timing[6].Start != 240) {
				t.Errorf("the table of frames does not show the hole: %+v", v.Timing)
			}
		})
	}
}

// fieldCurves extracts a case as 'tacstream extract' does.
func fieldCurves(t *testing.T, name string) (extract.Curves, ingest.Assembly) {
	t.Helper()
	dir := fieldCase(t, name)
	seg, err := ReadRegionsFile(filepath.Join(dir, "regions", "space-pet_dseg.nii.gz"), filepath.Join(dir, "regions", "dseg.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	curves, a, err := ExtractDir(t.Context(), filepath.Join(dir, "pet"), stream.PlacedRegions{Segmentation: seg}, 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	return curves, a
}

// An uptake value in the standard's own unit code is turned into Bq/mL by dose and
// weight, and gives the curves of the same series in Bq/mL.
func TestUptakeInTheStandardsUnitCode(t *testing.T) {
	uptake, _ := fieldCurves(t, "enhanced-cid85-suvbw")
	activity, _ := fieldCurves(t, "enhanced-orientation-rounding") // the same scan
	for i, tac := range uptake.TACs {
		for f, v := range tac.BqPerML {
			if want := activity.TACs[i].BqPerML[f]; math.Abs(v-want) > 1e-6*want+1e-3 {
				t.Fatalf("%s, frame %d: %g Bq/mL, want %g", tac.Region, f+1, v, want)
			}
		}
	}
}
