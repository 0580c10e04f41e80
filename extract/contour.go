package extract

import (
	"math"

	"tacstream/ingest"
)

// A polygon is a contour in voxel indices of the grid that it is filled on: a
// polygon at a height.
type polygon struct {
	height float64
	points [][2]float64
}

// equals reports whether two contours of a plane are the same but for where
// they begin and which way they run: their areas, and the moments and bounds of
// these, are.
func (d polygon) equals(e polygon) bool {
	const same = 0.01 // voxels
	p, q := d.measures(), e.measures()
	for i := range p {
		if math.Abs(p[i]-q[i]) > same {
			return false
		}
	}
	return true
}

// measures returns the bounds of a contour, the root of its area, its centroid,
// and how far it leans: its product of inertia by area, over that root.
func (d polygon) measures() [8]float64 {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	var area, x, y, xy float64
	for n, p := range d.points {
		q := d.points[(n+1)%len(d.points)]
		// About the first point, so that nothing is lost far from the origin.
		px, py, qx, qy := p[0]-d.points[0][0], p[1]-d.points[0][1], q[0]-d.points[0][0], q[1]-d.points[0][1]
		cross := px*qy - qx*py
		area, x, y = area+cross/2, x+(px+qx)*cross/6, y+(py+qy)*cross/6
		xy += cross / 24 * (px*qy + 2*px*py + 2*qx*qy + qx*py)
		for a := range lo {
			lo[a], hi[a] = min(lo[a], p[a]), max(hi[a], p[a])
		}
	}
	m := [8]float64{lo[0], lo[1], hi[0], hi[1], math.Sqrt(math.Abs(area))}
	if area != 0 {
		m[5], m[6] = x/area, y/area
		m[7] = (xy/area - m[5]*m[6]) / m[4]
		m[5], m[6] = m[5]+d.points[0][0], m[6]+d.points[0][1]
	}
	return m
}

// area returns that of a contour.
func (d polygon) area() float64 {
	root := d.measures()[4]
	return root * root
}

// within returns what of a contour lies in the slices of a volume, cut at one
// edge after the other (Sutherland & Hodgman, Commun ACM 1974;17:32–42,
// doi:10.1145/360767.360802).
func (d polygon) within(size [3]int) polygon {
	for axis := range 2 {
		d.points = cutAt(d.points, axis, -0.5, 1)
		d.points = cutAt(d.points, axis, float64(size[axis])-0.5, -1)
	}
	return d
}

// cutAt returns the part of a polygon on one side of an edge.
func cutAt(points [][2]float64, axis int, edge, side float64) (kept [][2]float64) {
	for n, p := range points {
		q := points[(n+1)%len(points)]
		from, to := side*(p[axis]-edge), side*(q[axis]-edge)
		if from >= 0 {
			kept = append(kept, p)
		}
		if from >= 0 != (to >= 0) {
			t := from / (from - to)
			kept = append(kept, [2]float64{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])})
		}
	}
	return kept
}

// flatness is by how many voxels the points of a contour may differ in height
// and still lie in a slice of the grid.
const flatness = 0.1

// draw returns contours in voxel indices, and whether they are level: parallel
// to the grid's slices.
func draw(contours []ingest.Contour, toGrid ingest.Affine) (list []polygon, level bool) {
	level = true
	for _, contour := range contours {
		if len(contour) < 3 {
			continue
		}
		d := polygon{points: make([][2]float64, len(contour))}
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
func (h *portion) count(contours []polygon, size [3]int) {
	for _, d := range contours {
		whole := d.area()
		h.total += whole
		if d.height >= -0.5 && d.height <= float64(size[2])-0.5 {
			h.inside += min(d.within(size).area(), whole)
		}
	}
}
