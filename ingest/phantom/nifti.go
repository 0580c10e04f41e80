package phantom

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tacstream/ingest"
)

// NIfTI returns labels as a gzipped NIfTI-1 file of 16-bit integers whose
// sform says where the voxels are. No index may exceed 16 bits.
//
// Source: nifti1.h, https://nifti.nimh.nih.gov.
func NIfTI(labels ingest.Labels) []byte {
	h := niftiHeader(labels.Geometry)
	for _, index := range labels.Index {
		h = binary.LittleEndian.AppendUint16(h, uint16(int16(index)))
	}
	var file bytes.Buffer
	zip := gzip.NewWriter(&file)
	if _, err := zip.Write(h); err != nil {
		panic("phantom: memory cannot be written: " + err.Error())
	}
	if err := zip.Close(); err != nil {
		panic("phantom: memory cannot be written: " + err.Error())
	}
	return file.Bytes()
}

// Numbers of the format.
const (
	niftiHeaderSize = 348
	niftiDataOffset = 352 // after four bytes that say that no extension follows
	niftiInt16      = 4
	niftiMillimetre = 2
	niftiScanner    = 1 // the sform gives the scanner's axes
)

// niftiHeader returns everything before the voxels.
func niftiHeader(g ingest.Geometry) []byte {
	h := make([]byte, niftiDataOffset)
	le := binary.LittleEndian
	float := func(at int, x float64) { le.PutUint32(h[at:], math.Float32bits(float32(x))) }
	le.PutUint32(h[0:], niftiHeaderSize)
	le.PutUint16(h[40:], 3) // dim[0]: dimensions
	float(76, 1)            // pixdim[0]
	for a, n := range g.Size {
		le.PutUint16(h[42+2*a:], uint16(n))
		float(80+4*a, math.Abs(g.Affine[a][a]))
	}
	for a := 3; a < 7; a++ {
		le.PutUint16(h[42+2*a:], 1)
	}
	le.PutUint16(h[70:], niftiInt16)
	le.PutUint16(h[72:], 16) // bits per voxel
	float(108, niftiDataOffset)
	float(112, 1) // scl_slope
	h[123] = niftiMillimetre
	copy(h[148:], "synthetic regions")
	le.PutUint16(h[254:], niftiScanner)
	for r, row := range g.Affine {
		for c, x := range row {
			float(280+16*r+4*c, x)
		}
	}
	copy(h[344:], "n+1\x00")
	return h
}

// LookUpTable returns the names of labels as BIDS has them: a table of index
// and name in the order of the indices.
func LookUpTable(labels ingest.Labels) []byte {
	var b strings.Builder
	b.WriteString("index\tname\n")
	for _, i := range indices(labels) {
		fmt.Fprintf(&b, "%d\t%s\n", i, labels.Names[i])
	}
	return []byte(b.String())
}

// indices returns the indices of the labels in rising order.
func indices(l ingest.Labels) []int32 { return slices.Sorted(maps.Keys(l.Names)) }
