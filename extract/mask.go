package extract

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// maxNameBytes bounds the name of a region.
const maxNameBytes = 200

// slightCut is the fraction of a region up to which its being outside the PET
// volume is only worth a notice.
const slightCut = 0.01

// An Extent says what a region takes up of the PET volume.
type Extent struct {
	Region    Region
	Index     int32    // in the region source; the smallest where several share the name
	Voxels    float64  // effective number of PET voxels
	VolumeMM3 float64  // of those voxels
	Parts     []Region // what it was merged from; nil for a region of the source
	Cut       float64  // fraction of the region, by the source's voxels, that lies outside the PET volume
}

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
		return Mask{}, ingest.Reject(ingest.CodeTooLarge, "a PET volume of %d × %d × %d voxels", pet.Size[0], pet.Size[1], pet.Size[2])
	}
	m := Mask{pixels: pet.Size[0] * pet.Size[1], Warnings: slices.Clone(seg.Warnings)}
	var found regions
	var err error
	switch {
	case seg.Labels != nil:
		m.Warnings = append(m.Warnings, seg.Labels.Warnings...)
		found, err = m.cutLabels(*seg.Labels, pet, opts.MaxRegions)
	case seg.Layers != nil:
		found, err = m.cutLayers(*seg.Layers, pet, opts.MaxRegions)
	case seg.Outlines != nil:
		found, err = m.cutOutlines(*seg.Outlines, pet, opts.MaxRegions)
	default:
		err = ingest.Reject(ingest.CodeRegionsUnreadable, "a source without regions")
	}
	if err != nil {
		return Mask{}, err
	}
	return m, m.settle(found, math.Abs(pet.Affine.Determinant()))
}

// cutLabels takes the slices of the mask from labels.
func (m *Mask) cutLabels(labels ingest.Labels, pet ingest.Geometry, limit int) (regions, error) {
	if g := labels.Geometry; !fits(g.Size, math.MaxInt32) || g.Voxels() != len(labels.Index) {
		return regions{}, ingest.Reject(ingest.CodeRegionsUnreadable, "%d labels where the grid has %d × %d × %d", len(labels.Index), g.Size[0], g.Size[1], g.Size[2])
	}
	grid, err := newOverlay(labels.Geometry, pet)
	if err != nil {
		return regions{}, err
	}
	found, err := findRegions(labels, grid, limit)
	if err != nil {
		return regions{}, err
	}
	if grid.aligned() {
		m.slices = grid.nearest(labels, found.number)
		return found, nil
	}
	c := newCover(pet.Size)
	c.addNumbers(newSampler(grid, numbered(labels, found.number)))
	m.slices = c.sorted()
	return found, nil
}

// numbered returns the box of the labels that holds all regions, with their
// numbers in place of their indices.
func numbered(labels ingest.Labels, number map[int32]uint16) block {
	from, to := labels.Geometry.Size, [3]int{}
	at := 0
	for k := range labels.Geometry.Size[2] {
		for j := range labels.Geometry.Size[1] {
			for i := range labels.Geometry.Size[0] {
				if labels.Index[at] != 0 {
					for a, x := range [3]int{i, j, k} {
						from[a], to[a] = min(from[a], x), max(to[a], x+1)
					}
				}
				at++
			}
		}
	}
	b := block{first: from, size: [3]int{to[0] - from[0], to[1] - from[1], to[2] - from[2]}}
	b.values = make([]uint16, 0, b.size[0]*b.size[1]*b.size[2])
	for k := from[2]; k < to[2]; k++ {
		for j := from[1]; j < to[1]; j++ {
			row := (k*labels.Geometry.Size[1] + j) * labels.Geometry.Size[0]
			for _, index := range labels.Index[row+from[0] : row+to[0]] {
				b.values = append(b.values, number[index])
			}
		}
	}
	return b
}

// fits reports whether a volume has at least one and at most limit voxels.
func fits(size [3]int, limit int) bool {
	n := 1
	for _, s := range size {
		if s < 1 || s > limit/n {
			return false
		}
		n *= s
	}
	return true
}

// regions are what the labels hold, before the PET grid is looked at voxel by
// voxel.
type regions struct {
	extents []Extent         // number n is extents[n−1]
	number  map[int32]uint16 // of each index; 0 is background
}

// findRegions takes the census of the labels and names them.
func findRegions(labels ingest.Labels, grid overlay, limit int) (regions, error) {
	counts, err := grid.census(labels, limit)
	if err != nil {
		return regions{}, err
	}
	found := regions{number: map[int32]uint16{0: 0}}
	byName := map[Region]int{}
	var total, inside []int
	for _, index := range slices.Sorted(maps.Keys(counts)) {
		name, err := nameOf(labels.Names[index], index)
		if err != nil {
			return regions{}, err
		}
		at, known := byName[name]
		if !known {
			at = len(found.extents)
			byName[name] = at
			found.extents = append(found.extents, Extent{Region: name, Index: index})
			total, inside = append(total, 0), append(inside, 0)
		}
		found.number[index] = uint16(at + 1)
		total[at] += counts[index].total
		inside[at] += counts[index].inside
	}
	for at := range found.extents {
		found.extents[at].Cut = float64(total[at]-inside[at]) / float64(total[at])
	}
	return found, nil
}

// nameOf returns the name of an index, and an error where it cannot be the
// name of a column in a table.
func nameOf(name string, index int32) (Region, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return Region(fmt.Sprintf("label-%d", index)), nil
	}
	if !usable(name) {
		return "", ingest.Reject(ingest.CodeRegionsUnreadable, "the name of region %d cannot be that of a column", index)
	}
	return Region(name), nil
}

// usable reports whether a region can be called so: the name of a column is
// text of moderate length, does not begin with a quote and means no time.
func usable(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name) && name[0] != '"' &&
		!strings.ContainsFunc(name, unicode.IsControl) && timeColumn(name) == notTime
}

// settle keeps the regions that have voxels, numbers them anew and says what
// became of the others.
func (m *Mask) settle(found regions, voxelMM3 float64) error {
	voxels := m.weigh(len(found.extents))
	renumber := make([]uint16, len(found.extents)+1)
	for at, e := range found.extents {
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

// doubts returns what is to be said of a region that got so many PET voxels.
func (e Extent) doubts(voxels float64) []ingest.Warning {
	cut := ingest.Warning{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: e.Cut}
	switch {
	case voxels == 0 && e.Cut == 1:
		cut.Detail = fmt.Sprintf("%s lies outside the field of view and is left out", e.Region)
	case voxels == 0:
		return []ingest.Warning{{
			Code: ingest.WarnSmallRegion, Level: ingest.LevelWarn, Threshold: smallRegion,
			Detail: fmt.Sprintf("%s holds no PET voxel and is left out", e.Region),
		}}
	case e.Cut == 0:
		return nil
	default:
		cut.Detail = fmt.Sprintf("fraction of %s that lies outside the field of view", e.Region)
		if e.Cut <= slightCut {
			cut.Level = ingest.LevelNotice
		}
	}
	return []ingest.Warning{cut}
}
