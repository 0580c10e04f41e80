package extract

import (
	"cmp"
	"math"
	"slices"

	"tacstream/ingest"
)

// samePlane is by how many slices contours may differ in height and be of one
// plane.
const samePlane = 0.05

// A slab is what the contours of one plane stand for: all from one height up
// to another.
type slab struct {
	contours []polygon
	from, to float64 // in slices; to itself is the next slab's
}

// Oddities are what is unusual in the contours of a region.
type oddities struct {
	gaps    int // between planes, wider than the planes are apart elsewhere
	doubles int // contours that are there twice
	// far is the distance of the planes, in slices of PET, where that is so
	// large that they may be those of separate pieces; else 0.
	far float64
	// off is the farthest, in slices, that a contour was moved to the slice that
	// it is filled in.
	off float64
}

func (o oddities) warnings(region Region) []ingest.Warning {
	var list []ingest.Warning
	if o.gaps > 0 {
		list = append(list, ingest.Warn(ingest.WarnContours, ingest.LevelWarn, float64(o.gaps), 0,
			"Region %s has %s between its planes, wider than they are apart elsewhere; the parts on both sides are taken as separate pieces with nothing between.", region, ingest.Count(o.gaps, "gap")))
	}
	if o.far > 0 {
		list = append(list, ingest.Warn(ingest.WarnContours, ingest.LevelWarn, o.far, farPlanes,
			"The planes of region %s lie %.3g slices apart, more than %g; everything between them is filled as one body.", region, o.far, farPlanes))
	}
	if o.doubles > 0 {
		list = append(list, ingest.Warn(ingest.WarnContours, ingest.LevelNotice, float64(o.doubles), 0,
			"Region %s has %s twice; each counts once.", region, ingest.Count(o.doubles, "contour")))
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
func slabsOf(contours []polygon) (slabs []slab, odd oddities) {
	slices.SortStableFunc(contours, func(a, b polygon) int { return cmp.Compare(a.height, b.height) })
	step := math.Inf(1)
	var planes [][]polygon
	for _, d := range contours {
		n := len(planes)
		switch {
		case n == 0 || d.height-planes[n-1][0].height > samePlane:
			planes = append(planes, []polygon{d})
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
func (c *cover) fill(contours []polygon, size [3]int, region uint16) oddities {
	slabs, odd := slabsOf(contours)
	if len(slabs) == 0 {
		return odd
	}
	parts := partsOfSlabs
	if thinnest(slabs) >= 1-samePlane {
		parts, odd.off = wholeSlab, farthestMove(contours, size[2])
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

// farthestMove returns how far, in slices, contours within a grid lie from the
// nearest of its slices.
func farthestMove(contours []polygon, slices int) (off float64) {
	for _, d := range contours {
		if nearest := math.Round(d.height); nearest >= 0 && nearest < float64(slices) {
			off = max(off, math.Abs(d.height-nearest))
		}
	}
	return off
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
	contours []polygon
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
func spans(plane []polygon, j float64, columns int) [][2]int {
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
