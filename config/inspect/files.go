package inspect

import (
	"fmt"
	"io"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/regions"
	"tacstream/ingest/transform"
)

// ReadRegionsFiles reads regions, or a set of images of probabilities with a
// region each.
func ReadRegionsFiles(images []string, table string) (ingest.Segmentation, error) {
	s, err := ReadRegionsFile(images[0], table)
	for _, image := range images[1:] {
		if err != nil {
			return s, err
		}
		var more ingest.Segmentation
		if more, err = ReadRegionsFile(image, table); err == nil {
			if err = regions.Add(&s, more); err != nil {
				err = fmt.Errorf("%s: %w", image, err)
			}
		}
	}
	return s, err
}

// ReadTransformFile reads a transform that brings regions into the space of a
// series.
func ReadTransformFile(file string) (*transform.Transform, error) {
	f, err := config.OpenFile(file)
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
