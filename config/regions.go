package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
	"tacstream/ingest/transform"
)

// errNoTable means that nothing says what the regions of an image are called.
var errNoTable = errors.New("no look-up table")

// readRegions reads a region source by what its name says it is: a label image
// or probabilities in NIfTI, with the look-up table that names their regions,
// else DICOM, which needs none. Table may be nil.
func readRegions(name string, image, table io.Reader) (ingest.Segmentation, error) {
	if !isNIfTI(name) {
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
		return nifti.ReadProbabilities(image, names, nifti.Options{})
	}
	labels, err := nifti.ReadLabels(image, nifti.Options{})
	if err != nil {
		return ingest.Segmentation{}, err
	}
	labels.Names = names
	return ingest.Segmentation{Labels: &labels}, nil
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

func isNIfTI(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".nii") || strings.HasSuffix(name, ".nii.gz")
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
	return nil, errNoTable
}

// Regions are where the regions of a series are, and what brings them into its
// space.
type Regions struct {
	ingest.Segmentation
	Transform *transform.Transform // nil where they lie in the series' space
	Invert    bool                 // the transform goes from the series to the regions
}

// on returns the regions in the space of a series.
func (r Regions) on(pet ingest.Geometry, h ingest.Header) (ingest.Segmentation, error) {
	if r.Transform != nil {
		return r.Transform.Apply(r.Segmentation, pet, r.Invert)
	}
	if r.FrameOfReferenceUID != "" && r.FrameOfReferenceUID != h.Strict.FrameOfReferenceUID {
		return r.Segmentation, ingest.Reject(ingest.CodeRegionsElsewhere, "the regions are in another frame of reference than the series, and no transform is given")
	}
	return r.Segmentation, nil
}

// ReadTransformFile reads a transform that brings regions into the space of a
// series.
func ReadTransformFile(file string) (*transform.Transform, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, transform.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	t, err := transform.Read(file, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &t, nil
}
