package transform

import (
	"math"

	"tacstream/ingest"
)

// maxMM bounds every number of a transform, in mm where it has a unit.
const maxMM = 1e5

// Volumes may shrink or grow by this much at most: more is no registration of
// one body.
const (
	smallest = 1e-3
	largest  = 1e3
)

// A Transform brings the space of one image to that of another.
type Transform struct {
	// world maps RAS+ mm of the moving image to RAS+ mm of the fixed one. It
	// is not set where flirt is.
	world ingest.Affine
	// flirt maps FSL's coordinates of the moving image to those of the fixed
	// one.
	flirt *ingest.Affine
}

// reject says why a transform cannot serve.
func reject(format string, args ...any) error {
	return ingest.Reject(ingest.CodeRegionsUnreadable, "transform: "+format, args...)
}

// checked returns a if it can be a registration.
func checked(a ingest.Affine) (ingest.Affine, error) {
	for _, row := range a {
		for _, x := range row {
			if !(math.Abs(x) <= maxMM) {
				return a, reject("it has a number that is not finite or is beyond %g", float64(maxMM))
			}
		}
	}
	if d := math.Abs(a.Determinant()); !(d >= smallest && d <= largest) {
		return a, reject("it changes volumes by a factor of %.3g, which no registration does", d)
	}
	return a, nil
}

// fromLPS turns an affine between LPS coordinates into one between RAS+.
func fromLPS(a ingest.Affine) ingest.Affine {
	for r := range a {
		for c := range a[r] {
			if (r < 2) != (c < 2) {
				a[r][c] = -a[r][c]
			}
		}
	}
	return a
}

// compose returns the affine that does b first and then a.
func compose(a, b ingest.Affine) ingest.Affine {
	var ab ingest.Affine
	for r := range 3 {
		for c := range 4 {
			for k := range 3 {
				ab[r][c] += a[r][k] * b[k][c]
			}
		}
		ab[r][3] += a[r][3]
	}
	return ab
}

// toMovingLPS returns the transform that maps points of the fixed image to points of the
// moving one, in LPS.
func toMovingLPS(a ingest.Affine) (Transform, error) {
	a, err := checked(a)
	if err != nil {
		return Transform{}, err
	}
	inverse, err := fromLPS(a).Inverse()
	return Transform{world: inverse}, err
}
