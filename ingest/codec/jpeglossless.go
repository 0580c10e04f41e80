package codec

import (
	"encoding/binary"

	"tacstream/ingest"
)

const losslessName = "JPEG Lossless"

// A jpegLosslessDecoder decodes grey images of JPEG's lossless process with
// Huffman coding (process 14): any predictor, point transform and restart
// interval.
//
// Source: ITU-T T.81 | ISO/IEC 10918-1, annex H.
type jpegLosslessDecoder struct {
	tables   [4]huffman
	previous []uint16 // the row above
	current  []uint16
}

// A losslessScan is what the headers say of the image's one scan.
type losslessScan struct {
	table     *huffman
	precision int
	predictor byte
	shift     byte // the point transform
	interval  int  // rows between restart markers, 0 for none
}

func (d *jpegLosslessDecoder) decode(dst, frame []byte, p Params) ([]byte, error) {
	if err := p.checkGrey(losslessName); err != nil {
		return nil, err
	}
	r, err := beginJPEG(losslessName, frame)
	if err != nil {
		return nil, err
	}
	scan, err := d.readHeaders(&r, p)
	if err != nil {
		return nil, err
	}
	// A sample takes one bit at the least, so a short frame claims no memory.
	if (len(frame)-r.at)*8 < p.Rows*p.Columns {
		return nil, r.endsEarly()
	}
	out := grow(dst, p.size())
	if err := d.decodeScan(out, &r, scan, p); err != nil {
		return nil, err
	}
	return out, nil
}

// readHeaders reads everything before the scan's data.
func (d *jpegLosslessDecoder) readHeaders(r *jpegReader, p Params) (losslessScan, error) {
	var s losslessScan
	var component byte
	samples := 0 // between restart markers
	for i := range d.tables {
		d.tables[i].defined = false
	}
	for {
		marker, segment, err := r.next()
		if err != nil {
			return s, err
		}
		switch {
		case marker == markerDHT:
			err = d.readTables(r, segment)
		case marker == markerDRI && len(segment) == 2:
			samples = int(binary.BigEndian.Uint16(segment))
		case marker == markerSOF3:
			s.precision, component, err = r.frameHeader(segment, p)
		case marker == markerSOS:
			if err := d.readScan(r, segment, component, &s); err != nil {
				return s, err
			}
			s.interval = samples / p.Columns
			if samples%p.Columns != 0 {
				return s, r.malformed("a restart interval of %d samples is no number of rows", samples)
			}
			return s, nil
		case marker > markerDHT && marker < markerRST0:
			err = ingest.Reject(ingest.CodeSyntax, "%s: the image is coded by another process of JPEG (marker %x)", r.name, marker)
		case marker < markerDHT:
			err = ingest.Reject(ingest.CodeSyntax, "%s: the image is coded by another process of JPEG (marker %x)", r.name, marker)
		}
		if err != nil {
			return s, err
		}
	}
}

// readScan reads the scan header, which the frame header must precede.
func (d *jpegLosslessDecoder) readScan(r *jpegReader, segment []byte, component byte, s *losslessScan) error {
	if s.precision == 0 {
		return r.malformed("the scan has no frame header")
	}
	table, rest, err := r.scanHeader(segment, component)
	if err != nil {
		return err
	}
	s.predictor, s.shift = rest[0], rest[2]&15
	if s.predictor < 1 || s.predictor > 7 {
		return r.malformed("predictor %d", s.predictor)
	}
	if int(s.shift) >= s.precision {
		return r.malformed("a point transform of %d in samples of %d bits", s.shift, s.precision)
	}
	if table>>4 > 3 || !d.tables[table>>4].defined {
		return r.malformed("the scan has no Huffman table")
	}
	s.table = &d.tables[table>>4]
	return nil
}

// readTables reads a DHT segment: any number of tables.
func (d *jpegLosslessDecoder) readTables(r *jpegReader, segment []byte) error {
	for len(segment) > 0 {
		if len(segment) < 17 {
			return r.malformed("a Huffman table is cut short")
		}
		total := 0
		for _, n := range segment[1:17] {
			total += int(n)
		}
		if total > 256 || len(segment) < 17+total {
			return r.malformed("a Huffman table is cut short")
		}
		// A table of class 1 is for other processes.
		if slot := segment[0]; slot < 4 && !d.tables[slot].define([16]byte(segment[1:17]), segment[17:17+total]) {
			return r.malformed("a Huffman table that is no prefix code of 0 to 16")
		}
		segment = segment[17+total:]
	}
	return nil
}

// decodeScan fills out row by row.
func (d *jpegLosslessDecoder) decodeScan(out []byte, r *jpegReader, s losslessScan, p Params) error {
	d.current, d.previous = growRow(d.current, p.Columns), growRow(d.previous, p.Columns)
	bits := huffmanBits{data: r.data, at: r.at}
	first := uint16(1) << (s.precision - int(s.shift) - 1)
	stride := p.Columns * p.BitsAllocated / 8
	for y := range p.Rows {
		start := y == 0
		if s.interval > 0 && y > 0 && y%s.interval == 0 {
			at, err := r.restart(bits.at, y/s.interval-1)
			if err != nil {
				return err
			}
			bits = huffmanBits{data: r.data, at: at}
			start = true
		}
		if !s.table.differences(&bits, d.current) {
			return r.malformed("a code that no Huffman table has")
		}
		if bits.spent() {
			return r.endsEarly()
		}
		switch {
		case start:
			sumRow(d.current, first)
		default:
			predictRow(d.current, d.previous, s.predictor)
		}
		storeRow(out[y*stride:(y+1)*stride], d.current, s.shift)
		d.current, d.previous = d.previous, d.current
	}
	return nil
}

// growRow returns a row of n samples, the old one where it suffices.
func growRow(row []uint16, n int) []uint16 {
	if cap(row) < n {
		return make([]uint16, n)
	}
	return row[:n]
}

// sumRow turns differences into samples that are each predicted by the one
// before, the first by first.
func sumRow(row []uint16, first uint16) {
	left := first
	for x, d := range row {
		left += d
		row[x] = left
	}
}

// predictRow turns differences into samples, modulo 2^16. The first is
// predicted by the sample above; the others by Ra to the left, Rb above and
// Rc above to the left, as table H.1 has it.
func predictRow(row, above []uint16, predictor byte) {
	above = above[:len(row)]
	row[0] += above[0]
	if predictor == 1 {
		sumRow(row[1:], row[0])
		return
	}
	ra, rc := int32(row[0]), int32(above[0])
	for x := 1; x < len(row); x++ {
		rb := int32(above[x])
		var px int32
		switch predictor {
		case 2:
			px = rb
		case 3:
			px = rc
		case 4:
			px = ra + rb - rc
		case 5:
			px = ra + (rb-rc)>>1
		case 6:
			px = rb + (ra-rc)>>1
		case 7:
			px = (ra + rb) >> 1
		}
		row[x] += uint16(px)
		ra, rc = int32(row[x]), rb
	}
}

// storeRow writes samples of 8 or 16 bits and undoes the point transform.
func storeRow(out []byte, row []uint16, shift byte) {
	if len(out) == len(row) {
		for x, v := range row {
			out[x] = byte(v << shift)
		}
		return
	}
	out = out[:2*len(row)]
	for x, v := range row {
		binary.LittleEndian.PutUint16(out[2*x:], v<<shift)
	}
}
