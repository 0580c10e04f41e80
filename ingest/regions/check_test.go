package regions_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/ingest/regions"
)

// What a table says of regions that the image does not have, or has twice by one
// name, does not pass unseen.
func TestTableAndImageBelongTogether(t *testing.T) {
	image := ingest.Labels{Geometry: ingest.Geometry{Size: [3]int{2, 2, 1}}, Index: []int32{0, 3, 7, 7}}
	for i := range 3 {
		image.Geometry.Affine[i][i] = 1
	}
	for _, tt := range []struct{ name, table, refused, empty string }{
		{"as it should be", "3\tPutamen\n7\tCaudate\n", "", ""},
		{"a region without a voxel", "3\tPutamen\n7\tCaudate\n9\tThalamus\n12\tCortex\n", "", "of 2 regions of the table: Thalamus, Cortex."},
		{"two by one name", "3\tPutamen\n7\tPutamen\n", "the indices 3 and 7 of the table are both called Putamen", ""},
		{"two by one name but for blanks", "3\tPutamen\n7\tPutamen \n", "are both called Putamen", ""},
		{"two by one name of which one is not there", "3\tPutamen\n7\tCaudate\n9\tPutamen\n", "", "of 1 region of the table: Putamen."},
		{"the background", "0\tUnknown\n3\tPutamen\n7\tCaudate\n", "", ""},
	} {
		s, err := regions.Read("x_dseg.nii", bytes.NewReader(phantom.NIfTI(image)), strings.NewReader("index\tname\n"+tt.table))
		if tt.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := ""
		for _, w := range s.Warnings {
			if w.Code == ingest.WarnRegionEmpty {
				got = w.Detail
			}
		}
		if !strings.HasSuffix(got, tt.empty) || (got == "") != (tt.empty == "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.empty)
		}
	}
}

// probabilities is a float image of 2 × 2 × 1 voxels with a volume for each list of
// probabilities.
func probabilities(volumes ...[4]float32) []byte {
	grid := ingest.Geometry{Size: [3]int{2, 2, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
	packed, err := gzip.NewReader(bytes.NewReader(phantom.NIfTI(ingest.Labels{Geometry: grid, Index: make([]int32, 4)})))
	if err != nil {
		panic(err)
	}
	head, err := io.ReadAll(packed)
	if err != nil {
		panic(err)
	}
	le := binary.LittleEndian
	head = head[:352]
	le.PutUint16(head[40:], 4)                    // dimensions
	le.PutUint16(head[48:], uint16(len(volumes))) // dim[4]
	le.PutUint16(head[70:], 16)                   // datatype: float
	le.PutUint16(head[72:], 32)                   // bitpix
	for _, values := range volumes {
		for _, v := range values {
			head = le.AppendUint32(head, math.Float32bits(v))
		}
	}
	return head
}

// The sentence about regions without a voxel names what describes them: the
// table only where there is one.
func TestEmptyRegionsAreThoseOfTheirSource(t *testing.T) {
	ones, none := [4]float32{1, 1}, [4]float32{}
	for _, tt := range []struct {
		name, key, table, want string
		image                  []byte
	}{
		{"a table of probabilities", "x_probseg.nii", "1\tPutamen\n2\tCaudate\n3\tThalamus\n",
			"The image has no voxel of 2 regions of the table: Caudate, Thalamus.", probabilities(ones, none)},
		{"probabilities that their name names", "x_label-Putamen_probseg.nii", "",
			"The source describes 1 region without a voxel: Putamen.", probabilities(none)},
		{"a segmentation", "seg.dcm", "",
			"The source describes 1 region without a voxel: Caudate.", segments(false, aSegment{"Putamen", 3}, aSegment{"Caudate", 0})},
		{"a label map in DICOM", "map.dcm", "",
			"The source describes 1 region without a voxel: Caudate.", segments(true, aSegment{"Putamen", 3}, aSegment{"Caudate", 0})},
		{"a structure set", "rt.dcm", "", "", structureSet("Putamen")},
	} {
		var table io.Reader
		if tt.table != "" {
			table = strings.NewReader("index\tname\n" + tt.table)
		}
		s, err := regions.Read(tt.key, bytes.NewReader(tt.image), table)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := ""
		for _, w := range s.Warnings {
			if w.Code == ingest.WarnRegionEmpty {
				got += w.Detail
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// One name for two regions is refused in a source of every kind, by one reason.
// A region without a voxel takes nothing, and so its name is free.
func TestOneNameForTwoRegionsIsRefused(t *testing.T) {
	ones, none := [4]float32{1, 1}, [4]float32{}
	for _, tt := range []struct {
		name, key, table, refused string
		image                     []byte
	}{
		{"probabilities", "x_probseg.nii", "1\tPutamen\n2\tPutamen\n", "the indices 1 and 2 of the table are both called Putamen", probabilities(ones, ones)},
		{"probabilities of which one is empty", "x_probseg.nii", "1\tPutamen\n2\tPutamen\n", "", probabilities(ones, none)},
		{"a segmentation", "seg.dcm", "", "the regions 1 and 3 of the source are both called Putamen",
			segments(false, aSegment{"Putamen", 3}, aSegment{"Caudate", 2}, aSegment{"Putamen ", 1})},
		{"a segmentation of which one is empty", "seg.dcm", "", "", segments(false, aSegment{"Putamen", 3}, aSegment{"Putamen", 0})},
		{"a label map in DICOM", "map.dcm", "", "the regions 1 and 2 of the source are both called Putamen",
			segments(true, aSegment{"Putamen", 3}, aSegment{"Putamen", 2})},
		{"a structure set", "rt.dcm", "", "the regions 1 and 2 of the source are both called Putamen", structureSet("Putamen", "Putamen", "Caudate")},
		{"a structure set as it should be", "rt.dcm", "", "", structureSet("Putamen-L", "Putamen-R")},
	} {
		var table io.Reader
		if tt.table != "" {
			table = strings.NewReader("index\tname\n" + tt.table)
		}
		_, err := regions.Read(tt.key, bytes.NewReader(tt.image), table)
		if why := ingest.ReasonOf(err); tt.refused == "" && err != nil ||
			tt.refused != "" && (err == nil || why.Code != ingest.CodeRegionsUnreadable || !strings.HasPrefix(why.Detail, tt.refused)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.refused)
		}
	}
}

// What nothing names is not silent: indices without a row, rows without a name, a
// background that is called like a region. A table of another image is refused.
func TestWhatNothingNamesIsSaid(t *testing.T) {
	grid := ingest.Geometry{Size: [3]int{3, 2, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
	image := phantom.NIfTI(ingest.Labels{Geometry: grid, Index: []int32{0, 3, 7, 7, 7, 9}})
	ones := [4]float32{1, 1}
	lacks := "The source has 2 regions without a row in its table, called label-N by the index N: 7 (3 voxels), 9 (1 voxel)."
	for _, tt := range []struct {
		name, key, table string
		image            []byte
		doubts           []string
		refused          string
	}{
		{"all named", "x_dseg.nii", "0\tUnknown\n3\tPutamen\n7\tCaudate\n9\tThalamus\n", image, nil, ""},
		{"indices without a row", "x_dseg.nii", "3\tPutamen\n", image, []string{lacks}, ""},
		{"rows without a name", "x_dseg.nii", "3\tPutamen\n7\t\n9\tn/a\n12\t \n", image,
			[]string{"The table has 3 rows with a blank name, called label-N by the index N if there are voxels: 7 (3 voxels), 9 (1 voxel), 12 (0 voxels)."}, ""},
		{"an index with a blank row and a name", "x_dseg.nii", "3\tPutamen\n7\t\n7\tCaudate\n9\tThalamus\n", image, nil, ""},
		{"a region at index 0", "x_dseg.nii", "0\tPutamen\n3\tCaudate\n7\tThalamus\n9\tCortex\n", image,
			[]string{"The table calls index 0 Putamen, but voxels of index 0 are background and belong to no region."}, ""},
		{"a blank name of index 0", "x_dseg.nii", "0\t\n3\tCaudate\n7\tThalamus\n9\tCortex\n", image, nil, ""},
		{"the background of ITK-SNAP", "x_dseg.nii", "0\tClear Label\n3\tCaudate\n7\tThalamus\n9\tCortex\n", image, nil, ""},
		{"the table of another image", "x_dseg.nii", "0\tUnknown\n1\tPutamen\n2\tCaudate\n", image, nil,
			"the table names no index of the image; the image has 3, 7, 9, the table 0, 1, 2: give the table of this image"},
		{"an empty table", "x_dseg.nii", "", image, nil, "the table names no index of the image; the image has 3, 7, 9, the table none: give the table of this image"},
		{"a volume without a row", "x_probseg.nii", "1\tPutamen\n", probabilities(ones, ones),
			[]string{"The source has 1 region without a row in its table, called label-N by the index N: 2 (2 voxels)."}, ""},
		{"a number that FreeSurfer does not have", "aseg.mgz", "", mghImage(12, 9999, 9999),
			[]string{"The source has 1 region outside the standard numbers of FreeSurfer, called label-N by the index N: 9999 (2 voxels)."}, ""},
		{"a segment without a name", "seg.dcm", "", segments(false, aSegment{"Putamen", 3}, aSegment{"", 2}),
			[]string{"The source has 1 region without a name, called label-N by the index N: 2 (2 voxels)."}, ""},
		{"a drawn region without a name", "rt.dcm", "", structureSet("Putamen", ""),
			[]string{"The source has 1 region without a name, called label-N by the index N: 2 (1 contour)."}, ""},
	} {
		var table io.Reader
		if strings.HasSuffix(tt.key, ".nii") {
			table = strings.NewReader("index\tname\n" + tt.table)
		}
		s, err := regions.Read(tt.key, bytes.NewReader(tt.image), table)
		if why := ingest.ReasonOf(err); err != nil && (why.Code != ingest.CodeRegionsUnreadable || why.Detail != tt.refused) || (err == nil) != (tt.refused == "") {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.refused)
			continue
		}
		var got []string
		for _, w := range s.Warnings {
			if w.Level == ingest.LevelDoubt {
				got = append(got, w.Detail)
			}
		}
		if !slices.Equal(got, tt.doubts) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.doubts)
		}
	}
}

// mghImage is an image of FreeSurfer with one row of voxels.
func mghImage(voxels ...int32) []byte {
	head := make([]byte, 284)
	for i, n := range []int{1, len(voxels), 1, 1, 1, 1} {
		binary.BigEndian.PutUint32(head[4*i:], uint32(n)) // version, size, frames, type: 32-bit integers
	}
	binary.BigEndian.PutUint16(head[28:], 1)
	for i, x := range []float32{1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1} {
		binary.BigEndian.PutUint32(head[30+4*i:], math.Float32bits(x))
	}
	for _, v := range voxels {
		head = binary.BigEndian.AppendUint32(head, uint32(v))
	}
	return head
}
