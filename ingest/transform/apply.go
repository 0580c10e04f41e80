package transform

import (
	"math"
	"slices"

	"tacstream/ingest"
)

// Apply brings regions into the space of a PET series, the fixed image. With
// invert the transform is the one that brings the PET series to the regions,
// and is turned round.
//
// Labels and layers keep their voxels: only the place of their grid changes.
// The result is in no DICOM frame of reference. The regions that are handed in
// stay as they are.
func (t Transform) Apply(seg ingest.Segmentation, pet ingest.Geometry, invert bool) (ingest.Segmentation, error) {
	m, err := t.between(seg, pet, invert)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	out := ingest.Segmentation{Warnings: seg.Warnings}
	switch {
	case seg.Labels != nil:
		labels := *seg.Labels
		labels.Geometry.Affine = compose(m, labels.Geometry.Affine)
		out.Labels = &labels
	case seg.Layers != nil:
		layers := *seg.Layers
		layers.Geometry.Affine = compose(m, layers.Geometry.Affine)
		out.Layers = &layers
	case seg.Outlines != nil:
		out.Outlines = &ingest.Outlines{Regions: slices.Clone(seg.Outlines.Regions)}
		for i := range out.Outlines.Regions {
			out.Outlines.Regions[i].Contours = moved(m, out.Outlines.Regions[i].Contours)
		}
	}
	return out, nil
}

// moved returns contours in another place.
func moved(m ingest.Affine, contours []ingest.Contour) []ingest.Contour {
	list := make([]ingest.Contour, len(contours))
	for i, c := range contours {
		list[i] = make(ingest.Contour, len(c))
		for k, p := range c {
			list[i][k] = m.Apply(p[0], p[1], p[2])
		}
	}
	return list
}

// between returns the map from RAS+ mm of the regions to RAS+ mm of the PET
// series.
func (t Transform) between(seg ingest.Segmentation, pet ingest.Geometry, invert bool) (ingest.Affine, error) {
	m := t.world
	if t.flirt != nil {
		grid, ok := gridOf(seg)
		if !ok {
			return m, reject("an FSL matrix counts in voxels of an image, so it cannot move contours; give an ITK, AFNI or FreeSurfer affine")
		}
		moving, fixed := grid, flipped(pet)
		if invert {
			moving, fixed = fixed, moving
		}
		var err error
		if m, err = t.flirtBetween(moving, fixed); err != nil {
			return m, err
		}
	}
	if invert {
		return m.Inverse()
	}
	return m, nil
}

// gridOf returns the grid of regions as an image in NIfTI has it.
func gridOf(seg ingest.Segmentation) (ingest.Geometry, bool) {
	var g ingest.Geometry
	switch {
	case seg.Labels != nil:
		g = seg.Labels.Geometry
	case seg.Layers != nil:
		g = seg.Layers.Geometry
	default:
		return g, false
	}
	if seg.FrameOfReferenceUID != "" {
		g = flipped(g)
	}
	return g, true
}

// flipped returns the grid of a DICOM series as dcm2niix writes it: with its
// rows in the opposite order. FSL's y counts from there.
func flipped(g ingest.Geometry) ingest.Geometry {
	for r := range g.Affine {
		g.Affine[r][3] += g.Affine[r][1] * float64(g.Size[1]-1)
		g.Affine[r][1] = -g.Affine[r][1]
	}
	return g
}

// flirtBetween returns the map between the millimetres of two images. With V
// from voxels to millimetres and S from voxels to FSL's coordinates it is
//
//	V_fixed S_fixed⁻¹ M S_moving V_moving⁻¹
func (t Transform) flirtBetween(moving, fixed ingest.Geometry) (ingest.Affine, error) {
	fromMM, err := moving.Affine.Inverse()
	if err != nil {
		return fromMM, err
	}
	toVoxel, err := scaledVoxels(fixed).Inverse()
	if err != nil {
		return toVoxel, err
	}
	m := compose(*t.flirt, compose(scaledVoxels(moving), fromMM))
	return compose(fixed.Affine, compose(toVoxel, m)), nil
}

// scaledVoxels maps voxel indices to FSL's coordinates: millimetres from the
// first voxel along the grid, in x from the last one where the determinant is
// positive.
func scaledVoxels(g ingest.Geometry) ingest.Affine {
	var s ingest.Affine
	for c := range 3 {
		for r := range 3 {
			s[c][c] += g.Affine[r][c] * g.Affine[r][c]
		}
		s[c][c] = math.Sqrt(s[c][c])
	}
	if g.Affine.Determinant() > 0 {
		s[0][3] = s[0][0] * float64(g.Size[0]-1)
		s[0][0] = -s[0][0]
	}
	return s
}
