package config

import (
	"cmp"
	"errors"
	"io"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
)

// ErrNoTable means that nothing says what the regions of an image are called.
var ErrNoTable = errors.New("no look-up table")

// ReadRegions reads a region source by what its name says it is: a label image
// or probabilities in NIfTI, with the look-up table that names their regions,
// else DICOM, which needs none. Table may be nil.
func ReadRegions(name string, image, table io.Reader) (ingest.Segmentation, error) {
	if !IsNIfTI(name) {
		data, err := io.ReadAll(io.LimitReader(image, ingest.DefaultRegionsBytes+1))
		switch {
		case err != nil:
			return ingest.Segmentation{}, err
		case len(data) > ingest.DefaultRegionsBytes:
			return ingest.Segmentation{}, ingest.Reject(ingest.CodeTooLarge, "DICOM regions of more than %d bytes", ingest.DefaultRegionsBytes)
		}
		return readDICOM(data)
	}
	names, err := regionNames(name, table)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	if ingest.IsProbabilities(filepath.ToSlash(name)) {
		s, err := nifti.ReadProbabilities(image, names, nifti.Options{})
		s.Standard = cmp.Or(standardSpace(name), s.Standard)
		return s, err
	}
	labels, err := nifti.ReadLabels(image, nifti.Options{})
	if err != nil {
		return ingest.Segmentation{}, err
	}
	labels.Names = names
	return ingest.Segmentation{Labels: &labels, Standard: cmp.Or(standardSpace(name), labels.Standard)}, nil
}

// GridOf returns the columns, rows and slices of a region source, as far as they
// are known.
func GridOf(key string, data []byte) [3]int {
	if IsNIfTI(key) {
		return nifti.GridOf(data)
	}
	return dicom.Options{}.GridOf(data)
}

// readDICOM reads regions in DICOM. The line lets none in that name no frame of
// reference; by hand they are taken, with a warning.
func readDICOM(data []byte) (ingest.Segmentation, error) {
	s, err := dicom.Options{}.ReadRegions(data)
	if err == nil && s.FrameOfReferenceUID == "" {
		s.Warnings = append(s.Warnings, ingest.Warning{
			Code: ingest.WarnLabels, Level: ingest.LevelDoubt,
			Detail: "the regions name no frame of reference, so nothing says that they belong to this series",
		})
	}
	return s, err
}

func IsNIfTI(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".nii") || strings.HasSuffix(name, ".nii.gz")
}

// standardSpace names the standard space that a file's name has as BIDS writes
// it, space-MNI152NLin6Asym, "" where it has none or a person's own.
func standardSpace(name string) string {
	for entity := range strings.SplitSeq(path.Base(filepath.ToSlash(name)), "_") {
		space, found := strings.CutPrefix(entity, "space-")
		for _, known := range []string{"MNI", "Talairach", "fsaverage", "fsLR", "NMT", "D99", "INIA19"} {
			if found && strings.HasPrefix(strings.ToLower(space), strings.ToLower(known)) {
				return known
			}
		}
	}
	return ""
}

// regionNames returns what the regions of an image are called: what the table
// says or, without one, what the image's own name says of its only region.
func regionNames(image string, table io.Reader) (map[int32]string, error) {
	if table != nil {
		return nifti.ReadLUT(table)
	}
	if name := ingest.LabelOf(filepath.ToSlash(image)); name != "" && ingest.IsProbabilities(filepath.ToSlash(image)) {
		return map[int32]string{1: name}, nil
	}
	return nil, ErrNoTable
}

// maxLayerVoxels bounds the voxels that the regions of a set of images keep, in
// their boxes.
const maxLayerVoxels = 1 << 26

// AddLayers adds the regions of another image of probabilities, which must lie
// on the same grid. They are numbered on.
func AddLayers(s *ingest.Segmentation, more ingest.Segmentation) error {
	if s.Layers == nil || more.Layers == nil {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "only probabilities can be put together of several images")
	}
	if !sameGrid(s.Layers.Geometry, more.Layers.Geometry) {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "images of probabilities that belong together lie on different grids")
	}
	kept := 0
	for _, l := range slices.Concat(s.Layers.Regions, more.Layers.Regions) {
		kept += len(l.Weight)
	}
	if kept > maxLayerVoxels {
		return ingest.Reject(ingest.CodeTooLarge, "regions that span more than %d voxels together", maxLayerVoxels)
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
