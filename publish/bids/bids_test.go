package bids_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/publish"
	"tacstream/publish/bids"
)

var update = flag.Bool("update", false, "write testdata/ anew")

// canary stands for what identifies a person.
const canary = "CANARY"

// result is one of three frames with a gap and two regions. Whatever in it
// identifies somebody holds the canary.
func result() bids.Result {
	day := time.Date(1957, 11, 23, 10, 41, 59, 0, time.UTC)
	return bids.Result{
		Result: publish.Result{
			Cause:  publish.Cause{Site: "local", Series: "7k2mabcdefghijklmnopqrstuv", Revision: 3, Input: "0123456789abcdef", Regions: "aa11+bb22", Settings: "c0ffee00c0ffee00", Version: "1.2.0"},
			Tracer: "dasb", TracerName: "[11C]DASB", Reference: "Cerebellum",
			Curves: extract.Curves{
				Frames: []ingest.Frame{{Duration: time.Minute}, {Start: time.Minute, Duration: 2 * time.Minute}, {Start: 4 * time.Minute, Duration: time.Minute}},
				TACs: []extract.TAC{
					{Region: "Cerebellum", Index: 8, Voxels: 120, VolumeMM3: 960, BqPerML: []float64{1000, 500, 0}},
					{Region: "Putamen", Voxels: 50, VolumeMM3: 400.5, BqPerML: []float64{2000, 1500.25, -3}, Parts: []extract.Region{"Left-Putamen", "Right-Putamen"}},
				},
				HalfLife: time.Minute, Units: extract.BqPerML,
				Decay:    extract.Decay{StoredNone: true, Injection: -30 * time.Second, InjectionKnown: true},
				Warnings: []ingest.Warning{{Code: ingest.WarnFrameGap, Level: ingest.LevelWarn, Value: 60, Threshold: 1, Detail: "The frames leave 1 gap between them, of up to 60 s; up to 1 s is normal."}},
			},
			Estimates: []fit.Estimate{
				{
					Region: "Putamen", Model: "srtm", AIC: -12.5, BIC: -10, RSS: 0.25, Fitted: []float64{1990, 1500, 4}, Weights: []float64{0.5, 1.5, 1},
					Parameters: []fit.Parameter{
						{Symbol: fit.R1, Value: 1.1, SE: 0.01}, {Symbol: fit.K2, Value: 0.0715, SE: 0.002},
						{Symbol: fit.BPND, Value: 1.9, SE: 0.05}, {Symbol: fit.K2Prime, Value: 0.065, SE: math.NaN()},
					},
					Warnings: []ingest.Warning{{Code: ingest.WarnResiduals, Level: ingest.LevelWarn, Value: 0.004, Threshold: 0.01, Detail: "The residuals have 2 runs; so few or fewer come by chance with p = 0.004, below 0.01."}},
				},
				{
					Region: "Putamen", Model: "logan-ref", AIC: math.Inf(-1), BIC: math.NaN(), RSS: 2, TStar: 90 * time.Second,
					Fitted: []float64{math.NaN(), 1500, 4}, Weights: []float64{0, 1, 1},
					Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1.875, SE: 0.0625}, {Symbol: fit.DVR, Value: 2.875, SE: 0.0625}},
				},
			},
		},
		Subject: "subjabcdefghijklmnopqrstuv", Examination: "studabcdefghijklmnopqrstuv",
		Header: ingest.Header{
			Strict: ingest.Strict{SeriesInstanceUID: canary, SOPClassUID: canary, FrameOfReferenceUID: canary, SeriesType: canary, Units: canary, DecayCorrection: canary},
			Soft: ingest.Soft{
				StudyInstanceUID: canary, PatientID: canary, TracerTexts: []string{canary}, CorrectedImage: []string{canary}, SeriesStart: day, Injection: day,
				DoseBq: 370e6, WeightKg: 7.25, Manufacturer: "SIEMENS", Model: "HRRT", ReconMethod: "OP-OSEM 3D, 10i16s", AttenuationCorr: "measured",
			},
		},
	}
}

func written(t *testing.T, r bids.Result) []bids.File {
	t.Helper()
	files, err := bids.Files(r)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// find returns the data of the only file whose name ends so.
func find(t *testing.T, files []bids.File, suffix string) []byte {
	t.Helper()
	var found [][]byte
	for _, f := range files {
		if strings.HasSuffix(f.Name, suffix) {
			found = append(found, f.Data)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d files end in %s", len(found), suffix)
	}
	return found[0]
}

func TestGoldenDataset(t *testing.T) {
	var all bytes.Buffer
	for _, f := range written(t, result()) {
		fmt.Fprintf(&all, "-- %s (%s)\n%s\n", f.Name, f.ContentType, f.Data)
	}
	path := filepath.Join("testdata", "dataset.txt")
	if *update {
		if err := os.WriteFile(path, all.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameResultHasTheSameBytes(t *testing.T) {
	if diff := cmp.Diff(written(t, result()), written(t, result())); diff != "" {
		t.Error(diff)
	}
}

func TestNothingThatIdentifiesIsWritten(t *testing.T) {
	r := result()
	// The free texts of a header may hold anything.
	r.Header.Soft.Manufacturer, r.Header.Soft.Model = canary+"^MARY", "scanned "+canary+" 19571123"
	r.Header.Soft.ReconMethod, r.Header.Soft.AttenuationCorr = canary+" 1.2.840.113619.2", canary+"\nB"
	for _, f := range written(t, r) {
		for _, secret := range []string{canary, "1957", "11-23", "10:41", "104159"} {
			if strings.Contains(f.Name, secret) || bytes.Contains(f.Data, []byte(secret)) {
				t.Errorf("%s holds %s", f.Name, secret)
			}
		}
	}
}

func TestNamesAreThoseOfBIDS(t *testing.T) {
	const stem = "sub-subjabcdef/ses-studabcdef/pet/sub-subjabcdef_ses-studabcdef_trc-dasb_seg-regions"
	want := []string{
		".bidsignore", "dataset_description.json",
		stem + "_desc-preproc_tacs.tsv", stem + "_desc-preproc_tacs.json", stem + "_morph.tsv", stem + "_morph.json",
		stem + "_model-SRTM_kinpar.tsv", stem + "_model-SRTM_kinpar.json",
		stem + "_model-SRTM_desc-fitted_tacs.tsv", stem + "_model-SRTM_desc-fitted_tacs.json",
		stem + "_model-LoganRef_kinpar.tsv", stem + "_model-LoganRef_kinpar.json",
		stem + "_model-LoganRef_desc-fitted_tacs.tsv", stem + "_model-LoganRef_desc-fitted_tacs.json",
	}
	names, curves := bids.Names(written(t, result()))
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if curves != want[2] {
		t.Errorf("the table of curves is %s", curves)
	}
}

func TestLabelsHoldLettersAndDigitsOnly(t *testing.T) {
	r := result()
	r.Tracer, r.Segmentation, r.Subject, r.Examination = "az-10419369", "SARM/../ü 2", "", ""
	names, _ := bids.Names(written(t, r))
	const want = "sub-7k2mabcdef/ses-7k2mabcdef/pet/sub-7k2mabcdef_ses-7k2mabcdef_trc-az10419369_seg-SARM2_desc-preproc_tacs.tsv"
	if names[2] != want {
		t.Errorf("%s, want %s", names[2], want)
	}
	for name, change := range map[string]func(*bids.Result){
		"a segmentation of which nothing is left": func(r *bids.Result) { r.Segmentation = "../" },
		"a subject in the clear":                  func(r *bids.Result) { r.Subject = canary },
		"a study in the clear":                    func(r *bids.Result) { r.Examination = "1.2.840.113619.2.1.1.2.33.4" },
	} {
		r := result()
		change(&r)
		if _, err := bids.Files(r); !errors.Is(err, bids.ErrLabel) || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCurvesReadBack(t *testing.T) {
	r := result()
	back, _, err := table.Read(bytes.NewReader(find(t, written(t, r), "_desc-preproc_tacs.tsv")), table.Hints{})
	if err != nil {
		t.Fatal(err)
	}
	// Decay factors to 30 s before the scan at a half-life of 60 s, worked out
	// in Python; the tolerance is that of a float64.
	factors := []float64{1.9605162869370942, 5.228043431832251, 31.368260590993508}
	for i, tac := range r.Curves.TACs {
		for f, v := range tac.BqPerML {
			if want := v * factors[f]; math.Abs(back.TACs[i].BqPerML[f]-want) > 1e-12*math.Abs(want) {
				t.Errorf("%s, frame %d: %v, want %v", tac.Region, f+1, back.TACs[i].BqPerML[f], want)
			}
		}
	}
	if diff := cmp.Diff(r.Curves.Frames, back.Frames); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsWithoutANumberAreLeftOut(t *testing.T) {
	files := written(t, result())
	for suffix, want := range map[string]string{
		"_model-SRTM_kinpar.tsv":     "name\tR1\tk2\tk2prime\tBPnd\tR1-se\tk2-se\tBPnd-se\tAIC\tBIC\tRSS\nPutamen\t1.1\t0.0715\t0.065\t1.9\t0.01\t0.002\t0.05\t-12.5\t-10\t0.25\n",
		"_model-LoganRef_kinpar.tsv": "name\tBPnd\tDVR\tBPnd-se\tDVR-se\ttstar\tRSS\nPutamen\t1.875\t2.875\t0.0625\t0.0625\t90\t2\n",
	} {
		if have := string(find(t, files, suffix)); have != want {
			t.Errorf("%s:\n%s\nwant\n%s", suffix, have, want)
		}
	}
}

func TestEveryColumnIsDescribed(t *testing.T) {
	files := written(t, result())
	for _, f := range files {
		stem, ok := strings.CutSuffix(f.Name, ".tsv")
		if !ok {
			continue
		}
		header, _, _ := strings.Cut(string(f.Data), "\n")
		for _, name := range strings.Split(header, "\t") {
			if d := described(t, find(t, files, stem+".json"), name); d == "" {
				t.Errorf("%s: column %s has no description", stem, name)
			}
		}
	}
}

// described returns what a sidecar says of a column.
func described(t *testing.T, sidecar []byte, name string) string {
	t.Helper()
	type column struct{ Description string }
	var outer map[string]json.RawMessage
	var columns map[string]column
	if err := json.Unmarshal(sidecar, &outer); err != nil {
		t.Fatal(err)
	}
	if list, ok := outer["columns"]; ok {
		if err := json.Unmarshal(list, &columns); err != nil {
			t.Fatal(err)
		}
	} else if err := json.Unmarshal(sidecar, &columns); err != nil {
		t.Fatal(err)
	}
	return columns[name].Description
}

func TestUnknownThingsAreLeftOutOrNotAvailable(t *testing.T) {
	r := result()
	r.Header, r.TracerName, r.Tracer = ingest.Header{}, "", ""
	r.Curves.HalfLife, r.Curves.Decay = 0, extract.Decay{}
	for i := range r.Curves.TACs {
		r.Curves.TACs[i].Voxels, r.Curves.TACs[i].VolumeMM3 = 0, 0
	}
	files := written(t, r)
	var side map[string]any
	if err := json.Unmarshal(find(t, files, "_desc-preproc_tacs.json"), &side); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"InjectedRadioactivity", "InjectionStart", "RadionuclideHalfLife", "body_weight", "Manufacturer", "TracerRadionuclide"} {
		if v, ok := side[field]; ok {
			t.Errorf("%s is %v", field, v)
		}
	}
	if side["TracerName"] != "unknown" || side["TimeZero"] != "00:00:00" || side["DecayCorrectedTo"] != "stored" {
		t.Errorf("%v, %v, %v", side["TracerName"], side["TimeZero"], side["DecayCorrectedTo"])
	}
	if want := "index\tname\tvolume-mm3\tvoxels\n8\tCerebellum\tn/a\tn/a\nn/a\tPutamen\tn/a\tn/a\n"; string(find(t, files, "_morph.tsv")) != want {
		t.Errorf("%s", find(t, files, "_morph.tsv"))
	}
}

func TestCurvesWithoutEstimatesAreWritten(t *testing.T) {
	r := result()
	r.Estimates = nil
	if n := len(written(t, r)); n != 6 {
		t.Errorf("%d files, want 6", n)
	}
}

func TestNamesThatWouldBreakATableAreRejected(t *testing.T) {
	for name, change := range map[string]func(*bids.Result){
		"a region with a tab":         func(r *bids.Result) { r.Curves.TACs[0].Region = "a\tb" },
		"an estimate with a new line": func(r *bids.Result) { r.Estimates[0].Region = "a\nb" },
		"a region without a name":     func(r *bids.Result) { r.Curves.TACs[0].Region = "" },
	} {
		r := result()
		change(&r)
		if _, err := bids.Files(r); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestModelsThatFilesCannotTellApartAreAnError(t *testing.T) {
	r := result()
	r.Estimates[1].Model = "SRTM"
	if _, err := bids.Files(r); !errors.Is(err, bids.ErrLabel) {
		t.Errorf("error %v", err)
	}
}

// TestColumnsAreThoseOfPETPrep compares with what PETPrep wrote for a public
// dataset.
func TestColumnsAreThoseOfPETPrep(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "ds004869", "derivatives", "petprep", "sub-04")
	tacs, err := os.ReadFile(filepath.Join(root, "ses-baseline", "pet", "sub-04_ses-baseline_desc-preproc_seg-gtm_tacs.tsv"))
	if err != nil {
		t.Skip("the dataset is not here")
	}
	morph, err := os.ReadFile(filepath.Join(root, "anat", "sub-04_desc-preproc_seg-gtm_morph.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	side, err := os.ReadFile(filepath.Join(root, "ses-baseline", "pet", "sub-04_ses-baseline_desc-preproc_seg-gtm_tacs.json"))
	if err != nil {
		t.Fatal(err)
	}
	files := written(t, result())
	for _, c := range []struct {
		have, theirs []byte
		columns      int
	}{
		{find(t, files, "_desc-preproc_tacs.tsv"), tacs, 2}, {find(t, files, "_morph.tsv"), morph, 3},
	} {
		if diff := cmp.Diff(columns(c.theirs)[:c.columns], columns(c.have)[:c.columns]); diff != "" {
			t.Error(diff)
		}
	}
	var theirs, ours map[string]any
	if err := errors.Join(json.Unmarshal(side, &theirs), json.Unmarshal(find(t, files, "_desc-preproc_tacs.json"), &ours)); err != nil {
		t.Fatal(err)
	}
	for field, v := range theirs {
		if v == nil { // TaskName: a scan at rest has none
			continue
		}
		if _, ok := ours[field]; !ok {
			t.Errorf("their sidecar has %s", field)
		}
	}
}

func columns(table []byte) []string {
	header, _, _ := strings.Cut(string(table), "\n")
	return strings.Split(header, "\t")
}
