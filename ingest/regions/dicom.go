package regions

import (
	"io"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// readDICOM reads regions in DICOM. A Door admits none that names no frame of
// reference; files that are named by hand are taken, with a warning.
func readDICOM(image io.Reader, _ map[int32]string) (ingest.Segmentation, error) {
	data, err := io.ReadAll(io.LimitReader(image, ingest.DefaultRegionsBytes+1))
	switch {
	case err != nil:
		return ingest.Segmentation{}, err
	case len(data) > ingest.DefaultRegionsBytes:
		return ingest.Segmentation{}, ingest.Reject(ingest.CodeTooLarge, "the DICOM regions have more than %d bytes", ingest.DefaultRegionsBytes)
	}
	s, err := dicom.Options{}.ReadRegions(data)
	if err == nil && s.FrameOfReferenceUID == "" {
		s.Warnings = append(s.Warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, 0, 0,
			"The regions name no frame of reference, so nothing says that they belong to this series."))
	}
	return s, err
}
