package transform

import (
	"encoding/binary"
	"math"
)

// maxElements bounds the numbers of a variable of a MATLAB file.
const maxElements = 64

// readMATLAB reads a MATLAB 4 file as ITK and ANTs write it: the variable of
// the parameters bears the name of the kind, that of the fixed parameters is
// called "fixed".
//
// A variable is five numbers of 32 bits (type, rows, columns, whether it is
// complex, length of the name), the name with a zero behind it, and the values
// (MATLAB, "MAT-File Format", appendix "Level 4 MAT-Files").
func readMATLAB(data []byte) (Transform, error) {
	var found itk
	for len(data) > 0 {
		name, values, rest, err := variable(data)
		if err != nil {
			return Transform{}, err
		}
		data = rest
		switch {
		case name == "fixed":
			found.fixed = values
		case found.kind == "":
			found.kind, found.parameters = name, values
		default:
			return Transform{}, reject("the file holds several transforms; join them into one affine")
		}
	}
	return found.transform()
}

// variable reads one variable and returns what follows it.
func variable(data []byte) (name string, values []float64, rest []byte, err error) {
	const head = 20
	if len(data) < head {
		return "", nil, nil, reject("the MATLAB file ends within a variable")
	}
	var order binary.ByteOrder = binary.LittleEndian
	kind := order.Uint32(data)
	if kind > 9999 {
		order = binary.BigEndian
		kind = order.Uint32(data) - 1000 // the thousands say big endian
	}
	rows, columns, length := order.Uint32(data[4:]), order.Uint32(data[8:]), order.Uint32(data[16:])
	width := map[uint32]int{0: 8, 10: 4}[kind] // full matrices of doubles and of floats
	switch {
	case width == 0 || order.Uint32(data[12:]) != 0:
		return "", nil, nil, reject("it is not a MATLAB 4 file of real numbers")
	case rows > maxElements || columns > maxElements || rows*columns > maxElements || length < 1 || length > 256:
		return "", nil, nil, reject("a MATLAB variable is too large for a transform")
	}
	n, end := int(rows*columns), head+int(length)
	if len(data) < end+n*width {
		return "", nil, nil, reject("the MATLAB file ends within a variable")
	}
	values = make([]float64, n)
	for i := range values {
		if at := data[end+i*width:]; width == 8 {
			values[i] = math.Float64frombits(order.Uint64(at))
		} else {
			values[i] = float64(math.Float32frombits(order.Uint32(at)))
		}
	}
	return string(data[head : end-1]), values, data[end+n*width:], nil
}
