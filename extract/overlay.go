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
		return overlay{}, ingest.Reject(ingest.CodeRegionsUnreadable, "the regions have an impossible grid of %d × %d × %d voxels", g.Size[0], g.Size[1], g.Size[2])
	}
	fromPET, err := pet.Affine.Inverse()
	if err != nil {
		return overlay{}, ingest.Reject(ingest.CodeGeometry, "the PET voxels have no volume")
	}
	fromLabels, err := g.Affine.Inverse()
	if err != nil {
		return overlay{}, ingest.Reject(ingest.CodeRegionsUnreadable, "the voxels of the regions have no volume")
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

// aligned reports whether every PET voxel is a voxel of the regions' grid, or
// lies outside it: then each has one value, and nothing is to be sampled.
func (o overlay) aligned() bool {
	const off = 0.02 // voxels, over the whole volume
	for r := range 3 {
		for c := range 3 {
			m := o.toLabels[r][c]
			if math.Abs(m-math.Round(m))*float64(o.pet[c]) > off || math.Abs(m) > 1.5 {
				return false
			}
		}
		if t := o.toLabels[r][3]; math.Abs(t-math.Round(t)) > off {
			return false
		}
	}
	return true
}
