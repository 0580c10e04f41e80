package extract_test

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
)

// shared is the data that lies beside the project.
const shared = "../../shared/data"

// folders returns the folders that match, or skips the test.
func folders(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(shared, pattern))
	if err != nil || len(found) == 0 {
		t.Skip("the shared test data is not here")
	}
	return found
}

// A truth is what the generator of a series says of it.
type truth struct {
	HalfLife float64 `json:"half_life_s"`
	Frames   []struct {
		Start    float64 `json:"start_s"`
		Duration float64 `json:"duration_s"`
		Factor   struct {
			Start float64 `json:"START"`
		} `json:"decay_factor"`
	} `json:"frames"`
	Grid struct {
		Shape  [3]int        `json:"shape"`
		Affine [4][4]float64 `json:"affine_ras"`
	} `json:"grid"`
	Regions []struct {
		Index       int32     `json:"index"`
		Name        string    `json:"name"`
		Voxels      float64   `json:"voxels"`
		VolumeMM3   float64   `json:"volume_mm3"`
		Stored      []float64 `json:"mask_mean_stored_as_series"`
		ToStart     []float64 `json:"mask_mean_corrected_to_scan_start"`
		ToInjection []float64 `json:"mask_mean_corrected_to_injection"`
		Uncorrected []float64 `json:"curve_uncorrected"`
		CurveStart  []float64 `json:"curve_corrected_to_scan_start"`
	} `json:"regions"`
	MRI struct {
		Regions map[string]struct {
			Voxels float64   `json:"pet_voxels"`
			Stored []float64 `json:"labels_to_pet_nearest"`
		} `json:"regions"`
	} `json:"mri_grid"`
}

func truthOf(t *testing.T, folder string) truth {
	t.Helper()
	var v truth
	if err := json.Unmarshal(read(t, filepath.Join(folder, "truth.json")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v truth) geometry() ingest.Geometry {
	g := ingest.Geometry{Size: v.Grid.Shape}
	for r := range g.Affine {
		g.Affine[r] = v.Grid.Affine[r]
	}
	return g
}

// curves returns the truth's own curves, as they decayed.
func (v truth) curves() extract.Curves {
	c := extract.Curves{HalfLife: fromSeconds(v.HalfLife), Units: extract.BqPerML, Decay: extract.Decay{InjectionKnown: true}}
	for _, f := range v.Frames {
		c.Frames = append(c.Frames, ingest.Frame{Start: fromSeconds(f.Start), Duration: fromSeconds(f.Duration)})
	}
	for _, r := range v.Regions {
		c.TACs = append(c.TACs, extract.TAC{Region: extract.Region(r.Name), BqPerML: r.Uncorrected})
	}
	return c
}

func fromSeconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func TestMasksAgreeWithTheGenerator(t *testing.T) {
	row := figures.Accuracy(t, "volume of regions on a finer, turned grid", 8)
	off := row.AtMost("at most # %")
	for _, folder := range append(folders(t, "dicom/*"), folders(t, "bad/_base")...) {
		v := truthOf(t, folder)
		for _, image := range []string{"space-pet_dseg.nii.gz", "space-pet_desc-ras_dseg.nii", "space-T1w_dseg.nii.gz"} {
			labels := readRegions(t, filepath.Join(folder, "regions", image), filepath.Join(folder, "regions", "dseg.tsv"))
			m := newMask(t, labels, v.geometry())
			if len(m.Regions) != len(v.Regions) || len(m.Warnings) != 0 {
				t.Errorf("%s %s: %d regions, warnings %v", folder, image, len(m.Regions), m.Warnings)
			}
			got := voxels(m)
			if image == "space-T1w_dseg.nii.gz" {
				off.Add(100 * turned(t, labels, m, 0.01))
				continue
			}
			for _, r := range v.Regions {
				want := r.Voxels
				if got[extract.Region(r.Name)] != want {
					t.Errorf("%s %s: %s has %v voxels, want %v", folder, image, r.Name, got[extract.Region(r.Name)], want)
				}
			}
		}
	}
}

func TestDecayAgreesWithTheGenerator(t *testing.T) {
	for _, folder := range folders(t, "dicom/*") {
		v := truthOf(t, folder)
		c := v.curves()
		factors, err := c.Factors(extract.ToScanStart)
		if err != nil {
			t.Fatal(err)
		}
		for f := range factors {
			if math.Abs(factors[f]/v.Frames[f].Factor.Start-1) > 1e-9 { // times are kept to 1 ns
				t.Errorf("%s frame %d: DF %v, want %v", folder, f+1, factors[f], v.Frames[f].Factor.Start)
			}
		}
		start, err := c.Corrected(extract.ToScanStart)
		if err != nil {
			t.Fatal(err)
		}
		for r := range v.Regions {
			near(t, folder, start[r], v.Regions[r].CurveStart, 1e-9)
		}
	}
}

// near compares a curve to the truth, within a fraction of the truth's peak.
func near(t *testing.T, where string, got extract.CorrectedTAC, want []float64, tolerance float64) {
	t.Helper()
	peak := 0.0
	for _, w := range want {
		peak = max(peak, w)
	}
	for f, w := range want {
		if off := math.Abs(got.BqPerML[f]-w) / peak; !(off <= tolerance) {
			t.Errorf("%s %s frame %d: %v, want %v (off by %.2g of the peak)", where, got.Region, f+1, got.BqPerML[f], w, off)
		}
	}
}

// assemble reads the headers of a folder and puts the series together.
func assemble(t *testing.T, folder string) ingest.Assembly {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "pet", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var records []ingest.Record
	for _, file := range files {
		b := read(t, file)
		found := dicom.Options{}.ReadHeader(b, int64(len(b)))
		records = append(records, ingest.Record{
			Object: ingest.Object{Key: file, ETag: "1", Size: int64(len(b))}, Kind: ingest.KindSlice,
			Instance: &found.Instance, Header: &found.Header, Fault: found.Fault,
		})
	}
	a, outcome := ingest.Assess("", records, true)
	if outcome.Condition != ingest.Ready {
		t.Fatalf("%s is %s: %v", folder, outcome.Condition, outcome.Reason)
	}
	return a
}

// extractAll streams a whole series into curves.
func extractAll(t *testing.T, a ingest.Assembly, labels ingest.Labels) extract.Curves {
	t.Helper()
	timing, err := a.Timing()
	if err != nil {
		t.Fatal(err)
	}
	geometry, err := dicom.Geometry(a.Header, a.Positions)
	if err != nil {
		t.Fatal(err)
	}
	mask := newMask(t, labels, geometry)
	sums, err := extract.NewSums(len(a.Starts), mask)
	if err != nil {
		t.Fatal(err)
	}
	var decoder dicom.Decoder
	for at, r := range a.Slots {
		frame, k := at/mask.Slices(), at%mask.Slices()
		slice, err := decoder.Decode(read(t, r.Key))
		if err != nil {
			t.Fatal(err)
		}
		slice.AddRegionSums(mask.Slice(k), sums.Slot(frame, k))
	}
	c, err := sums.Curves(timing, a.Header.Soft.BqPerMLPerUnit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// quantised is what a correction may be off, as a fraction of the peak, since
// pixels hold 16 bits.
const quantised = 5e-5

func TestWholeSeriesAgreeWithTheGenerator(t *testing.T) {
	for _, name := range []string{"siemens-start", "siemens-none", "ge-start", "ge-midnight", "philips-cnts"} {
		folder := folders(t, filepath.Join("dicom", name))[0]
		v, a := truthOf(t, folder), assemble(t, folder)
		table := filepath.Join(folder, "regions", "dseg.tsv")
		pet := extractAll(t, a, readRegions(t, filepath.Join(folder, "regions", "space-pet_dseg.nii.gz"), table))
		if pet.Units != extract.BqPerML || pet.DefaultOrigin() != extract.ToInjection {
			t.Errorf("%s: curves in %s, to %s", name, pet.Units, pet.DefaultOrigin())
		}
		for _, r := range v.Regions {
			// The truth's own tolerance is 1e-6 of the peak.
			near(t, name, region(t, pet, extract.AsStored, r.Name), r.Stored, 1e-6)
			near(t, name, region(t, pet, extract.ToScanStart, r.Name), r.ToStart, quantised)
			near(t, name, region(t, pet, extract.ToInjection, r.Name), r.ToInjection, quantised)
		}
	}
}

// region returns a curve by name, corrected for decay.
func region(t *testing.T, c extract.Curves, to extract.Origin, name string) extract.CorrectedTAC {
	t.Helper()
	tacs, err := c.Corrected(to)
	if err != nil {
		t.Fatal(err)
	}
	for _, tac := range tacs {
		if tac.Region == extract.Region(name) {
			return tac
		}
	}
	t.Fatalf("no region is called %s", name)
	return extract.CorrectedTAC{}
}

func TestLabelsOfAnotherPlaceAreRefused(t *testing.T) {
	folder := folders(t, "bad/labels-elsewhere")[0]
	labels := readRegions(t, filepath.Join(folder, "regions", "space-pet_dseg.nii.gz"), filepath.Join(folder, "regions", "dseg.tsv"))
	a := assemble(t, folder)
	pet, err := dicom.Geometry(a.Header, a.Positions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := extract.NewMask(ingest.Segmentation{Labels: &labels}, pet, extract.Options{}); ingest.ReasonOf(err).Code != ingest.CodeRegionsElsewhere {
		t.Errorf("labels 200 mm off: %v", err)
	}
}

// Real contours fill the very voxels of the mask that others made of them.
func TestRealOutlinesAreTheMaskThatOthersMade(t *testing.T) {
	row := figures.Accuracy(t, "real contours (IBSI) against the published masks: slices", 3)
	other := row.AtMost("# differ")
	for _, study := range folders(t, "real/ibsi/STS_*") {
		seg, err := dicom.Options{}.ReadRegions(read(t, filepath.Join(study, "dicom", "PET", "mask", "RS.dcm")))
		if err != nil {
			t.Fatal(err)
		}
		want, err := nifti.ReadLabels(bytes.NewReader(read(t, filepath.Join(study, "nifti", "PET_mask.nii.gz"))), nifti.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := extract.NewMask(seg, want.Geometry, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(m.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnContours }); i >= 0 {
			t.Errorf("%s: %v", filepath.Base(study), m.Warnings[i]) // they were drawn on these slices
		}
		of := newMask(t, want, want.Geometry)
		differ := 0
		for k := range of.Slices() {
			if diff := cmp.Diff(of.Slice(k), m.Slice(k)); diff != "" {
				t.Errorf("%s slice %d: %s", filepath.Base(study), k, diff)
				differ++
			}
		}
		other.Add(float64(differ))
		t.Logf("%s: %v voxels, %d of %d slices differ", filepath.Base(study), m.Regions[0].Voxels, differ, of.Slices())
	}
}
