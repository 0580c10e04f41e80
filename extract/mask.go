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
	Index     int32   // in the region source; the smallest where several share the name
	Voxels    float64 // effective number of PET voxels
	VolumeMM3 float64 // of those voxels
	Cut       float64 // fraction of the region, by the source's voxels, that lies outside the PET volume
}

// A Mask says which region each PET voxel belongs to. It is safe for
// concurrent use.
//
// Regions are numbered from 1 in the order of Regions: number n is
// Regions[n−1], and 0 is no region.
type Mask struct {
	Regions  []Extent // by rising index; each has at least one voxel
	Warnings []ingest.Warning
	size     [3]int
	numbers  []uint16
}

// Slices returns the number of slices.
func (m Mask) Slices() int { return m.size[2] }

// Slice returns the region number of each voxel of slice k, counted from 0,
// in the order of a DICOM slice: column fastest, then row. The caller must
// not change it.
func (m Mask) Slice(k int) []uint16 {
	n := m.size[0] * m.size[1]
	return m.numbers[k*n : (k+1)*n : (k+1)*n]
}

// NewMask brings labels onto the PET grid: each PET voxel belongs to the
// region whose label covers its centre. Labels may lie on any grid.
//
// A region without a name is called "label-" and its index. Indices that share
// a name are one region. A region that holds no PET voxel's centre is left
// out, with a warning. Labels of which nothing lies in the PET volume are
// rejected: used voxel for voxel they might look perfect and be wrong.
func NewMask(labels ingest.Labels, pet ingest.Geometry, opts Options) (Mask, error) {
	opts.MaxVoxels = cmp.Or(max(opts.MaxVoxels, 0), DefaultMaxVoxels)
	opts.MaxRegions = min(cmp.Or(max(opts.MaxRegions, 0), DefaultMaxRegions), math.MaxUint16)
	if !fits(pet.Size, opts.MaxVoxels) {
		return Mask{}, ingest.Reject(ingest.CodeTooLarge, "a PET volume of %d × %d × %d voxels", pet.Size[0], pet.Size[1], pet.Size[2])
	}
	grid, err := newOverlay(labels, pet)
	if err != nil {
		return Mask{}, err
	}
	regions, err := findRegions(labels, grid, opts.MaxRegions)
	if err != nil {
		return Mask{}, err
	}
	m := Mask{size: pet.Size, Warnings: slices.Clone(labels.Warnings)}
	var voxels []int
	m.numbers, voxels = grid.nearest(labels, regions.number)
	return m, m.settle(regions, voxels, math.Abs(pet.Affine.Determinant()))
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
		name, err := nameOf(labels, index)
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
func nameOf(labels ingest.Labels, index int32) (Region, error) {
	name := strings.TrimSpace(labels.Names[index])
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
func (m *Mask) settle(found regions, voxels []int, voxelMM3 float64) error {
	renumber := make([]uint16, len(found.extents)+1)
	for at, e := range found.extents {
		n := voxels[at+1]
		m.Warnings = append(m.Warnings, e.doubts(n)...)
		if n == 0 {
			continue
		}
		e.Voxels, e.VolumeMM3 = float64(n), float64(n)*voxelMM3
		m.Regions = append(m.Regions, e)
		renumber[at+1] = uint16(len(m.Regions))
	}
	if len(m.Regions) == 0 {
		return ingest.Reject(ingest.CodeRegionsElsewhere, "no region holds the centre of a PET voxel")
	}
	if len(m.Regions) < len(found.extents) {
		for i, n := range m.numbers {
			m.numbers[i] = renumber[n]
		}
	}
	return nil
}

// doubts returns what is to be said of a region that got so many PET voxels.
func (e Extent) doubts(voxels int) []ingest.Warning {
	cut := ingest.Warning{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: e.Cut}
	switch {
	case voxels == 0 && e.Cut == 1:
		cut.Detail = fmt.Sprintf("%s lies outside the field of view and is left out", e.Region)
	case voxels == 0:
		return []ingest.Warning{{
			Code: ingest.WarnSmallRegion, Level: ingest.LevelWarn, Threshold: smallRegion,
			Detail: fmt.Sprintf("%s holds no PET voxel's centre and is left out", e.Region),
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
