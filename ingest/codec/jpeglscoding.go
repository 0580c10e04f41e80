package codec

import (
	"encoding/binary"

	"tacstream/ingest"
)

// An lsCoding is what a scan is coded with (C.2.4.1).
type lsCoding struct {
	maxVal     int32
	t1, t2, t3 int32
	reset      int32
	near       int32
}

// An lsState is what follows from an lsCoding (A.2.1).
type lsState struct {
	span  int32 // RANGE, the number of different prediction errors
	step  int32 // 2*near + 1, between errors that are told apart
	width uint  // qbpp, the bits of an error
	limit int   // LIMIT, the bits of the longest code
}

// An lsScan is what the headers say of the image's one scan.
type lsScan struct {
	coding   lsCoding
	interval int // rows between restart markers, 0 for none
}

// readLSHeaders reads everything before the scan's data.
func readLSHeaders(r *jpegReader, p Params) (lsScan, error) {
	var s lsScan
	var preset lsCoding
	var component byte
	precision := 0
	for {
		marker, segment, err := r.next()
		if err != nil {
			return s, err
		}
		switch {
		case marker == markerSOF55:
			precision, component, err = r.frameHeader(segment, p)
		case marker == markerLSE:
			preset, err = readPreset(r, segment)
		case marker == markerDRI:
			s.interval, err = readLSInterval(r, segment)
		case marker == markerSOS:
			if precision == 0 {
				return s, r.malformed("the scan has no frame header")
			}
			s.coding, err = readLSScan(r, segment, component, preset, precision)
			return s, err
		case marker < markerRST0:
			err = ingest.Reject(ingest.CodeSyntax, "%s: the image is coded by another process of JPEG (marker %x)", r.name, marker)
		}
		if err != nil {
			return s, err
		}
	}
}

// readPreset reads the parameters of an LSE segment.
func readPreset(r *jpegReader, segment []byte) (lsCoding, error) {
	if len(segment) != 11 || segment[0] != 1 {
		return lsCoding{}, ingest.Reject(ingest.CodeSyntax, "%s: mapping tables and oversize images are not read", r.name)
	}
	at := func(i int) int32 { return int32(binary.BigEndian.Uint16(segment[i:])) }
	return lsCoding{maxVal: at(1), t1: at(3), t2: at(5), t3: at(7), reset: at(9)}, nil
}

// readLSInterval reads a restart interval, which JPEG-LS counts in rows and
// writes in two to four bytes.
func readLSInterval(r *jpegReader, segment []byte) (int, error) {
	if len(segment) < 2 || len(segment) > 4 {
		return 0, r.malformed("a restart interval of %d bytes", len(segment))
	}
	n := 0
	for _, b := range segment {
		n = n<<8 | int(b)
	}
	return n, nil
}

// readLSScan reads the scan header and completes the coding's parameters.
func readLSScan(r *jpegReader, segment []byte, component byte, preset lsCoding, precision int) (lsCoding, error) {
	table, rest, err := r.scanHeader(segment, component)
	if err != nil {
		return lsCoding{}, err
	}
	if table != 0 || rest[2] != 0 {
		return lsCoding{}, ingest.Reject(ingest.CodeSyntax, "%s: mapping tables and point transforms are not read", r.name)
	}
	c := preset
	c.near = int32(rest[0])
	if c.maxVal == 0 {
		c.maxVal = 1<<precision - 1
	}
	if c.maxVal >= 1<<precision || c.near > min(255, c.maxVal/2) {
		return lsCoding{}, r.malformed("values up to %d within %d in samples of %d bits", c.maxVal, c.near, precision)
	}
	c = c.withDefaults()
	if c.t1 <= c.near || c.t2 < c.t1 || c.t3 < c.t2 || c.t3 > c.maxVal || c.reset < 3 || c.reset > max(255, c.maxVal) {
		return lsCoding{}, r.malformed("thresholds of %d, %d and %d and a reset at %d", c.t1, c.t2, c.t3, c.reset)
	}
	return c, nil
}

// withDefaults fills in the parameters that are 0 (C.2.4.1.1).
func (c lsCoding) withDefaults() lsCoding {
	clamp := func(v, low int32) int32 {
		if v > c.maxVal || v < low {
			return low
		}
		return v
	}
	first, second, third := int32(0), int32(0), int32(0)
	if c.maxVal >= 128 {
		factor := (min(c.maxVal, 4095) + 128) >> 8
		first, second, third = factor*(3-2)+2, factor*(7-3)+3, factor*(21-4)+4
	} else {
		factor := 256 / (c.maxVal + 1)
		first, second, third = max(2, 3/factor), max(3, 7/factor), max(4, 21/factor)
	}
	if c.t1 == 0 {
		c.t1 = clamp(first+3*c.near, c.near+1)
	}
	if c.t2 == 0 {
		c.t2 = clamp(second+5*c.near, c.t1)
	}
	if c.t3 == 0 {
		c.t3 = clamp(third+7*c.near, c.t2)
	}
	if c.reset == 0 {
		c.reset = 64
	}
	return c
}

// state derives what the coding implies.
func (c lsCoding) state() lsState {
	s := lsState{step: 2*c.near + 1}
	s.span = (c.maxVal+2*c.near)/s.step + 1
	for 1<<s.width < s.span {
		s.width++
	}
	deep := 2 // bpp, the bits of a sample
	for 1<<deep <= c.maxVal {
		deep++
	}
	s.limit = 2 * (deep + max(8, deep))
	return s
}
