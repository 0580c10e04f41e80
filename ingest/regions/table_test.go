package regions_test

import (
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/regions"
)

func TestNamesSayWhatAnObjectIs(t *testing.T) {
	for key, want := range map[string]struct {
		kind   ingest.Kind
		format string // by which it is read
	}{
		"a/sub-1_dseg.nii.gz":                  {ingest.KindRegions, "label image"},
		"a/SUB-1_DSEG.NII":                     {ingest.KindRegions, "label image"},
		"a/sub-1_probseg.nii":                  {ingest.KindRegions, "probabilities"},
		"a/sub-1_label-GM_probseg.nii.gz":      {ingest.KindRegions, "probabilities"},
		"a/sub-1_dseg.tsv":                     {ingest.KindLUT, "DICOM"},
		"a/probseg.tsv":                        {ingest.KindLUT, "DICOM"},
		"a/from-T1w_to-pet_mode-image_xfm.txt": {ingest.KindTransform, "DICOM"},
		"a/T1w.nii.gz":                         {ingest.KindOther, "label image"},
		"a/seg.dcm":                            {ingest.KindOther, "DICOM"},
		"a/dseg.nii/1.dcm":                     {ingest.KindOther, "DICOM"},
		"a/tacs.tsv":                           {ingest.KindOther, "DICOM"},
		"a/mri/aparc+aseg.mgz":                 {ingest.KindRegions, "FreeSurfer label image"},
		"a/mri/aparc.DKTatlas+aseg.mgh":        {ingest.KindRegions, "FreeSurfer label image"},
		"a/mri/aparc.a2009s+aseg.mgz":          {ingest.KindRegions, "FreeSurfer label image"},
		"a/sub-1_aseg.mgz":                     {ingest.KindRegions, "FreeSurfer label image"},
		"a/sub-1_space-pet_dseg.mgz":           {ingest.KindRegions, "FreeSurfer label image"},
		"a/mri/aparc+aseg.tsv":                 {ingest.KindLUT, "DICOM"},
		"a/mri/T1.mgz":                         {ingest.KindOther, "FreeSurfer label image"},
		"a/mri/aseg.presurf.mgz":               {ingest.KindOther, "FreeSurfer label image"},
		"a/mri/aseg.mgz.txt":                   {ingest.KindOther, "DICOM"},
		"":                                     {ingest.KindOther, "DICOM"},
	} {
		if got := regions.KindOf(key); got != want.kind {
			t.Errorf("%s is %s, want %s", key, got, want.kind)
		}
		if got := regions.FormatOf(key).Name; got != want.format {
			t.Errorf("%s is read as %s, want %s", key, got, want.format)
		}
	}
}

// What users read of the kinds comes from the table, so that a new row is in it.
func TestEveryKindIsNamedToUsers(t *testing.T) {
	for _, part := range []string{"a DICOM SEG, label map or RTSTRUCT", "*dseg.nii[.gz] with its .tsv", "*probseg.nii[.gz]", "aparc+aseg.mgz", regions.Near} {
		if got := regions.Wanted(); !strings.Contains(got, part) {
			t.Errorf("%q lacks %q", got, part)
		}
	}
	for end := range strings.SplitSeq(regions.Images(), ", ") {
		if got := regions.FormatOf("a/b_" + strings.TrimPrefix(end, "*")).Rank; got == regions.RankDICOM {
			t.Errorf("%s is read as DICOM", end)
		}
	}
}
