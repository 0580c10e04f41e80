package mgh_test

import (
	"slices"
	"testing"

	"tacstream/ingest/mgh"
)

// A folder of FreeSurfer's gives every subject the same parcellation.
func TestImagesSideBySideHaveAnOrder(t *testing.T) {
	want := []string{"x/sub_dseg.mgz", "x/aparc+aseg.mgz", "x/aseg.mgz", "x/aparc.DKTatlas+aseg.mgz"}
	got := []string{want[3], want[1], want[2], want[0]}
	slices.SortFunc(got, func(a, b string) int { return mgh.Order(a) - mgh.Order(b) })
	if !slices.Equal(got, want) {
		t.Errorf("the order is %v", got)
	}
	if mgh.Order("wmparc.mgz") <= mgh.Order("aseg.mgz") {
		t.Error("white matter's parcels come before the regions")
	}
}
