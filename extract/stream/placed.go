package stream

import (
	"slices"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/transform"
)

// PlacedRegions are where the regions of a series are, and what brings them into its
// space.
type PlacedRegions struct {
	ingest.Segmentation
	Transform *transform.Transform // nil where they lie in the series' space
	Invert    bool                 // the transform goes from the series to the regions
	Rules     extract.Rules        // what to make of them
}

// On returns the regions in the space of a series.
func (r PlacedRegions) On(pet ingest.Geometry, h ingest.Header) (ingest.Segmentation, error) {
	if r.Transform != nil {
		return r.Transform.Apply(r.Segmentation, pet, r.Invert)
	}
	if r.Standard != "" {
		r.Warnings = append(slices.Clone(r.Warnings), ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, 1, 0,
			"The regions say that they lie in the standard space %s, and no transform brings them into the space of the series.", r.Standard))
	}
	if r.FrameOfReferenceUID != "" && r.FrameOfReferenceUID != h.Strict.FrameOfReferenceUID {
		return r.Segmentation, ingest.Reject(ingest.CodeRegionsElsewhere, "the regions have another frame of reference than the series, and no transform is given")
	}
	return r.Segmentation, nil
}
