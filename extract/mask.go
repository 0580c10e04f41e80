package extract

import (
	"cmp"
	"math"
	"slices"

	"tacstream/ingest"
)

// Options bound what extraction may cost. The zero value means the defaults.
type Options struct {
	MaxVoxels  int // of the PET volume; default DefaultMaxVoxels
	MaxRegions int // default DefaultMaxRegions
}

// The default bounds.
const (
	DefaultMaxVoxels  = 512 * 512 * 512
	DefaultMaxRegions = 4096
)

// A Mask says which regions each PET voxel belongs to, and by which weight. It
// is safe for concurrent use.
//
// Regions are numbered from 1 in the order of Regions: number n is
// Regions[n−1].
type Mask struct {
	Regions  []Extent // by rising index; each has a weight above 0
	Warnings []ingest.Warning
	pixels   int            // of a slice
	slices   [][]ingest.Run // each by rising First, then Region
}

// Slices returns the number of slices.
func (m Mask) Slices() int { return len(m.slices) }

// Slice returns the runs of slice k, counted from 0, by rising First and then
// Region. Pixels count in the order of a DICOM slice: column fastest, then
// row. Runs of different regions may overlap, those of one region do not. The
// caller must not change them.
func (m Mask) Slice(k int) []ingest.Run { return slices.Clip(m.slices[k]) }

// NewMask brings regions onto the PET grid. The weight of a PET voxel in a
// region is the fraction of its volume that the region covers, whatever grid
// the regions lie on; on the very grid of PET that is all or nothing for
// labels, and the layer's own weight for layers. Outlines take the PET voxels
// whose centres they hold, as is usual for contours.
//
// A region without a name is called "label-" and its index. Indices that share
// a name are one region. A region that holds no PET voxel is left out, with a
// warning. Regions of which nothing lies in the PET volume are rejected: used
// voxel for voxel they might look perfect and be wrong.
func NewMask(seg ingest.Segmentation, pet ingest.Geometry, opts Options) (Mask, error) {
	opts.MaxVoxels = cmp.Or(max(opts.MaxVoxels, 0), DefaultMaxVoxels)
	opts.MaxRegions = min(cmp.Or(max(opts.MaxRegions, 0), DefaultMaxRegions), math.MaxUint16)
	if !fits(pet.Size, opts.MaxVoxels) {
		return Mask{}, ingest.Reject(ingest.CodeTooLarge, "the PET volume has %d × %d × %d voxels, more than are read", pet.Size[0], pet.Size[1], pet.Size[2])
	}
	m := Mask{pixels: pet.Size[0] * pet.Size[1], Warnings: slices.Clone(seg.Warnings)}
	var found census
	var err error
	switch {
	case seg.Labels != nil:
		m.Warnings = append(m.Warnings, seg.Labels.Warnings...)
		found, err = cutLabels(*seg.Labels, pet, opts.MaxRegions)
	case seg.Layers != nil:
		found, err = cutLayers(*seg.Layers, pet, opts.MaxRegions)
	case seg.Outlines != nil:
		found, err = cutOutlines(*seg.Outlines, pet, opts.MaxRegions)
	default:
		err = ingest.Reject(ingest.CodeRegionsUnreadable, "the source has no regions")
	}
	if err != nil {
		return Mask{}, err
	}
	m.slices, m.Warnings = found.slices, append(m.Warnings, found.warnings...)
	err = m.settle(found.extents, math.Abs(pet.Affine.Determinant()))
	return m, err
}

// settle keeps the regions that have voxels, numbers them anew and says what
// became of the others.
func (m *Mask) settle(extents []Extent, voxelMM3 float64) error {
	voxels := m.weigh(len(extents))
	renumber := make([]uint16, len(extents)+1)
	for at, e := range extents {
		n := voxels[at+1]
		m.Warnings = append(m.Warnings, e.doubts(n)...)
		if n == 0 {
			continue
		}
		e.Voxels, e.VolumeMM3 = n, n*voxelMM3
		m.Regions = append(m.Regions, e)
		renumber[at+1] = uint16(len(m.Regions))
	}
	if len(m.Regions) == 0 {
		return ingest.Reject(ingest.CodeRegionsElsewhere, "no region holds a PET voxel")
	}
	for _, runs := range m.slices {
		for i := range runs {
			runs[i].Region = renumber[runs[i].Region]
		}
	}
	return nil
}

// weigh returns the sum of the weights of each number.
func (m *Mask) weigh(regions int) []float64 {
	voxels := make([]float64, regions+1)
	for _, runs := range m.slices {
		for _, r := range runs {
			voxels[r.Region] += float64(r.Weight) * float64(r.End-r.First)
		}
	}
	return voxels
}
