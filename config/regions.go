package config

import (
	"errors"
	"io"
	"path/filepath"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
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
		return dicom.Options{}.ReadRegions(data)
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

// inSpace rejects regions that lie in another space than the series.
func inSpace(s ingest.Segmentation, h ingest.Header) error {
	if s.FrameOfReferenceUID != "" && s.FrameOfReferenceUID != h.Strict.FrameOfReferenceUID {
		return ingest.Reject(ingest.CodeRegionsElsewhere, "the regions are in another frame of reference than the series")
	}
	return nil
}
