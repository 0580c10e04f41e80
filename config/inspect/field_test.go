package inspect

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
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
		{"slope-zero-blank", ingest.Ready, "", ""},
		{"un-explicit", ingest.Ready, "", ""},
		{"subsecond-frames", ingest.Ready, "", ""},
		{"decay-contradiction", ingest.Rejected, ingest.CodeDecay, "DecayCorrection is NONE, but CorrectedImage lists DECY and DecayFactor rises to 6.166"},
		{"admin-time-of-day-only", ingest.Ready, "", ""},
		{"late-window-no-factor", ingest.Ready, "", ""},
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

// What people send for a scan is named: an image that is no DICOM, an archive.
func TestWhatIsNoDICOMIsNamed(t *testing.T) {
	dir := t.TempDir()
	image := make([]byte, 352)
	copy(image, "\x5c\x01\x00\x00")
	copy(image[344:], "n+1\x00")
	var packed, zipped bytes.Buffer
	gz := gzip.NewWriter(&packed)
	if _, err := gz.Write(image); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&zipped)
	if w, err := z.Create("PT.00001.dcm"); err != nil {
		t.Fatal(err)
	} else if _, err := w.Write([]byte("DICM")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"sub-01_pet.nii.gz": packed.Bytes(), "sub-01.zip": zipped.Bytes(), "sub-01_pet.json": []byte("{}")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), true)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, b := range in.Broken {
		got[filepath.Base(b.Object)] = string(b.Reason.Code) + " " + b.Do
	}
	for name, want := range map[string]string{"sub-01_pet.nii.gz": "PET is read from DICOM only", "sub-01.zip": "Unpack it", "sub-01_pet.json": "NOT_DICOM"} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// Voxels of a segmentation whose frames are deflated one by one, counted by the
// table of the cases.
func TestDeflatedFramesOfASegmentation(t *testing.T) {
	seg, err := ReadRegionsFile(filepath.Join(fieldCase(t, "seg-deflated-frames"), "seg.dcm"), "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"Nucleus-Accumbens-L": 2, "Nucleus-Accumbens-R": 2, "Caudate": 10, "Putamen": 10, "Thalamus": 10, "Cerebellum": 64, "Cortex": 360}
	got := map[string]int{}
	for _, l := range seg.Layers.Regions {
		for _, w := range l.Weight {
			if w > 0 {
				got[l.Name]++
			}
		}
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s has %d voxels, want %d", name, got[name], n)
		}
	}
}

// A frame that holds nothing is named.
func TestAFrameWithoutDataIsNamed(t *testing.T) {
	in, err := Inspect(t.Context(), FileShelf(filepath.Join(fieldCase(t, "zero-frame"), "pet")), config.Default(), true)
	if err != nil || len(in.Series) != 1 {
		t.Fatalf("%d series, %v", len(in.Series), err)
	}
	if i := slices.IndexFunc(in.Series[0].Doubts, func(d DoubtView) bool { return d.Code == ingest.WarnFrameEmpty }); i < 0 || !strings.Contains(in.Series[0].Doubts[i].Detail, "1 frame: 16.") {
		t.Errorf("%+v", in.Series[0].Doubts)
	}
}

// A region of the table without a voxel is named, by inspect as by extract, and
// one name for two indices is refused by both.
func TestNamesOfRegions(t *testing.T) {
	view := func(dir string) RegionView {
		t.Helper()
		in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range in.Regions {
			if !r.Companion() {
				return r
			}
		}
		t.Fatal("no regions")
		return RegionView{}
	}
	for _, tt := range []struct{ name, empty, refused string }{
		{"label-empty", "The image has no voxel of 1 region of the table: ", ""},
		{"tsv-duplicate-name", "", "the indices 26 and 58 of the table are both called Nucleus-Accumbens-L"},
	} {
		dir := fieldCase(t, tt.name)
		_, err := ReadRegionsFile(filepath.Join(dir, "regions", "space-pet_dseg.nii.gz"), "")
		seen := view(dir)
		if tt.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refused) || !strings.Contains(seen.Reason.Detail, tt.refused) {
				t.Errorf("%s: extract says %v, inspect %v", tt.name, err, seen.Reason)
			}
			continue
		}
		curves, _ := fieldCurves(t, tt.name)
		for where, list := range map[string][]ingest.Warning{"extract": curves.Warnings, "inspect": seen.Doubts} {
			if i := slices.IndexFunc(list, func(w ingest.Warning) bool { return w.Code == ingest.WarnRegionEmpty }); i < 0 || !strings.HasPrefix(list[i].Detail, tt.empty) {
				t.Errorf("%s, %s: %v", tt.name, where, list)
			}
		}
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

// Times that a header leaves open: values corrected to the injection stay as
// stored, whatever day its time of day is put on, and FrameReferenceTime tells
// which start START means.
func TestTimesThatTheHeaderLeavesOpen(t *testing.T) {
	corrected := func(name string, to extract.Origin) []extract.CorrectedTAC {
		t.Helper()
		curves, _ := fieldCurves(t, name)
		tacs, err := curves.Corrected(to)
		if err != nil {
			t.Fatal(err)
		}
		return tacs
	}
	same := func(what string, got, want []extract.CorrectedTAC) {
		t.Helper()
		for i := range want {
			for f, v := range want[i].BqPerML {
				if math.Abs(got[i].BqPerML[f]-v) > 1e-6*v {
					t.Fatalf("%s: %s, frame %d: %g, want %g", what, want[i].Region, f+1, got[i].BqPerML[f], v)
				}
			}
		}
	}
	same("Zr-89 four days after the injection", corrected("admin-time-of-day-only", extract.ToInjection), corrected("admin-time-of-day-only", extract.AsStored))
	same("a window late in an acquisition", corrected("late-window-no-factor", extract.ToScanStart), corrected("un-explicit", extract.ToScanStart))
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
