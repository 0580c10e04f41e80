package extract

import (
	"math"
	"slices"

	"tacstream/ingest"
)

// Bounds of the grid on which tilted contours are filled.
const (
	finer          = 4 // than the smallest side of a PET voxel
	maxTiltedVoxel = 64 << 20
)

// fillTilted fills contours on a grid along their own planes.
func (c *cover) fillTilted(o ingest.Outline, pet ingest.Geometry, region uint16, h *portion) (oddities, error) {
	g, contours, err := ownGrid(o, pet)
	if err != nil {
		return oddities{}, err
	}
	own := newCover(g.Size)
	odd := own.fill(contours, g.Size, 1)
	odd.off = 0 // the grid has its slices where the contours are
	if apart := length(ingest.Vec{g.Affine[0][2], g.Affine[1][2], g.Affine[2][2]}) / length(ingest.Vec{pet.Affine[0][2], pet.Affine[1][2], pet.Affine[2][2]}); g.Size[2] > 1 && apart > farPlanes {
		odd.far = apart
	}
	b := block{size: g.Size, values: make([]uint16, g.Voxels())}
	for k, runs := range own.slices {
		for _, r := range runs {
			for p := r.First; p < r.End; p++ {
				b.values[k*g.Size[0]*g.Size[1]+int(p)] = ingest.FullWeight
			}
		}
	}
	grid, err := newOverlay(g, pet)
	if err != nil {
		return odd, err
	}
	h.add(grid, b)
	c.addWeights(newSampler(grid, b), region)
	return odd, nil
}

// ownGrid returns a grid along the planes of contours, one slice a plane, and
// the contours on it.
func ownGrid(o ingest.Outline, pet ingest.Geometry) (ingest.Geometry, []polygon, error) {
	u, v, w, ok := axesOf(o.Contours)
	if !ok {
		return ingest.Geometry{}, nil, ingest.Reject(ingest.CodeRegionsUnreadable, "region %d has contours without area", o.Index)
	}
	side := math.Inf(1)
	for a := range 3 {
		side = min(side, length(ingest.Vec{pet.Affine[0][a], pet.Affine[1][a], pet.Affine[2][a]})/finer)
	}
	lo, hi := ingest.Vec{math.Inf(1), math.Inf(1), math.Inf(1)}, ingest.Vec{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	var heights []float64
	for _, contour := range o.Contours {
		for n, p := range contour {
			at := ingest.Vec{dotOf(p, u), dotOf(p, v), dotOf(p, w)}
			for a := range 3 {
				lo[a], hi[a] = min(lo[a], at[a]), max(hi[a], at[a])
			}
			if n == 0 {
				heights = append(heights, at[2])
			}
		}
	}
	step := stepOf(heights, side)
	across, nu := evenly(hi[0]-lo[0], side)
	along, nv := evenly(hi[1]-lo[1], side)
	size := [3]int{nu + 2, nv + 2, int(math.Round((hi[2]-lo[2])/step)) + 1}
	if !(hi[0]-lo[0] < 1e5 && hi[1]-lo[1] < 1e5 && hi[2]-lo[2] < 1e5) || !fits(size, maxTiltedVoxel) {
		return ingest.Geometry{}, nil, ingest.Reject(ingest.CodeTooLarge, "region %d is too large to be filled", o.Index)
	}
	g := ingest.Geometry{Size: size}
	for r := range 3 {
		origin := (lo[0]-across/2)*u[r] + (lo[1]-along/2)*v[r] + lo[2]*w[r]
		g.Affine[r] = [4]float64{across * u[r], along * v[r], step * w[r], origin}
	}
	back, err := g.Affine.Inverse()
	if err != nil {
		return g, nil, err
	}
	contours, level := draw(o.Contours, back)
	if !level {
		return g, nil, ingest.Reject(ingest.CodeRegionsUnreadable, "region %d has contours that are not planar, or whose planes are not parallel", o.Index)
	}
	return g, contours, nil
}

// evenly returns the number of cells, not wider than side, that fill a width, and
// how wide they are: the edges of contours are mostly those of cells then.
func evenly(width, side float64) (cell float64, n int) {
	if n = int(math.Ceil(width / side)); !(width > 0) || !(width < 1e5) {
		return side, 1
	}
	return width / float64(n), n
}

// stepOf returns the smallest distance between planes, or side where there is
// one plane only.
func stepOf(heights []float64, side float64) float64 {
	slices.Sort(heights)
	step := math.Inf(1)
	for i := 1; i < len(heights); i++ {
		if d := heights[i] - heights[i-1]; d > samePlane*side {
			step = min(step, d)
		}
	}
	if math.IsInf(step, 1) {
		return side * finer
	}
	return step
}

// axesOf returns two directions in the plane of the largest contour and its
// normal, all of length 1.
func axesOf(contours []ingest.Contour) (u, v, w ingest.Vec, ok bool) {
	most := 0.0
	for _, c := range contours {
		n := areaOf(c)
		if a := length(n); a > most && len(c) > 0 {
			most = a
			w = ingest.Vec{n[0] / a, n[1] / a, n[2] / a}
		}
	}
	if !(most > 0) || math.IsInf(most, 0) {
		return u, v, w, false
	}
	least := ingest.Vec{1, 0, 0}
	if math.Abs(w[1]) < math.Abs(w[0]) {
		least = ingest.Vec{0, 1, 0}
	}
	u = crossOf(least, w)
	a := length(u)
	u = ingest.Vec{u[0] / a, u[1] / a, u[2] / a}
	return u, crossOf(w, u), w, true
}

// areaOf returns the normal of a polygon, as long as twice its area.
func areaOf(c ingest.Contour) ingest.Vec {
	var n ingest.Vec
	for i := range c {
		p, q := c[i], c[(i+1)%len(c)]
		x := crossOf(ingest.Vec{p[0] - c[0][0], p[1] - c[0][1], p[2] - c[0][2]}, ingest.Vec{q[0] - c[0][0], q[1] - c[0][1], q[2] - c[0][2]})
		n[0], n[1], n[2] = n[0]+x[0], n[1]+x[1], n[2]+x[2]
	}
	return n
}
