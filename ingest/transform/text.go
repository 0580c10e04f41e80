package transform

import (
	"math"
	"regexp"
	"strings"

	"tacstream/ingest"
)

// maxNumbers bounds the numbers of a text.
const maxNumbers = 64

// numbers reads numbers that white space separates.
func numbers(text string) ([]float64, error) {
	var list []float64
	for word := range strings.FieldsSeq(text) {
		v, ok := ingest.Decimal(word)
		if !ok {
			return nil, reject("it holds something other than finite numbers")
		}
		if len(list) == maxNumbers {
			return nil, reject("it has more than %d numbers", maxNumbers)
		}
		list = append(list, v)
	}
	return list, nil
}

// withoutComments returns the lines that do not begin with #.
func withoutComments(data []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// rows makes an affine of three or four rows of four.
func rows(list []float64) (ingest.Affine, error) {
	var a ingest.Affine
	switch {
	case len(list) != 12 && len(list) != 16:
		return a, reject("it has %d numbers, which are neither three nor four rows of four", len(list))
	case len(list) == 16 && !(list[12] == 0 && list[13] == 0 && list[14] == 0 && math.Abs(list[15]-1) < 1e-4):
		return a, reject("its last row is not 0 0 0 1")
	}
	for r := range a {
		a[r] = [4]float64(list[4*r:])
	}
	return a, nil
}

// readAFNI reads one row of twelve numbers, or three of four: from the base to
// the source, in LPS.
func readAFNI(data []byte) (Transform, error) {
	list, err := numbers(withoutComments(data))
	if err != nil {
		return Transform{}, err
	}
	if len(list) != 12 {
		return Transform{}, reject("it has %d numbers; an AFNI affine of one volume has 12", len(list))
	}
	a, err := rows(list)
	if err != nil {
		return Transform{}, err
	}
	return toMovingLPS(a)
}

// readFSL reads four rows of four: from the moving image to the fixed one, in
// FSL's coordinates.
func readFSL(data []byte) (Transform, error) {
	list, err := numbers(string(data))
	if err != nil {
		return Transform{}, err
	}
	if len(list) != 16 {
		return Transform{}, reject("it has %d numbers; an FSL matrix has 16", len(list))
	}
	a, err := rows(list)
	if err == nil {
		a, err = checked(a)
	}
	return Transform{flirt: &a}, err
}

// matrixShape is the line before the only matrix of an LTA file.
var matrixShape = regexp.MustCompile(`(?m)^1[ \t]+4[ \t]+4[ \t\r]*$`)

// readLTA reads the one matrix of a FreeSurfer transform from RAS to RAS.
func readLTA(data []byte) (Transform, error) {
	ras, one := false, false
	text := withoutComments(data)
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, "#")
		switch strings.TrimSpace(name) {
		case "type":
			ras = ok && strings.TrimSpace(value) == "1"
		case "nxforms":
			one = ok && strings.TrimSpace(value) == "1"
		}
	}
	shape := matrixShape.FindStringIndex(text)
	if !ras || !one || shape == nil {
		return Transform{}, reject("it is not one FreeSurfer matrix from RAS to RAS; convert it with lta_convert --outlta or --outitk")
	}
	matrix, _, _ := strings.Cut(text[shape[1]:], "src volume")
	list, err := numbers(matrix)
	if err != nil {
		return Transform{}, err
	}
	a, err := rows(list)
	if err == nil {
		a, err = checked(a)
	}
	return Transform{world: a}, err
}
