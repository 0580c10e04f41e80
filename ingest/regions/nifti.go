package regions

import (
	"io"
	"path"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

func isNIfTI(key string) bool {
	key = strings.ToLower(key)
	return strings.HasSuffix(key, ".nii") || strings.HasSuffix(key, ".nii.gz")
}

// isProbabilities reports whether an object holds the probabilities of regions
// by its name, as BIDS names it.
func isProbabilities(key string) bool {
	name := strings.ToLower(path.Base(key))
	return strings.HasSuffix(name, "probseg.nii") || strings.HasSuffix(name, "probseg.nii.gz")
}

// nameOfLabel names the only region of an image by the image's own name.
func nameOfLabel(key string) map[int32]string {
	if name := LabelOf(key); name != "" {
		return map[int32]string{1: name}
	}
	return nil
}

// unknown is OwnNames of images that say nothing of their regions.
func unknown(string) map[int32]string { return nil }

func readProbabilities(image io.Reader, names map[int32]string) (ingest.Segmentation, error) {
	return nifti.ReadProbabilities(image, names, nifti.Options{})
}

func readLabels(image io.Reader, names map[int32]string) (ingest.Segmentation, error) {
	labels, err := nifti.ReadLabels(image, nifti.Options{})
	if err != nil {
		return ingest.Segmentation{}, err
	}
	labels.Names = names
	return ingest.Segmentation{Labels: &labels, Standard: labels.Standard}, nil
}
