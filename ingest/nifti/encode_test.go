package nifti_test

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/gzip"
)

// A file describes a NIfTI file to be written. It is written field by field
// from the offsets in nifti1.h and nifti2.h, apart from the reader.
type file struct {
	version  int // 1 or 2
	order    binary.AppendByteOrder
	dim      []int64 // without dim[0]
	dims     int64   // dim[0]; 0 means as many as dim has
	datatype int16
	offset   float64 // 0 means right behind the header
	slope    float64
	inter    float64
	unit     byte
	qfac     float64
	sides    [3]float64
	qcode    int16
	scode    int16
	quatern  [3]float64
	qoffset  [3]float64
	srow     [3][4]float64
	voxels   []byte
}

// aFile returns a file of 3 × 2 × 2 voxels of 16 bits that hold 0 to 11.
func aFile() file {
	return file{
		version: 1, order: binary.LittleEndian, dim: []int64{3, 2, 2}, datatype: 4, qfac: 1, sides: [3]float64{2, 3, 4}, unit: 2,
		scode: 1, srow: [3][4]float64{{-2, 0, 0, 10}, {0, 3, 0, 20}, {0, 0, 4, 30}},
		voxels: counting(12, func(b []byte, i int) []byte { return binary.LittleEndian.AppendUint16(b, uint16(i)) }),
	}
}

// counting returns n voxels as add appends them.
func counting(n int, add func(b []byte, i int) []byte) []byte {
	var b []byte
	for i := range n {
		b = add(b, i)
	}
	return b
}

func (f file) bytes() []byte {
	var b []byte
	if f.version == 1 {
		b = f.header1()
	} else {
		b = f.header2()
	}
	b = append(b, 0, 0, 0, 0)
	for f.offset > float64(len(b)) {
		b = append(b, 0xee)
	}
	return append(b, f.voxels...)
}

func (f file) gzip() []byte { return zipped(f.bytes()) }

func zipped(plain []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(plain)
	z.Close()
	return b.Bytes()
}

// A pen writes numbers at offsets.
type pen struct {
	b     []byte
	order binary.AppendByteOrder
}

func (p pen) put(at int, part []byte) { copy(p.b[at:], part) }

func (p pen) i16(at int, v int64) { p.put(at, p.order.AppendUint16(nil, uint16(v))) }
func (p pen) i32(at int, v int64) { p.put(at, p.order.AppendUint32(nil, uint32(v))) }
func (p pen) i64(at int, v int64) { p.put(at, p.order.AppendUint64(nil, uint64(v))) }
func (p pen) f32(at int, v float64) {
	p.put(at, p.order.AppendUint32(nil, math.Float32bits(float32(v))))
}
func (p pen) f64(at int, v float64) { p.put(at, p.order.AppendUint64(nil, math.Float64bits(v))) }

func (f file) allDims() [8]int64 {
	d := [8]int64{f.dims, 1, 1, 1, 1, 1, 1, 1}
	if f.dims == 0 {
		d[0] = int64(len(f.dim))
	}
	copy(d[1:], f.dim)
	return d
}

func (f file) header1() []byte {
	p := pen{make([]byte, 348), f.order}
	p.i32(0, 348)
	for i, n := range f.allDims() {
		p.i16(40+2*i, n)
	}
	p.i16(70, int64(f.datatype))
	p.f32(76, f.qfac)
	p.f32(108, f.offset)
	p.f32(112, f.slope)
	p.f32(116, f.inter)
	p.b[123] = f.unit
	p.i16(252, int64(f.qcode))
	p.i16(254, int64(f.scode))
	for i := range 3 {
		p.f32(80+4*i, f.sides[i])
		p.f32(256+4*i, f.quatern[i])
		p.f32(268+4*i, f.qoffset[i])
		for c := range 4 {
			p.f32(280+16*i+4*c, f.srow[i][c])
		}
	}
	p.put(344, []byte("n+1\x00"))
	return p.b
}

func (f file) header2() []byte {
	p := pen{make([]byte, 540), f.order}
	p.i32(0, 540)
	p.put(4, []byte("n+2\x00\r\n\x1a\n"))
	p.i16(12, int64(f.datatype))
	for i, n := range f.allDims() {
		p.i64(16+8*i, n)
	}
	p.f64(104, f.qfac)
	p.i64(168, int64(f.offset))
	p.f64(176, f.slope)
	p.f64(184, f.inter)
	p.i32(344, int64(f.qcode))
	p.i32(348, int64(f.scode))
	for i := range 3 {
		p.f64(112+8*i, f.sides[i])
		p.f64(352+8*i, f.quatern[i])
		p.f64(376+8*i, f.qoffset[i])
		for c := range 4 {
			p.f64(400+32*i+8*c, f.srow[i][c])
		}
	}
	p.i32(500, int64(f.unit))
	return p.b
}
