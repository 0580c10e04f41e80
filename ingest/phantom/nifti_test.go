package phantom_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// The offsets are those of nifti1.h.
func TestNIfTIFieldsByHand(t *testing.T) {
	labels := ingest.Labels{
		Geometry: ingest.Geometry{
			Size:   [3]int{3, 2, 1},
			Affine: ingest.Affine{{-1.5, 0, 0, 40}, {0, -2, 0, 50.25}, {0, 0, 3, -60}},
		},
		Index: []int32{0, 52, 552, -1, 276, 0},
	}
	b := unzip(t, phantom.NIfTI(labels))
	if len(b) != 352+2*6 {
		t.Fatalf("%d bytes, want 364", len(b))
	}
	short := func(at int) int { return int(int16(binary.LittleEndian.Uint16(b[at:]))) }
	float := func(at int) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[at:]))) }
	if got := binary.LittleEndian.Uint32(b); got != 348 {
		t.Errorf("sizeof_hdr = %d", got)
	}
	if got := string(b[344:348]); got != "n+1\x00" {
		t.Errorf("magic = %q", got)
	}
	for _, f := range []struct {
		name     string
		at, want int
	}{
		{"dim[0]", 40, 3}, {"dim[1]", 42, 3}, {"dim[2]", 44, 2}, {"dim[3]", 46, 1}, {"dim[4]", 48, 1},
		{"datatype", 70, 4}, {"bitpix", 72, 16}, {"qform_code", 252, 0}, {"sform_code", 254, 1},
		{"voxel 0", 352, 0}, {"voxel 1", 354, 52}, {"voxel 2", 356, 552}, {"voxel 3", 358, -1}, {"voxel 4", 360, 276},
	} {
		if got := short(f.at); got != f.want {
			t.Errorf("%s = %d, want %d", f.name, got, f.want)
		}
	}
	for _, f := range []struct {
		name string
		at   int
		want float64
	}{
		{"pixdim[1]", 80, 1.5}, {"pixdim[2]", 84, 2}, {"pixdim[3]", 88, 3}, {"vox_offset", 108, 352}, {"scl_slope", 112, 1},
		{"srow_x[0]", 280, -1.5}, {"srow_x[3]", 292, 40}, {"srow_y[1]", 300, -2}, {"srow_y[3]", 308, 50.25},
		{"srow_z[2]", 320, 3}, {"srow_z[3]", 324, -60},
	} {
		near(t, f.name, float(f.at), f.want, 0)
	}
}

func unzip(t *testing.T, data []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLookUpTableIsSortedByIndex(t *testing.T) {
	got := string(phantom.LookUpTable(ingest.Labels{Names: map[int32]string{552: "Left-A", 52: "Right-A", 276: "Cerebellum"}}))
	if d := cmp.Diff("index\tname\n52\tRight-A\n276\tCerebellum\n552\tLeft-A\n", got); d != "" {
		t.Error(d)
	}
}

func TestRegionFilesLieAboveTheSlices(t *testing.T) {
	s := phantom.Study{}.Scans()[1]
	var names []string
	for _, f := range s.Regions() {
		names = append(names, f.Name)
	}
	want := []string{
		"sub-01/ses-baseline/trc-DASB/sub-01_ses-baseline_trc-DASB_dseg.nii.gz",
		"sub-01/ses-baseline/trc-DASB/dseg.tsv",
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if got := only(t, s.Series, ingest.Slot{Frame: 3, Slice: 16}).Name; got != "sub-01/ses-baseline/trc-DASB/pet/f003-s016.dcm" {
		t.Errorf("slice in %s", got)
	}
}
