package inspect

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// sharedData is the data that lies beside the project.
const sharedData = "../../../shared/data/"

// moduleCache returns the test data of the DICOM library.
func moduleCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	if err != nil {
		t.Skip("the module cache is not here")
	}
	return filepath.Join(strings.TrimSpace(string(out)), "testdata")
}

// What real scanners wrote has the values that other programs read.
func TestInspectedValuesAreThoseOfOtherPrograms(t *testing.T) {
	body, err := os.ReadFile(sharedData + "real/expected.json")
	if err != nil {
		t.Skip("the shared test data is not here")
	}
	var expected map[string]struct {
		Slices              int
		Min, Max, Mean, Sum float64
		Negative            int `json:"negative_voxels"`
	}
	if err := json.Unmarshal(body, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected {
		where := filepath.Join(sharedData, "real/ibsi", filepath.Base(name), "dicom")
		if strings.HasPrefix(name, "suyashkumar") {
			where = filepath.Join(moduleCache(t), filepath.Base(name))
		}
		in, err := Inspect(context.Background(), FileShelf(where), config.Default(), true)
		if err != nil || len(in.Series) != 1 {
			t.Fatalf("%s: %d series, %v", name, len(in.Series), err)
		}
		s := in.Series[0]
		if s.Values == nil || !alike(s.Values.Min, want.Min) || !alike(s.Values.Max, want.Max) || !alike(s.Values.Mean, want.Mean) ||
			!alike(s.Values.Sum, want.Sum) || s.Values.Negative != want.Negative {
			t.Errorf("%s: %+v, want %+v", name, s.Values, want)
		}
		if s.Nuclide != "F-18" || len(s.Doubts) > 0 && s.Doubts[0].Code == ingest.CodeGeometry || want.Slices > 0 && (s.Condition != ingest.Ready || s.Slices != want.Slices) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// alike allows for sums in another order.
func alike(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

// A series, a broken object and a table are told apart, and nothing of the
// patient is in what is said.
func TestInspectionNamesWhatIsThere(t *testing.T) {
	s := small()
	s.Patient = phantom.Patient{Name: "CANARY^NAME", ID: "CANARYID"}
	s.Description = "CANARYTEXT of DASB"
	dir := write(t, t.TempDir(), s, func(f phantom.File) []byte {
		if f.Slot == (ingest.Slot{Frame: 2, Slice: 3}) {
			return phantom.Truncated(f.Data)
		}
		return f.Data
	})
	for _, f := range s.Regions() {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Inspect(context.Background(), FileShelf(dir), config.Default(), true)
	if err != nil || len(in.Series) != 1 || len(in.Regions) != 2 || len(in.Broken) != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	v := in.Series[0]
	if v.Condition != ingest.Incomplete || len(v.Missing) != 1 || v.Missing[0] != (ingest.Slot{Frame: 2, Slice: 3}) || v.Do == "" || in.Broken[0].Do == "" {
		t.Errorf("%+v", v)
	}
	if v.Tracer != "[11C]DASB" || v.Nuclide != "C-11" || v.Lies != "columns right to left, rows front to back, slices foot to head" {
		t.Errorf("tracer %q, nuclide %q, %q", v.Tracer, v.Nuclide, v.Lies)
	}
	if v.Radiopharmaceutical != "[11C]DASB" || v.DoseBq != 170e6 || v.WeightKg != 7 {
		t.Errorf("%q, %g Bq, %g kg", v.Radiopharmaceutical, v.DoseBq, v.WeightKg)
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"CANARY", s.SeriesInstanceUID(), s.StudyInstanceUID(), "20240108"} {
		if strings.Contains(string(body), secret) {
			t.Errorf("%q is in %s", secret, body)
		}
	}
}

// The table of frames has the header's factor beside the one of its times.
func TestInspectionChecksDecayFactors(t *testing.T) {
	in, err := Inspect(context.Background(), FileShelf(write(t, t.TempDir(), small(), nil)), config.Default(), true)
	if err != nil || len(in.Series) != 1 || in.Series[0].Condition != ingest.Ready {
		t.Fatalf("%+v, %v", in, err)
	}
	frames := small().Frames
	for f, v := range in.Series[0].Timing {
		if math.Abs(v.Factor/v.Expected-1) > 1e-6 || v.Start != frames[f].Start.Seconds() || !(v.SlopeMin > 0) || v.SlopeMax < v.SlopeMin {
			t.Errorf("frame %d: %+v", f+1, v)
		}
	}
}

// What the headers of a series do not tell, its contents do: a second content of
// one instance, and pixels that nobody can decode. Both are named by their
// files.
func TestInspectionReadsContents(t *testing.T) {
	s := small()
	double := write(t, t.TempDir(), s, func(f phantom.File) []byte { return f.Data })
	var first phantom.File
	for f := range s.Slices() {
		first = f
		break
	}
	first.Data[len(first.Data)-1] ^= 1
	if err := os.WriteFile(filepath.Join(double, "again.dcm"), first.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := Inspect(t.Context(), FileShelf(double), config.Default(), true)
	if err != nil || len(in.Series) != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	if v := in.Series[0]; v.Condition != ingest.Inconsistent || v.Reason.Code != ingest.CodeConflict || !strings.Contains(v.Reason.Detail, "again.dcm") {
		t.Errorf("a second content: %s, %v", v.Condition, v.Reason)
	}
}

// Region sources are read and laid over the series: those that cannot be read,
// or lie elsewhere, say so.
func TestInspectionLooksIntoRegions(t *testing.T) {
	s := small()
	dir := write(t, t.TempDir(), s, nil)
	away := s.Labels()
	for r := range 3 {
		away.Geometry.Affine[r][3] += 5000
	}
	good := phantom.NIfTI(s.Labels())
	for name, data := range map[string][]byte{
		"good_dseg.nii": good, "away_dseg.nii": phantom.NIfTI(away), "cut_dseg.nii": good[:len(good)/2],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), false)
	if err != nil || len(in.Regions) != 3 {
		t.Fatalf("%+v, %v", in.Regions, err)
	}
	for _, r := range in.Regions {
		want := map[string]ingest.Code{"good_dseg.nii": "", "away_dseg.nii": ingest.CodeRegionsElsewhere, "cut_dseg.nii": ingest.CodeRegionsUnreadable}[filepath.Base(r.Object)]
		if r.Reason.Code != want || (want == "") != (len(r.Fits) == 1) {
			t.Errorf("%s: fits %v, %v", filepath.Base(r.Object), r.Fits, r.Reason)
		}
	}
}
