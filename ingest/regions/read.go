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
			err = check(&s, described{names: ownNames(s)})
		}
		return s, err
	}
	if table != nil {
		t, err := nifti.ReadTable(table)
		if err != nil {
			return ingest.Segmentation{}, err
		}
		return readNamed(f, key, image, described{t.Names, setOf(t.Blank), byTable})
	}
	own := described{names: f.OwnNames(key)}
	if f.Rank == RankFreeSurfer {
		own.by = byFormat
	}
	if own.names == nil {
		return ingest.Segmentation{}, ErrNoTable
	}
	return readNamed(f, key, image, own)
}

func setOf(indices []int32) map[int32]bool {
	set := map[int32]bool{}
	for _, index := range indices {
		set[index] = true
	}
	return set
}

// readNamed reads an image whose regions are described elsewhere.
func readNamed(f Format, key string, image io.Reader, d described) (ingest.Segmentation, error) {
	s, err := f.Read(image, d.names)
	if err != nil {
		return s, err
	}
	s.Standard = cmp.Or(standardSpace(key), s.Standard)
	return s, check(&s, d)
}

// ownNames returns what the segments of a label map in DICOM are called.
func ownNames(s ingest.Segmentation) map[int32]string {
	if s.Labels == nil {
		return nil
	}
	return s.Labels.Names
}

// ReadUnnamed reads a region source whose table may not be at hand: every index
// is called by its number, except in a source that names its regions itself.
func ReadUnnamed(key string, image io.Reader) (ingest.Segmentation, error) {
	f := FormatOf(key)
	if f.Tables == nil || f.OwnNames(key) != nil {
		return Read(key, image, nil)
	}
	s, err := f.Read(image, map[int32]string{1: "index 1"})
	if err != nil || s.Labels == nil {
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

// A Set is the regions of one source or of several images of probabilities, which
// must lie on one grid. Its zero value is empty.
type Set struct {
	ingest.Segmentation
	image map[string]string // what the image is called that holds the region of a name
}

// Add adds the regions of a source; image is what messages call it. The regions
// of a further image are numbered on. One name for regions of two images is
// refused, as within one source.
func (s *Set) Add(image string, more ingest.Segmentation) error {
	first := s.Labels == nil && s.Layers == nil && s.Outlines == nil
	if first {
		s.Segmentation, s.image = more, map[string]string{}
	} else if err := s.join(more); err != nil {
		return err
	}
	for _, p := range partsOf(&more) {
		switch other, known := s.image[p.name]; {
		case p.voxels == 0 || p.name == "":
		case known && !first:
			return ingest.Reject(ingest.CodeRegionsUnreadable,
				"%s and %s both hold a region called %s; %s", other, image, p.name, tellApart)
		default:
			s.image[p.name] = image
		}
	}
	return nil
}

// join appends the regions of another image of probabilities.
func (s *Set) join(more ingest.Segmentation) error {
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
