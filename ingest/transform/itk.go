package transform

import (
	"math"
	"strings"

	"tacstream/ingest"
)

// An itk is one transform as ITK keeps it, in text or in a MATLAB file.
type itk struct {
	kind       string // such as AffineTransform_double_3_3
	parameters []float64
	fixed      []float64
}

// readITK reads the text format: a line for the kind, one for the parameters
// and one for the fixed parameters.
func readITK(data []byte) (Transform, error) {
	var found itk
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(line, ":")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		var err error
		switch strings.TrimSpace(name) {
		case "Transform":
			if found.kind != "" {
				return Transform{}, reject("the file holds several transforms; join them into one affine")
			}
			found.kind = strings.TrimSpace(value)
		case "Parameters":
			found.parameters, err = numbers(value)
		case "FixedParameters":
			found.fixed, err = numbers(value)
		}
		if err != nil {
			return Transform{}, err
		}
	}
	return found.transform()
}

// transform returns the map that the parameters describe,
//
//	y = A(x − c) + t + c
//
// from the fixed to the moving image in LPS.
func (k itk) transform() (Transform, error) {
	kind, _, _ := strings.Cut(k.kind, "_")
	if !strings.HasSuffix(k.kind, "_3_3") {
		return Transform{}, reject("the ITK transform is not from three to three dimensions")
	}
	p, want := k.parameters, map[string]int{
		"AffineTransform": 12, "MatrixOffsetTransformBase": 12, "Rigid3DTransform": 12,
		"Euler3DTransform": 6, "VersorRigid3DTransform": 6, "Similarity3DTransform": 7, "TranslationTransform": 3,
	}[kind]
	if want == 0 {
		return Transform{}, reject("the ITK transform has a kind that is not supported; write it as an AffineTransform")
	}
	if len(p) != want {
		return Transform{}, reject("the ITK transform has %d parameters instead of %d", len(p), want)
	}
	var a ingest.Affine
	switch kind {
	case "Euler3DTransform":
		a = euler(p, len(k.fixed) > 3 && k.fixed[3] != 0)
	case "VersorRigid3DTransform":
		a = versor(p, 1)
	case "Similarity3DTransform":
		a = versor(p, p[6])
	case "TranslationTransform":
		a = ingest.Affine{{1, 0, 0, p[0]}, {0, 1, 0, p[1]}, {0, 0, 1, p[2]}}
	default:
		for r := range 3 {
			a[r] = [4]float64{p[3*r], p[3*r+1], p[3*r+2], p[9+r]}
		}
	}
	return toMovingLPS(k.about(a))
}

// about adds the centre of rotation: what A does not do to it is added to the
// offset.
func (k itk) about(a ingest.Affine) ingest.Affine {
	if len(k.fixed) < 3 {
		return a
	}
	for r := range 3 {
		a[r][3] += k.fixed[r]
		for c := range 3 {
			a[r][3] -= a[r][c] * k.fixed[c]
		}
	}
	return a
}

// euler returns the rotation by three angles in radians, and a translation.
// ITK turns about y first, then x, then z, or about x, y and z in this order
// where the file says so.
func euler(p []float64, zyx bool) ingest.Affine {
	sx, cx := math.Sincos(p[0])
	sy, cy := math.Sincos(p[1])
	sz, cz := math.Sincos(p[2])
	x := ingest.Affine{{1}, {0, cx, -sx}, {0, sx, cx}}
	y := ingest.Affine{{cy, 0, sy}, {0, 1}, {-sy, 0, cy}}
	z := ingest.Affine{{cz, -sz}, {sz, cz}, {0, 0, 1}}
	a := compose(z, compose(x, y))
	if zyx {
		a = compose(z, compose(y, x))
	}
	for r := range 3 {
		a[r][3] = p[3+r]
	}
	return a
}

// versor returns the rotation by a unit quaternion of which the first three
// parameters are the vector part, times a scale, and a translation.
func versor(p []float64, scale float64) ingest.Affine {
	x, y, z := p[0], p[1], p[2]
	w := math.Sqrt(max(0, 1-x*x-y*y-z*z))
	return ingest.Affine{
		{scale * (1 - 2*(y*y+z*z)), scale * 2 * (x*y - z*w), scale * 2 * (x*z + y*w), p[3]},
		{scale * 2 * (x*y + z*w), scale * (1 - 2*(x*x+z*z)), scale * 2 * (y*z - x*w), p[4]},
		{scale * 2 * (x*z - y*w), scale * 2 * (y*z + x*w), scale * (1 - 2*(x*x+y*y)), p[5]},
	}
}
