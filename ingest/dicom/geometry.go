package dicom

import (
	"math"

	"tacstream/ingest"
)

// skew is by how much the two directions of an image plane may be off unit
// length and a right angle: headers round them.
const skew = 0.01

// Slices are evenly spaced if none is off its place by more than a hundredth
// of the spacing or by offPlaceMM, whichever is more: positions in tenths of a
// millimetre along three axes are up to 0.087 mm off.
const (
	offPlace   = 0.01
	offPlaceMM = 0.09
)

// Normal returns the normal of the image plane in LPS, the cross product of
// the row direction (the first three numbers of ImageOrientationPatient) and
// the column direction.
func Normal(orientation [6]float64) [3]float64 {
	o := orientation
	return [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
}

// Along returns the signed distance, in mm, of a position from the origin
// along the normal of the image plane. Slices are in order along it.
func Along(orientation [6]float64, position [3]float64) float64 {
	return dot(Normal(orientation), position)
}

// Geometry returns where the voxels of a series are, on RAS+ axes. The column
// index i runs along ImageOrientationPatient's first direction in steps of the
// second PixelSpacing, the row index j along its second direction in steps of
// the first, and the slice index k along the positions, which are
// ImagePositionPatient in order along the normal. A single slice is as thick
// as SliceThickness.
//
// The standard defines positions by PS3.3, C.7.6.2.1.1, equation C.7.6.2.1-1,
// in LPS: x and y change sign once, here.
//
// Slices that are not evenly spaced are rejected.
func Geometry(h ingest.Header, positions [][3]float64) (ingest.Geometry, error) {
	s := h.Strict
	if len(positions) == 0 || s.Rows <= 0 || s.Columns <= 0 || !orthonormal(s.Orientation) || !positive(s.PixelSpacing[:]) {
		return ingest.Geometry{}, ingest.Reject(ingest.CodeGeometry, "the image plane has no direction, size or spacing")
	}
	step, err := sliceStep(s.Orientation, positions, h.Soft.SliceThickness)
	if err != nil {
		return ingest.Geometry{}, err
	}
	g := ingest.Geometry{Size: [3]int{s.Columns, s.Rows, len(positions)}}
	for r, sign := range [...]float64{-1, -1, 1} {
		g.Affine[r] = [4]float64{
			sign * s.Orientation[r] * s.PixelSpacing[1],
			sign * s.Orientation[r+3] * s.PixelSpacing[0],
			sign * step[r],
			sign * positions[0][r],
		}
	}
	return g, nil
}

// sliceStep returns the vector from one slice to the next.
func sliceStep(orientation [6]float64, positions [][3]float64, thickness float64) (step [3]float64, err error) {
	normal, n := Normal(orientation), float64(len(positions)-1)
	if n == 0 {
		if !positive([]float64{thickness}) {
			return step, ingest.Reject(ingest.CodeGeometry, "the only slice has no SliceThickness")
		}
		return scaled(normal, thickness), nil
	}
	step = scaled(minus(positions[len(positions)-1], positions[0]), 1/n)
	spacing := dot(normal, step)
	if !positive([]float64{spacing}) {
		return step, ingest.Reject(ingest.CodeGeometry, "the slices are not in order along their normal")
	}
	tolerance := max(offPlace*spacing, offPlaceMM)
	for k, p := range positions {
		off := minus(minus(p, positions[0]), scaled(step, float64(k)))
		if d := math.Sqrt(dot(off, off)); !(d <= tolerance) {
			return step, ingest.Reject(ingest.CodeGeometry, "slice %d of %d is %.2f mm off an even spacing of %.2f mm", k+1, len(positions), d, spacing)
		}
	}
	return step, nil
}

// orthonormal reports whether an orientation is two unit vectors at a right
// angle.
func orthonormal(o [6]float64) bool {
	u, v := [3]float64(o[:3]), [3]float64(o[3:])
	return math.Abs(dot(u, u)-1) <= 2*skew && math.Abs(dot(v, v)-1) <= 2*skew && math.Abs(dot(u, v)) <= skew
}

func positive(v []float64) bool {
	for _, x := range v {
		if !(x > 0) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func minus(a, b [3]float64) [3]float64 {
	return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
}

func scaled(a [3]float64, f float64) [3]float64 { return [3]float64{a[0] * f, a[1] * f, a[2] * f} }
