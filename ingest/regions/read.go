package regions

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

// ErrNoTable means that nothing says what the regions of an image are called.
var ErrNoTable = errors.New("no look-up table")

// Read reads a region source by what its key says it is. Table is the look-up
// table of an image; it may be nil, and DICOM needs none.
func Read(key string, image, table io.Reader) (ingest.Segmentation, error) {
	f := FormatOf(key)
	if f.Tables == nil {
		s, err := f.Read(image, nil)
		if err == nil {
			err = check(&s, nil, false)
		}
		return s, err
	}
	names := f.OwnNames(key)
	if table != nil {
		var err error
		if names, err = nifti.ReadLUT(table); err != nil {
			return ingest.Segmentation{}, err
		}
	}
	if names == nil {
		return ingest.Segmentation{}, ErrNoTable
	}
	s, err := f.Read(image, names)
	if err != nil {
		return s, err
	}
	s.Standard = cmp.Or(standardSpace(key), s.Standard)
	return s, check(&s, names, table != nil)
}

// ReadUnnamed reads a region source whose table may not be at hand: every index
// is called by its number, except in a source that names its regions itself.
func ReadUnnamed(key string, image io.Reader) (ingest.Segmentation, error) {
	f := FormatOf(key)
	s, err := f.Read(image, map[int32]string{1: "index 1"})
	if err != nil || f.Tables == nil || s.Labels == nil {
		return s, err
	}
	s.Labels.Names = map[int32]string{}
	for _, index := range s.Labels.Index {
		if index != 0 && s.Labels.Names[index] == "" {
			s.Labels.Names[index] = fmt.Sprint("index ", index)
		}
	}
	return s, nil
}

// maxLayerVoxels bounds the voxels that the regions of a set of images keep, in
// their boxes.
const maxLayerVoxels = 1 << 26

// Add adds the regions of another image of probabilities, which must lie on the
// same grid. They are numbered on.
func Add(s *ingest.Segmentation, more ingest.Segmentation) error {
	if s.Layers == nil || more.Layers == nil {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "only images of probabilities can be combined; give label images one by one")
	}
	if !sameGrid(s.Layers.Geometry, more.Layers.Geometry) {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "the images of probabilities of one set have different grids; resample them to one")
	}
	kept := 0
	for _, l := range slices.Concat(s.Layers.Regions, more.Layers.Regions) {
		kept += len(l.Weight)
	}
	if kept > maxLayerVoxels {
		return ingest.Reject(ingest.CodeTooLarge, "the regions span more than %d voxels together", maxLayerVoxels)
	}
	for _, l := range more.Layers.Regions {
		l.Index = int32(len(s.Layers.Regions) + 1)
		s.Layers.Regions = append(s.Layers.Regions, l)
	}
	s.Warnings = append(s.Warnings, more.Warnings...)
	return nil
}

// sameGrid reports whether two grids are one but for the rounding of their
// headers, which hold 32 bits.
func sameGrid(a, b ingest.Geometry) bool {
	const rounding = 1e-4 // mm
	for r := range a.Affine {
		for c := range a.Affine[r] {
			if !(math.Abs(a.Affine[r][c]-b.Affine[r][c]) <= rounding) {
				return false
			}
		}
	}
	return a.Size == b.Size
}
