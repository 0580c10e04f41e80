package ingest

import (
	"path"
	"strings"
)

// Labels is a region source: a volume in which every voxel holds the index of
// its region, and what the indices are called.
type Labels struct {
	Geometry Geometry
	Index    []int32          // one per voxel, column fastest, then row, then slice; 0 is background
	Names    map[int32]string // from the look-up table; an index without a name gets none
	Standard string           // the standard space that the image says it lies in, such as MNI152; empty for a person's own
	Warnings []Warning
}

// IsLabels reports whether an object is a label image by its name, as BIDS
// names it.
func IsLabels(key string) bool {
	name := strings.ToLower(path.Base(key))
	return strings.HasSuffix(name, "dseg.nii") || strings.HasSuffix(name, "dseg.nii.gz")
}
