package extract

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"tacstream/ingest"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// flatness is by how many voxels the points of a contour may differ in height
// and still lie in a slice of the grid.
const flatness = 0.1

// cutOutlines takes the slices of the mask from contours.
//
// Contours parallel to the slices of PET are filled where they are: a voxel
// belongs to the region if its centre lies inside an odd number of the
// contours of the slab that holds it, see slabsOf. Where slabs are thinner than
// slices a voxel belongs to the region by the part of its height that they
// cover. Contours that are tilted against the slices are filled likewise on a
// grid of their own, finer than that of PET, which is then overlaid as layers
// are. A contour that is there twice counts once.
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
		var odd oddities
		if level {
			parts[n-1].count(contours, pet.Size)
			odd = c.fill(contours, pet.Size, n)
		} else if odd, err = c.fillTilted(o, pet, n, &parts[n-1]); err != nil {
			return regions{}, err
		}
		m.Warnings = append(m.Warnings, odd.warnings(named.extents[n-1].Region)...)
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

// count adds up the areas of contours, and of what of them is in the volume.
func (h *held) count(contours []drawn, size [3]int) {
	for _, d := range contours {
		whole := d.area()
		h.total += whole
		if d.height >= -0.5 && d.height <= float64(size[2])-0.5 {
			h.inside += min(d.within(size).area(), whole)
		}
	}
}

// samePlane is by how many slices contours may differ in height and be of one
// plane.
const samePlane = 0.05

// A slab is what the contours of one plane stand for: all from one height up
// to another.
type slab struct {
	contours []drawn
	from, to float64 // in slices; to itself is the next slab's
}

// Oddities are what is unusual in the contours of a region.
type oddities struct {
	gaps    int // between planes, wider than the planes are apart elsewhere
	doubles int // contours that are there twice
	// far is the distance of the planes, in slices of PET, where that is so
	// large that they may be those of separate pieces; else 0.
	far float64
}

func (o oddities) warnings(region Region) []ingest.Warning {
	var list []ingest.Warning
	if o.gaps > 0 {
		list = append(list, ingest.Warning{
			Code: ingest.WarnContours, Level: ingest.LevelWarn, Value: float64(o.gaps),
			Detail: fmt.Sprintf("gaps between the planes of %s that are wider than its planes are apart elsewhere: what lies on both sides is taken for separate pieces, with nothing between", region),
		})
	}
	if o.far > 0 {
		list = append(list, ingest.Warning{
			Code: ingest.WarnContours, Level: ingest.LevelWarn, Value: o.far, Threshold: farPlanes,
			Detail: fmt.Sprintf("slices between the planes of %s: all between is filled as one body", region),
		})
	}
	if o.doubles > 0 {
		list = append(list, ingest.Warning{
			Code: ingest.WarnContours, Level: ingest.LevelNotice, Value: float64(o.doubles),
			Detail: fmt.Sprintf("contours of %s that are there twice: each counts once", region),
		})
	}
	return list
}

// farPlanes is the distance of planes, in slices of PET, beyond which nobody
// draws a region.
const farPlanes = 3.5

// wideGap is the distance of two planes, as a multiple of the smallest, from
// which they are those of separate pieces.
const wideGap = 1.5

// slabsOf sorts contours into planes, by rising height, and returns what they
// stand for: half the way to the plane on either side, or half the smallest
// distance of planes where there is none or it is far. A single plane stands for
// one slice.
func slabsOf(contours []drawn) (slabs []slab, odd oddities) {
	slices.SortStableFunc(contours, func(a, b drawn) int { return cmp.Compare(a.height, b.height) })
	step := math.Inf(1)
	var planes [][]drawn
	for _, d := range contours {
		n := len(planes)
		switch {
		case n == 0 || d.height-planes[n-1][0].height > samePlane:
			planes = append(planes, []drawn{d})
			if n > 0 {
				step = min(step, d.height-planes[n-1][0].height)
			}
		case slices.ContainsFunc(planes[n-1], d.equals):
			odd.doubles++
		default:
			planes[n-1] = append(planes[n-1], d)
		}
	}
	if len(planes) == 1 {
		step = 1
	}
	if len(planes) > 1 && step > farPlanes {
		odd.far = step
	}
	for n, p := range planes {
		at := p[0].height
		s := slab{contours: p, from: at - step/2, to: at + step/2}
		if n > 0 {
			if d := at - planes[n-1][0].height; d <= wideGap*step {
				s.from = at - d/2
				slabs[n-1].to = s.from
			} else {
				odd.gaps++
			}
		}
		slabs = append(slabs, s)
	}
	return slabs, odd
}

// fill adds the voxels that lie in the contours.
func (c *cover) fill(contours []drawn, size [3]int, region uint16) oddities {
	slabs, odd := slabsOf(contours)
	if len(slabs) == 0 {
		return odd
	}
	parts := wholeSlab
	if thinnest(slabs) < 1-samePlane {
		parts = partsOfSlabs
	}
	row := make([]float32, size[0])
	for k := range size[2] {
		here := parts(slabs, float64(k))
		if len(here) == 0 {
			continue
		}
		for j := range size[1] {
			c.fillRow(here, row, j, k, region)
		}
	}
	return odd
}

// fillRow adds the voxels of row j of slice k. Row is room for the weights of a
// row, all 0.
func (c *cover) fillRow(parts []slabPart, row []float32, j, k int, region uint16) {
	first, last := len(row), 0
	for _, p := range parts {
		for _, span := range spans(p.contours, float64(j), len(row)) {
			first, last = min(first, span[0]), max(last, span[1])
			for i := span[0]; i < span[1]; i++ {
				row[i] += p.weight
			}
		}
	}
	for i := first; i < last; i++ {
		c.add(i, j, k, region, min(row[i], 1))
		row[i] = 0
	}
}

// A slabPart is the contours of a slab and the part of a slice that it takes.
type slabPart struct {
	contours []drawn
	weight   float32
}

// thinnest returns the smallest height of slabs, in slices.
func thinnest(slabs []slab) float64 {
	least := math.Inf(1)
	for _, s := range slabs {
		least = min(least, s.to-s.from)
	}
	return least
}

// wholeSlab returns the slab that holds the middle of a slice. One that lies
// between two belongs to the upper, but for rounding.
func wholeSlab(slabs []slab, k float64) []slabPart {
	for _, s := range slabs {
		if k >= s.from-samePlane && k < s.to-samePlane {
			return []slabPart{{s.contours, 1}}
		}
	}
	return nil
}

// partsOfSlabs returns the slabs that take part in a slice.
func partsOfSlabs(slabs []slab, k float64) []slabPart {
	var list []slabPart
	for _, s := range slabs {
		if w := min(s.to, k+0.5) - max(s.from, k-0.5); w > leastPart {
			list = append(list, slabPart{s.contours, float32(w)})
		}
	}
	return list
}

// leastPart is the part of a slice below which rounding of positions is all
// that a slab takes of it.
const leastPart = 1e-3

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
func (c *cover) fillTilted(o ingest.Outline, pet ingest.Geometry, region uint16, h *held) (oddities, error) {
	g, contours, err := ownGrid(o, pet)
	if err != nil {
		return oddities{}, err
	}
	own := newCover(g.Size)
	odd := own.fill(contours, g.Size, 1)
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
	across, nu := evenly(hi[0]-lo[0], side)
	along, nv := evenly(hi[1]-lo[1], side)
	size := [3]int{nu + 2, nv + 2, int(math.Round((hi[2]-lo[2])/step)) + 1}
	if !(hi[0]-lo[0] < 1e5 && hi[1]-lo[1] < 1e5 && hi[2]-lo[2] < 1e5) || !fits(size, maxTiltedVoxel) {
		return ingest.Geometry{}, nil, ingest.Reject(ingest.CodeTooLarge, "region %d spans too much to be filled", o.Index)
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
		return g, nil, ingest.Reject(ingest.CodeRegionsUnreadable, "region %d has contours in planes that are not parallel, or that are not planar", o.Index)
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

func crossOf(a, b ingest.Vec) ingest.Vec {
	return ingest.Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func dotOf(a, b ingest.Vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func length(a ingest.Vec) float64 { return math.Sqrt(dotOf(a, a)) }
