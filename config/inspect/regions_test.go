package inspect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	left, other, again := put("a/x_label-GM_probseg.nii.gz", 1, 0), put("a/x_label-WM_probseg.nii.gz", 1, 1), put("b/x_label-GM_probseg.nii.gz", 0, 1)
	if s, err := ReadRegionsFiles([]string{left, other}, ""); err != nil || len(s.Layers.Regions) != 2 {
		t.Errorf("two names: %+v, %v", s.Layers, err)
	}
	_, err := ReadRegionsFiles([]string{left, other, again}, "")
	if why := ingest.ReasonOf(err); why.Code != ingest.CodeRegionsUnreadable || !strings.Contains(why.Detail, left+" and "+again+" both hold a region called GM") {
		t.Errorf("one name in two files: %v", err)
	}
}
