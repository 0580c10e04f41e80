package regions_test

import (
	"testing"

	"tacstream/ingest/regions"
)

func TestTheNameOfAFileSaysItsRegion(t *testing.T) {
	for key, want := range map[string]string{
		"a/sub-1_space-pet_label-Putamen_probseg.nii.gz": "Putamen",
		"label-GM_probseg.nii":                           "GM",
		"sub-1_probseg.nii.gz":                           "",
		"sub-1_label-a b_probseg.nii.gz":                 "",
	} {
		if got := regions.LabelOf(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
