package nifti

import (
	"encoding/binary"
	"math"
)

// The data types that labels are kept in, by their codes in nifti1.h.
const (
	typeUint8   = 2
	typeInt16   = 4
	typeInt32   = 8
	typeFloat32 = 16
	typeFloat64 = 64
	typeInt8    = 256
	typeUint16  = 512
	typeUint32  = 768
	typeInt64   = 1024
	typeUint64  = 1280
)

// decoder returns the width of a data type in bytes and what reads one value
// from the beginning of a slice. The width of an unknown type is 0. Integers
// beyond 53 bits lose their last digits: they are no labels.
func decoder(datatype int, order binary.ByteOrder) (width int, value func(b []byte) float64) {
	switch datatype {
	case typeUint8:
		return 1, func(b []byte) float64 { return float64(b[0]) }
	case typeInt8:
		return 1, func(b []byte) float64 { return float64(int8(b[0])) }
	case typeUint16:
		return 2, func(b []byte) float64 { return float64(order.Uint16(b)) }
	case typeInt16:
		return 2, func(b []byte) float64 { return float64(int16(order.Uint16(b))) }
	case typeUint32:
		return 4, func(b []byte) float64 { return float64(order.Uint32(b)) }
	case typeInt32:
		return 4, func(b []byte) float64 { return float64(int32(order.Uint32(b))) }
	case typeFloat32:
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }
	case typeUint64:
		return 8, func(b []byte) float64 { return float64(order.Uint64(b)) }
	case typeInt64:
		return 8, func(b []byte) float64 { return float64(int64(order.Uint64(b))) }
	case typeFloat64:
		return 8, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }
	}
	return 0, nil
}
