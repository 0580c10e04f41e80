package watch

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"tacstream/ingest"
	"tacstream/ingest/regions"
	"tacstream/ingest/transform"
)

// Read reads the source: the regions, and the transform that brings them into
// the space of the series, which is nil where they lie there already.
func (r RegionSource) Read(ctx context.Context, open ingest.Opener) (s ingest.Segmentation, t *transform.Transform, err error) {
	var set regions.Set
	for n, image := range append([]ingest.Record{r.Image}, r.More...) {
		read, err := readImage(ctx, open, image, r.LUT)
		if err == nil {
			// A reason holds no key: the images count in the order of their regions' names.
			err = set.Add(fmt.Sprintf("image %d of the set", n+1), read)
		}
		if err != nil {
			return s, nil, err
		}
	}
	if r.Transform.Key == "" {
		return set.Segmentation, nil, nil
	}
	data, err := whole(ctx, open, r.Transform)
	if err != nil {
		return s, nil, err
	}
	read, err := transform.Read(r.Transform.Key, data)
	return set.Segmentation, &read, err
}

// readImage reads an image with its table, of which the key is empty where the
// image says itself what its regions are called.
func readImage(ctx context.Context, open ingest.Opener, r, lut ingest.Record) (ingest.Segmentation, error) {
	image, err := whole(ctx, open, r)
	switch {
	case err != nil:
		return ingest.Segmentation{}, err
	case lut.Key == "":
		return regions.Read(r.Key, bytes.NewReader(image), nil)
	}
	table, err := whole(ctx, open, lut)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	return regions.Read(r.Key, bytes.NewReader(image), bytes.NewReader(table))
}

// whole reads all of an object.
func whole(ctx context.Context, open ingest.Opener, r ingest.Record) ([]byte, error) {
	body, size, err := open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	buf := bytes.NewBuffer(make([]byte, 0, min(size, ingest.DefaultRegionsBytes)))
	_, err = io.Copy(buf, body)
	return buf.Bytes(), err
}

// farAbove is how many folders above a series a label image may lie before
// that is worth a warning: it may have been meant for other scans.
const farAbove = 2

// Doubts says what is odd about where the source was found. One of the series'
// own frame of reference belongs to it wherever it lies.
func (r RegionSource) Doubts() []ingest.Warning {
	var list []ingest.Warning
	if r.Others > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(r.Others), 0,
			"Of %s equally near one is used: the one on the grid of the series or, if several or none are, the one with the smallest digest.",
			ingest.Count(r.Others+1, "region source")))
	}
	if r.Transform.Key != "" {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, 0, 0,
			"The series has no regions of its own; the protocol's atlas is used, with the affine beside the series."))
	}
	if r.Above >= farAbove && r.Image.Space == "" {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(r.Above), farAbove,
			"The region source lies %d folders above the series, where it serves every scan below that has none of its own.", r.Above))
	}
	if r.Elsewhere > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, float64(r.Elsewhere), 0,
			"The regions in %s beside the series have another frame of reference and are not used.", ingest.Count(r.Elsewhere, "DICOM object")))
	}
	return list
}
