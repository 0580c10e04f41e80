package nifti

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"tacstream/ingest"
)

// Sizes of the two headers. Four bytes that announce extensions follow each
// of them in a file of its own.
const (
	size1      = 348
	size2      = 540
	extensions = 4
)

// maxVolumes bounds the volumes of an image.
const maxVolumes = 1 << 12

// maxOffset bounds what may lie before the voxels, in bytes.
const maxOffset = 16 << 20

// A header holds the facts that an image of regions needs.
type header struct {
	order    binary.ByteOrder
	length   int64 // of the header itself, in bytes
	offset   int64 // of the first voxel, in bytes
	size     [3]int
	volumes  int
	datatype int
	slope    float64
	inter    float64
	pixdim   [4]float64 // qfac, then the voxel's sides
	mm       float64    // one spatial unit of the file, in mm
	qcode    int
	scode    int
	quatern  [3]float64
	qoffset  [3]float64
	srow     [3][4]float64
}

// readHeader reads the header and leaves r right behind it.
func readHeader(r io.Reader, maxVoxels int) (header, error) {
	head := make([]byte, size1, size2)
	if _, err := io.ReadFull(r, head); err != nil {
		return header{}, reject("it is shorter than a NIfTI header")
	}
	order, size := sniff(head)
	switch size {
	case size1:
		return parse1(head, order, maxVoxels)
	case size2:
		head = head[:size2]
		if _, err := io.ReadFull(r, head[size1:]); err != nil {
			return header{}, reject("it is shorter than a NIfTI-2 header")
		}
		return parse2(head, order, maxVoxels)
	}
	return header{}, reject("it is not a NIfTI file")
}

// sniff tells version and byte order by the first number, the header's size.
func sniff(head []byte) (binary.ByteOrder, uint32) {
	if n := binary.BigEndian.Uint32(head); n == size1 || n == size2 {
		return binary.BigEndian, n
	}
	return binary.LittleEndian, binary.LittleEndian.Uint32(head)
}

// parse1 reads a header of NIfTI-1.
func parse1(b []byte, order binary.ByteOrder, maxVoxels int) (header, error) {
	if !bytes.Equal(b[344:348], []byte("n+1\x00")) {
		return header{}, reject("it is a NIfTI-1 header whose voxels are in another file; write a single .nii")
	}
	f := fields{b, order}
	h := header{
		order: order, length: size1,
		datatype: f.int16(70),
		slope:    f.float32(112), inter: f.float32(116),
		mm:    millimetres(int(b[123])),
		qcode: f.int16(252), scode: f.int16(254),
	}
	for i := range h.pixdim {
		h.pixdim[i] = f.float32(76 + 4*i)
	}
	for i := range 3 {
		h.quatern[i], h.qoffset[i] = f.float32(256+4*i), f.float32(268+4*i)
		for c := range 4 {
			h.srow[i][c] = f.float32(280 + 16*i + 4*c)
		}
	}
	var dim [8]int64
	for i := range dim {
		dim[i] = int64(f.int16(40 + 2*i))
	}
	return h, h.check(dim, f.float32(108), maxVoxels)
}

// parse2 reads a header of NIfTI-2.
func parse2(b []byte, order binary.ByteOrder, maxVoxels int) (header, error) {
	if !bytes.Equal(b[4:12], []byte("n+2\x00\r\n\x1a\n")) {
		return header{}, reject("it is a NIfTI-2 header whose voxels are in another file; write a single .nii")
	}
	f := fields{b, order}
	h := header{
		order: order, length: size2,
		datatype: f.int16(12),
		slope:    f.float64(176), inter: f.float64(184),
		mm:    millimetres(f.int32(500)),
		qcode: f.int32(344), scode: f.int32(348),
	}
	for i := range h.pixdim {
		h.pixdim[i] = f.float64(104 + 8*i)
	}
	for i := range 3 {
		h.quatern[i], h.qoffset[i] = f.float64(352+8*i), f.float64(376+8*i)
		for c := range 4 {
			h.srow[i][c] = f.float64(400 + 32*i + 8*c)
		}
	}
	var dim [8]int64
	for i := range dim {
		dim[i] = f.int64(16 + 8*i)
	}
	return h, h.check(dim, float64(f.int64(168)), maxVoxels)
}

// check takes the size and the offset over once they are known to be sane.
func (h *header) check(dim [8]int64, offset float64, maxVoxels int) error {
	if offset == 0 { // left out, by some writers
		offset = float64(h.length + extensions)
	}
	if !(offset >= float64(h.length+extensions) && offset <= maxOffset) {
		return reject("its voxels start at an impossible place in the file")
	}
	h.offset = int64(offset)
	if dim[0] < 1 || dim[0] > 7 {
		return reject("it has %d dimensions", dim[0])
	}
	h.size, h.volumes = [3]int{1, 1, 1}, 1
	voxels := int64(1)
	for i, n := range dim[1 : dim[0]+1] {
		switch {
		case i < 3 && n < 1:
			return reject("it has a dimension of %d voxels", n)
		case i < 3 && n > int64(maxVoxels)/voxels:
			return reject("it has more than %d voxels", maxVoxels)
		case i < 3:
			voxels *= n
			h.size[i] = int(n)
		case n > 1 && (h.volumes > 1 || n > maxVolumes):
			return reject("it has more than %d volumes, or volumes along more than one dimension", maxVolumes)
		case n > 1:
			h.volumes = int(n)
		}
	}
	return nil
}

// millimetres returns the spatial unit that the lowest three bits of
// xyzt_units name. Where they name none it is taken for a millimetre.
func millimetres(xyzt int) float64 {
	switch xyzt & 7 {
	case 1: // metre
		return 1000
	case 3: // micrometre
		return 0.001
	}
	return 1
}

// fields reads numbers at byte offsets of a header.
type fields struct {
	b     []byte
	order binary.ByteOrder
}

func (f fields) int16(at int) int   { return int(int16(f.order.Uint16(f.b[at:]))) }
func (f fields) int32(at int) int   { return int(int32(f.order.Uint32(f.b[at:]))) }
func (f fields) int64(at int) int64 { return int64(f.order.Uint64(f.b[at:])) }

func (f fields) float32(at int) float64 {
	return float64(math.Float32frombits(f.order.Uint32(f.b[at:])))
}

func (f fields) float64(at int) float64 { return math.Float64frombits(f.order.Uint64(f.b[at:])) }

// reject says why a file cannot serve as a label image.
func reject(format string, args ...any) error {
	return ingest.Reject(ingest.CodeRegionsUnreadable, "label image: "+format, args...)
}
