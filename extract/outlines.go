package extract

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"tacstream/ingest"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// A drawn is a contour in voxel indices of the grid that it is filled on: a
// polygon at a height.
type drawn struct {
	height float64
	points [][2]float64
}

// flatness is by how many voxels the points of a contour may differ in height
// and still lie in a slice of the grid.
const flatness = 0.1

// cutOutlines takes the slices of the mask from contours.
//
// Contours parallel to the slices of PET are filled where they are: a voxel
// belongs to the region if its centre lies inside an odd number of the
// contours of the plane nearest to its slice. A slice beyond the first or last
// plane by more than half the distance between planes has nothing. Contours
// that are tilted against the slices are filled likewise on a grid of their
// own, finer than that of PET, which is then overlaid as layers are.
func (m *Mask) cutOutlines(outlines ingest.Outlines, pet ingest.Geometry, limit int) (regions, error) {
	if len(outlines.Regions) > limit {
		return regions{}, ingest.Reject(ingest.CodeRegionsUnreadable, "more than %d different regions", limit)
	}
	toPET, err := pet.Affine.Inverse()
	if err != nil {
		return regions{}, ingest.Reject(ingest.CodeGeometry, "PET voxels without volume")
	}
	var named naming
	c := newCover(pet.Size)
	var parts []held
	for _, o := range outlines.Regions {
		if err := named.add(o.Name, o.Index); err != nil {
			return regions{}, err
		}
		parts = append(parts, make([]held, len(named.extents)-len(parts))...)
		n := named.of[len(named.of)-1]
		contours, level := draw(o.Contours, toPET)
		if level {
			parts[n-1].count(contours, pet.Size)
			c.fill(contours, pet.Size, n)
		} else if err := c.fillTilted(o, pet, n, &parts[n-1]); err != nil {
			return regions{}, err
		}
	}
	m.slices = c.joined()
	return named.regions, cutBy(named.extents, parts)
}

// draw returns contours in voxel indices, and whether they are level: parallel
// to the grid's slices.
func draw(contours []ingest.Contour, toGrid ingest.Affine) (list []drawn, level bool) {
	level = true
	for _, contour := range contours {
		if len(contour) < 3 {
			continue
		}
		d := drawn{points: make([][2]float64, len(contour))}
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, p := range contour {
			at := toGrid.Apply(p[0], p[1], p[2])
			d.points[i] = [2]float64{at[0], at[1]}
			d.height += at[2] / float64(len(contour))
			lo, hi = min(lo, at[2]), max(hi, at[2])
		}
		level = level && hi-lo <= flatness
		list = append(list, d)
	}
	return list, level
}

// count counts the points of contours, all of them and those in the volume.
func (h *held) count(contours []drawn, size [3]int) {
	for _, d := range contours {
		for _, p := range d.points {
			h.total++
			if _, _, _, ok := voxel(ingest.Vec{p[0], p[1], d.height}, size); ok {
				h.inside++
			}
		}
	}
}

// samePlane is by how many slices contours may differ in height and be of one
// plane.
const samePlane = 0.05

// planesOf sorts contours into planes, by rising height, and returns half the
// distance between planes, in slices: the smallest, since planes that lie
// farther apart are those of separate pieces, or half a slice where there is one
// plane only.
func planesOf(contours []drawn) (planes [][]drawn, half float64) {
	slices.SortStableFunc(contours, func(a, b drawn) int { return cmp.Compare(a.height, b.height) })
	var steps []float64
	for i, d := range contours {
		if n := len(planes); i > 0 && d.height-planes[n-1][0].height <= samePlane {
			planes[n-1] = append(planes[n-1], d)
			continue
		}
		if n := len(planes); n > 0 {
			steps = append(steps, d.height-planes[n-1][0].height)
		}
		planes = append(planes, []drawn{d})
	}
	if len(steps) == 0 {
		return planes, 0.5
	}
	return planes, max(slices.Min(steps)/2, 0.5)
}

// fill adds the voxels whose centres lie in the contours.
func (c *cover) fill(contours []drawn, size [3]int, region uint16) {
	planes, half := planesOf(contours)
	if len(planes) == 0 {
		return
	}
	for k := range size[2] {
		plane := nearestPlane(planes, float64(k))
		if math.Abs(plane[0].height-float64(k)) > half+samePlane {
			continue
		}
		for j := range size[1] {
			for _, span := range spans(plane, float64(j), size[0]) {
				for i := span[0]; i < span[1]; i++ {
					c.add(i, j, k, region, 1)
				}
			}
		}
	}
}

// nearestPlane returns the plane nearest to a height; of two, the lower.
func nearestPlane(planes [][]drawn, height float64) []drawn {
	best := planes[0]
	for _, p := range planes[1:] {
		if math.Abs(p[0].height-height) < math.Abs(best[0].height-height)-samePlane {
			best = p
		}
	}
	return best
}

// spans returns the voxels of row j whose centres lie inside an odd number of
// contours, as pairs of the first and the one after the last. A centre on an
// edge belongs to what lies to its right and above.
func spans(plane []drawn, j float64, columns int) [][2]int {
	var crossings []float64
	for _, d := range plane {
		for n, p := range d.points {
			q := d.points[(n+1)%len(d.points)]
			if (p[1] <= j) == (q[1] <= j) {
				continue
			}
			crossings = append(crossings, p[0]+(j-p[1])/(q[1]-p[1])*(q[0]-p[0]))
		}
	}
	slices.Sort(crossings)
	var list [][2]int
	for n := 0; n+1 < len(crossings); n += 2 {
		first := max(ceil(crossings[n], columns), 0)
		last := min(ceil(crossings[n+1], columns), columns)
		if first < last {
			list = append(list, [2]int{first, last})
		}
	}
	return list
}

// ceil rounds up, within what a row may hold.
func ceil(x float64, columns int) int {
	return int(math.Ceil(min(max(x, -1), float64(columns)+1)))
}

// Bounds of the grid on which tilted contours are filled.
const (
	finer          = 4 // than the smallest side of a PET voxel
	maxTiltedVoxel = 64 << 20
)

// fillTilted fills contours on a grid along their own planes.
func (c *cover) fillTilted(o ingest.Outline, pet ingest.Geometry, region uint16, h *held) error {
	g, contours, err := ownGrid(o, pet)
	if err != nil {
		return err
	}
	own := newCover(g.Size)
	own.fill(contours, g.Size, 1)
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
		return err
	}
	h.add(grid, b)
	c.addWeights(newSampler(grid, b), region)
	return nil
}

// ownGrid returns a grid along the planes of contours, one slice a plane, and
// the contours on it.
func ownGrid(o ingest.Outline, pet ingest.Geometry) (ingest.Geometry, []drawn, error) {
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
	size := [3]int{int((hi[0]-lo[0])/side) + 3, int((hi[1]-lo[1])/side) + 3, int(math.Round((hi[2]-lo[2])/step)) + 1}
	if !(hi[0]-lo[0] < 1e5 && hi[1]-lo[1] < 1e5 && hi[2]-lo[2] < 1e5) || !fits(size, maxTiltedVoxel) {
		return ingest.Geometry{}, nil, ingest.Reject(ingest.CodeTooLarge, "region %d spans too much to be filled", o.Index)
	}
	g := ingest.Geometry{Size: size}
	for r := range 3 {
		origin := (lo[0]-side)*u[r] + (lo[1]-side)*v[r] + lo[2]*w[r]
		g.Affine[r] = [4]float64{side * u[r], side * v[r], step * w[r], origin}
	}
	back, err := g.Affine.Inverse()
	if err != nil {
		return g, nil, err
	}
	contours, level := draw(o.Contours, back)
	if !level {
		return g, nil, ingest.Reject(ingest.CodeRegionsUnreadable, "region %d has contours in planes that are not parallel, or that are not planar", o.Index)
	}
	return g, contours, nil
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

func crossOf(a, b ingest.Vec) ingest.Vec {
	return ingest.Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func dotOf(a, b ingest.Vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func length(a ingest.Vec) float64 { return math.Sqrt(dotOf(a, a)) }
