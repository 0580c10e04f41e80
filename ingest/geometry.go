package ingest

// A Vec is a point or direction in millimetres on RAS+ axes.
type Vec [3]float64

// An Affine maps voxel indices (column i, row j, slice k, all from 0, voxel
// centres at whole numbers) to RAS+ millimetres:
//
//	p[r] = a[r][0] i + a[r][1] j + a[r][2] k + a[r][3]
type Affine [3][4]float64

// A Geometry says where the voxels of a volume are.
type Geometry struct {
	Size   [3]int // columns, rows, slices
	Affine Affine
}

// Voxels returns the number of voxels.
func (g Geometry) Voxels() int { return g.Size[0] * g.Size[1] * g.Size[2] }

// Apply returns the position of the voxel index (i, j, k), which need not be
// whole.
func (a Affine) Apply(i, j, k float64) Vec {
	var p Vec
	for r := range p {
		p[r] = a[r][0]*i + a[r][1]*j + a[r][2]*k + a[r][3]
	}
	return p
}

// Determinant returns the signed volume of one voxel in mm³.
func (a Affine) Determinant() float64 {
	return a[0][0]*(a[1][1]*a[2][2]-a[1][2]*a[2][1]) -
		a[0][1]*(a[1][0]*a[2][2]-a[1][2]*a[2][0]) +
		a[0][2]*(a[1][0]*a[2][1]-a[1][1]*a[2][0])
}

// Inverse returns the map from RAS+ millimetres to voxel indices. A flat
// volume is ErrGeometry.
func (a Affine) Inverse() (Affine, error) {
	d := a.Determinant()
	if !(d > 1e-12 || d < -1e-12) {
		return Affine{}, ErrGeometry.With("voxels without volume")
	}
	var inv Affine
	for r := range 3 {
		for c := range 3 {
			// The cofactor of a[c][r]; cyclic indices carry the sign.
			c1, c2, r1, r2 := (c+1)%3, (c+2)%3, (r+1)%3, (r+2)%3
			inv[r][c] = (a[c1][r1]*a[c2][r2] - a[c1][r2]*a[c2][r1]) / d
		}
	}
	for r := range 3 {
		for c := range 3 {
			inv[r][3] -= inv[r][c] * a[c][3]
		}
	}
	return inv, nil
}
