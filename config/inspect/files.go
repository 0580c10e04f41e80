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
	var set regions.Set
	for _, image := range images {
		read, err := ReadRegionsFile(image, table)
		if err != nil {
			return ingest.Segmentation{}, err
		}
		if err := set.Add(image, read); err != nil {
			return ingest.Segmentation{}, fmt.Errorf("%s: %w", image, err)
		}
	}
	return set.Segmentation, nil
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
