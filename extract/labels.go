package extract

import (
	"maps"
	"math"
	"slices"

	"tacstream/ingest"
)

// cutLabels brings labels onto the PET grid.
func cutLabels(labels ingest.Labels, pet ingest.Geometry, limit int) (census, error) {
	if g := labels.Geometry; !fits(g.Size, math.MaxInt32) || g.Voxels() != len(labels.Index) {
		return census{}, ingest.Reject(ingest.CodeRegionsUnreadable, "there are %d labels for a grid of %d × %d × %d", len(labels.Index), g.Size[0], g.Size[1], g.Size[2])
	}
	grid, err := newOverlay(labels.Geometry, pet)
	if err != nil {
		return census{}, err
	}
	extents, number, err := findRegions(labels, grid, limit)
	if err != nil {
		return census{}, err
	}
	if grid.aligned() {
		return census{extents: extents, slices: grid.nearest(labels, number)}, nil
	}
	c := newCover(pet.Size)
	c.addNumbers(newSampler(grid, numbered(labels, number)))
	return census{extents: extents, slices: c.sorted()}, nil
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

// findRegions takes the census of the labels and names them. It returns the
// number of each index too, where 0 is the background.
func findRegions(labels ingest.Labels, grid overlay, limit int) ([]Extent, map[int32]uint16, error) {
	counts, err := grid.census(labels, limit)
	if err != nil {
		return nil, nil, err
	}
	var extents []Extent
	number := map[int32]uint16{0: 0}
	byName := map[Region]int{}
	var total, inside []int
	for _, index := range slices.Sorted(maps.Keys(counts)) {
		name, err := nameOf(labels.Names[index], index)
		if err != nil {
			return nil, nil, err
		}
		at, known := byName[name]
		if !known {
			at = len(extents)
			byName[name] = at
			extents = append(extents, Extent{Region: name, Index: index})
			total, inside = append(total, 0), append(inside, 0)
		}
		number[index] = uint16(at + 1)
		total[at] += counts[index].total
		inside[at] += counts[index].inside
	}
	for at := range extents {
		extents[at].Cut = float64(total[at]-inside[at]) / float64(total[at])
	}
	return extents, number, nil
}

// A count says how many voxels a label has and how many of these have their
// centre in the PET volume.
type count struct{ total, inside int }

// census counts the voxels of each label but the background. More labels than
// limit are rejected, and so are labels that all lie outside.
func (o overlay) census(labels ingest.Labels, limit int) (map[int32]count, error) {
	counts := map[int32]*count{}
	inside := 0
	var last int32
	var c *count
	for at, index := range labels.Index {
		if index == 0 {
			continue
		}
		if index != last {
			if c = counts[index]; c == nil {
				c = new(count)
				counts[index] = c
			}
			if last = index; len(counts) > limit {
				return nil, ingest.Reject(ingest.CodeRegionsUnreadable, "the source has more than %d different labels", limit)
			}
		}
		c.total++
		if o.seen(at) {
			c.inside++
			inside++
		}
	}
	switch {
	case len(counts) == 0:
		return nil, ingest.Reject(ingest.CodeRegionsUnreadable, "there is no label except the background")
	case inside == 0:
		return nil, ingest.Reject(ingest.CodeRegionsElsewhere, "every label lies outside the PET volume")
	}
	return flat(counts), nil
}

func flat(counts map[int32]*count) map[int32]count {
	m := make(map[int32]count, len(counts))
	for index, c := range counts {
		m[index] = *c
	}
	return m
}

// seen reports whether the centre of a label's voxel lies in the PET volume.
func (o overlay) seen(at int) bool {
	nx, ny := o.labels[0], o.labels[1]
	p := o.toPET.Apply(float64(at%nx), float64(at/nx%ny), float64(at/nx/ny))
	_, _, _, ok := voxel(p, o.pet)
	return ok
}

// nearest returns the runs of each slice in which the label that covers a PET
// voxel's centre has the same number. The grids must be aligned: then steps
// from voxel to voxel are whole on both.
func (o overlay) nearest(labels ingest.Labels, number map[int32]uint16) [][]ingest.Run {
	all := make([][]ingest.Run, o.pet[2])
	steps := o.steps()
	var last int32
	var n uint16
	for k := range all {
		for j := range o.pet[1] {
			row, pixel := steps.at(0, j, k), int32(j*o.pet[0])
			from, to := inside(row, steps.x, o.labels, o.pet[0])
			at := (row[2]*o.labels[1]+row[1])*o.labels[0] + row[0]
			step := (steps.x[2]*o.labels[1]+steps.x[1])*o.labels[0] + steps.x[0]
			for i := from; i < to; i++ {
				if index := labels.Index[at+i*step]; index != last {
					last, n = index, number[index]
				}
				if n != 0 {
					all[k] = extend(all[k], pixel+int32(i), n, 1)
				}
			}
		}
	}
	return all
}

// A stepping is the map from PET voxels to those of an aligned grid: by how
// many voxels, none or one, a step along each axis of PET moves.
type stepping struct{ x, y, z, origin [3]int }

func (o overlay) steps() (s stepping) {
	const far = 1 << 40 // voxels, outside any grid
	for r := range 3 {
		for c, into := range []*[3]int{&s.x, &s.y, &s.z, &s.origin} {
			into[r] = int(math.Round(max(-far, min(o.toLabels[r][c], far))))
		}
	}
	return s
}

// at returns the voxel that covers a PET voxel, perhaps outside the grid.
func (s stepping) at(i, j, k int) (v [3]int) {
	for a := range v {
		v[a] = s.origin[a] + i*s.x[a] + j*s.y[a] + k*s.z[a]
	}
	return v
}

// inside returns which of n steps from a voxel, itself the first, lie in a
// grid of that size: those from from on, before to.
func inside(voxel, step, size [3]int, n int) (from, to int) {
	to = n
	for a, v := range voxel {
		switch {
		case step[a] > 0:
			from, to = max(from, -v), min(to, size[a]-v)
		case step[a] < 0:
			from, to = max(from, v-size[a]+1), min(to, v+1)
		case v < 0 || v >= size[a]:
			return 0, 0
		}
	}
	return from, to
}
