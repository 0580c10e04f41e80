package nifti

import (
	"math"

	"tacstream/ingest"
)

// maxMM bounds every number of an affine, in mm.
const maxMM = 1e6

// farthest is by how many voxels sform and qform may disagree anywhere in the
// volume before that is worth a warning.
const farthest = 0.5

// affine returns where the voxels are: the sform where its code is set, else
// the qform, else the voxel's sides alone, with a warning. A warning also
// says that sform and qform disagree.
func (h header) affine() (ingest.Affine, []ingest.Warning, error) {
	var a ingest.Affine
	var warnings []ingest.Warning
	switch {
	case h.scode > 0:
		a = h.scaled(h.srow)
		warnings = h.compare(a)
	case h.qcode > 0:
		a = h.scaled(h.qform())
	default:
		a = h.scaled([3][4]float64{{h.pixdim[1]}, {0, h.pixdim[2]}, {0, 0, h.pixdim[3]}})
		warnings = []ingest.Warning{ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, 0, 1,
			"The label image has neither sform nor qform: its position is a guess.")}
	}
	for _, row := range a {
		for _, x := range row {
			if !(math.Abs(x) <= maxMM) {
				return a, nil, reject("its voxels have impossible positions")
			}
		}
	}
	if _, err := a.Inverse(); err != nil {
		return a, nil, reject("its voxels have no volume")
	}
	return a, warnings, nil
}

// standard names the standard space in which the image says it lies, "" for
// one of a person's own.
func (h header) standard() string {
	code := h.scode
	if code <= 0 {
		code = h.qcode
	}
	switch code {
	case 3:
		return "Talairach"
	case 4:
		return "MNI152"
	}
	return ""
}

// scaled turns the file's unit into millimetres.
func (h header) scaled(rows [3][4]float64) ingest.Affine {
	for r := range rows {
		for c := range rows[r] {
			rows[r][c] *= h.mm
		}
	}
	return rows
}

// qform returns the affine that a quaternion, the voxel's sides and an offset
// describe. With a² = 1 − b² − c² − d² the rotation is
//
//	a²+b²−c²−d²   2bc−2ad       2bd+2ac
//	2bc+2ad       a²+c²−b²−d²   2cd−2ab
//	2bd−2ac       2cd+2ab       a²+d²−c²−b²
//
// and its third column changes sign where qfac, pixdim[0], is negative.
//
// Source: nifti1.h, "method 2", https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h.
func (h header) qform() [3][4]float64 {
	b, c, d := h.quatern[0], h.quatern[1], h.quatern[2]
	a2 := 1 - b*b - c*c - d*d
	if a2 < 0 { // rounding: half a turn
		n := math.Sqrt(b*b + c*c + d*d)
		a2, b, c, d = 0, b/n, c/n, d/n
	}
	a := math.Sqrt(a2)
	rows := [3][4]float64{
		{a2 + b*b - c*c - d*d, 2 * (b*c - a*d), 2 * (b*d + a*c), h.qoffset[0]},
		{2 * (b*c + a*d), a2 + c*c - b*b - d*d, 2 * (c*d - a*b), h.qoffset[1]},
		{2 * (b*d - a*c), 2 * (c*d + a*b), a2 + d*d - c*c - b*b, h.qoffset[2]},
	}
	sides := [3]float64{math.Abs(h.pixdim[1]), math.Abs(h.pixdim[2]), math.Abs(h.pixdim[3])}
	if h.pixdim[0] < 0 {
		sides[2] = -sides[2]
	}
	for r := range rows {
		for k, side := range sides {
			rows[r][k] *= side
		}
	}
	return rows
}

// compare warns where the qform puts a corner of the volume elsewhere than
// the sform s does.
func (h header) compare(s ingest.Affine) []ingest.Warning {
	if h.qcode <= 0 {
		return nil
	}
	q := h.scaled(h.qform())
	side := math.Cbrt(math.Abs(s.Determinant()))
	worst := 0.0
	for corner := range 8 {
		var at [3]float64
		for axis := range at {
			at[axis] = float64(corner >> axis & 1 * (h.size[axis] - 1))
		}
		p, o := s.Apply(at[0], at[1], at[2]), q.Apply(at[0], at[1], at[2])
		worst = max(worst, math.Hypot(math.Hypot(p[0]-o[0], p[1]-o[1]), p[2]-o[2]))
	}
	if !(worst > farthest*side) || math.IsInf(worst, 0) {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, worst, farthest*side,
		"The sform (code %d, used) and the qform (code %d) of the label image lie %.3g mm apart, more than %.3g mm.", h.scode, h.qcode, worst, farthest*side)}
}
