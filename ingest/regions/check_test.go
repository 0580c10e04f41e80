package regions_test

import (
	"bytes"
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
