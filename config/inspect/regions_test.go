package inspect

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacstream/config"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// Files are read by what their names say they are.
func TestRegionsFilesOfEveryKind(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	grid := ingest.Geometry{Size: [3]int{2, 1, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
	labels := ingest.Labels{Geometry: grid, Index: []int32{0, 1}, Names: map[int32]string{1: "Putamen"}}
	image := phantom.NIfTI(labels)
	if _, err := ReadRegionsFile(put("a_dseg.nii.gz", image), ""); err == nil || !strings.Contains(err.Error(), "--lut") {
		t.Errorf("a label image without a table: %v", err)
	}
	table := put("dseg.tsv", phantom.LookUpTable(labels))
	if s, err := ReadRegionsFile(filepath.Join(dir, "a_dseg.nii.gz"), ""); err != nil || s.Labels.Names[1] != "Putamen" {
		t.Errorf("a label image: %+v, %v", s, err)
	}
	if s, err := ReadRegionsFile(put("a_label-Putamen_probseg.nii.gz", image), ""); err != nil || s.Layers.Regions[0].Name != "Putamen" {
		t.Errorf("probabilities whose name says the region: %+v, %v", s, err)
	}
	if s, err := ReadRegionsFile(put("a_probseg.nii.gz", image), table); err != nil || s.Layers.Regions[0].Name != "Putamen" {
		t.Errorf("probabilities with a table: %+v, %v", s, err)
	}
	atlas, err := ReadRegionsFile(put("a_space-MNI152NLin6Asym_dseg.nii.gz", image), table)
	if err != nil || atlas.Standard != "MNI" {
		t.Errorf("labels in a standard space: %q, %v", atlas.Standard, err)
	}
	placed, err := (stream.PlacedRegions{Segmentation: atlas}).On(grid, ingest.Header{})
	if err != nil || len(placed.Warnings) != 1 || placed.Warnings[0].Level != ingest.LevelDoubt {
		t.Errorf("used without a transform: %+v, %v", placed.Warnings, err)
	}
	if _, err := ReadRegionsFile(put("seg.dcm", image), ""); ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
		t.Errorf("something that is no DICOM: %v", err)
	}
}

// Files that hold a region of one name are refused by the names of both.
func TestOneNameInTwoFilesIsRefused(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, index ...int32) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		grid := ingest.Geometry{Size: [3]int{2, 1, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
		if err := os.WriteFile(file, phantom.NIfTI(ingest.Labels{Geometry: grid, Index: index}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	left, other := put("a/x_label-GM_probseg.nii.gz", 1, 0), put("a/x_label-WM_probseg.nii.gz", 1, 1)
	again := put("b/x_label-GM_probseg.nii.gz", 0, 1)
	if s, err := ReadRegionsFiles([]string{left, other}, ""); err != nil || len(s.Layers.Regions) != 2 {
		t.Errorf("two names: %+v, %v", s.Layers, err)
	}
	_, err := ReadRegionsFiles([]string{left, other, again}, "")
	if why := ingest.ReasonOf(err); why.Code != ingest.CodeRegionsUnreadable ||
		!strings.Contains(why.Detail, left+" and "+again+" both hold a region called GM") {
		t.Errorf("one name in two files: %v", err)
	}
}

// Images of one region each are looked at as the set that the line makes of them:
// one name in two of them keeps all from serving, by the names of both.
func TestInspectionLooksIntoSets(t *testing.T) {
	s := small()
	labels := s.Labels()
	only := func(index int32) []byte {
		one := labels
		one.Index = make([]int32, len(labels.Index))
		for i, x := range labels.Index {
			if x == index {
				one.Index[i] = 1
			}
		}
		return phantom.NIfTI(one)
	}
	some := slices.IndexFunc(labels.Index, func(x int32) bool { return x != 0 })
	first, second := only(labels.Index[some]), only(slices.Max(labels.Index))
	look := func(names map[string][]byte) []RegionView {
		t.Helper()
		dir := write(t, t.TempDir(), s, nil)
		for name, data := range names {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), false)
		if err != nil || len(in.Regions) != len(names) {
			t.Fatalf("%+v, %v", in.Regions, err)
		}
		return in.Regions
	}
	for _, r := range look(map[string][]byte{"a_label-GM_probseg.nii.gz": first, "a_label-WM_probseg.nii.gz": second}) {
		if len(r.Fits) != 1 || r.Reason.Code != "" {
			t.Errorf("%s: %+v", r.Object, r)
		}
	}
	for _, r := range look(map[string][]byte{
		"a_label-GM_probseg.nii.gz": first, "a_label-WM_probseg.nii.gz": second, "a_label-GM_probseg.nii": second,
	}) {
		if why := r.Reason.Detail; len(r.Fits) != 0 || !strings.Contains(why, "a_label-GM_probseg.nii and ") ||
			!strings.Contains(why, "a_label-GM_probseg.nii.gz both hold a region called GM") {
			t.Errorf("%s: %+v", r.Object, r)
		}
	}
	for _, r := range look(map[string][]byte{"a_label-GM_probseg.nii.gz": first, "a_label-WM_probseg.nii.gz": second[:len(second)/2]}) {
		if !strings.Contains(r.Reason.Detail, "shorter") ||
			(filepath.Base(r.Object) == "a_label-GM_probseg.nii.gz") != strings.Contains(r.Reason.Detail, "a_label-WM_probseg.nii.gz, of the same set: ") {
			t.Errorf("%s: %+v", r.Object, r)
		}
	}
}
