package extract

import (
	"math"

	"tacstream/ingest"
)

// An overlay lays a grid of labels over a PET grid.
type overlay struct {
	labels, pet [3]int        // sizes
	toPET       ingest.Affine // from voxel indices of the labels to those of PET
	toLabels    ingest.Affine // and back
}

// newOverlay returns the overlay of two grids, wherever they lie.
func newOverlay(g, pet ingest.Geometry) (overlay, error) {
	if !fits(g.Size, math.MaxInt32) {
		return overlay{}, ingest.Reject(ingest.CodeRegionsUnreadable, "regions on a grid of %d × %d × %d voxels", g.Size[0], g.Size[1], g.Size[2])
	}
	fromPET, err := pet.Affine.Inverse()
	if err != nil {
		return overlay{}, ingest.Reject(ingest.CodeGeometry, "PET voxels without volume")
	}
	fromLabels, err := g.Affine.Inverse()
	if err != nil {
		return overlay{}, ingest.Reject(ingest.CodeRegionsUnreadable, "regions whose voxels have no volume")
	}
	return overlay{
		labels: g.Size, pet: pet.Size,
		toPET:    compose(fromPET, g.Affine),
		toLabels: compose(fromLabels, pet.Affine),
	}, nil
}

// compose returns the map that applies first inner, then outer.
func compose(outer, inner ingest.Affine) ingest.Affine {
	var a ingest.Affine
	for r := range a {
		for c := range a[r] {
			for k := range 3 {
				a[r][c] += outer[r][k] * inner[k][c]
			}
		}
		a[r][3] += outer[r][3]
	}
	return a
}

// tie is by how many voxels a point may lie below the middle between two
// voxels and still belong to the upper one. Where one grid is twice as fine
// as the other whole planes lie in the middle, and the rounding of affines to
// 32 bits must not decide about each voxel anew.
const tie = 1e-4

// voxel returns the voxel of a grid that covers the point p, given in voxel
// indices, and reports whether there is one.
func voxel(p ingest.Vec, size [3]int) (i, j, k int, ok bool) {
	const up = 0.5 + tie
	x, y, z := p[0]+up, p[1]+up, p[2]+up
	if !(x >= 0 && y >= 0 && z >= 0 && x < float64(size[0]) && y < float64(size[1]) && z < float64(size[2])) {
		return 0, 0, 0, false
	}
	return int(x), int(y), int(z), true
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
				return nil, ingest.Reject(ingest.CodeRegionsUnreadable, "more than %d different labels", limit)
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
		return nil, ingest.Reject(ingest.CodeRegionsUnreadable, "there is no label but the background")
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

// extend adds a pixel behind the last run, or to it if it goes on alike.
func extend(runs []ingest.Run, pixel int32, region uint16, weight float32) []ingest.Run {
	if end := len(runs) - 1; end >= 0 && runs[end].End == pixel && runs[end].Region == region && runs[end].Weight == weight {
		runs[end].End++
		return runs
	}
	return append(runs, ingest.Run{First: pixel, End: pixel + 1, Region: region, Weight: weight})
}
