package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"

	"tacstream/ingest"
)

// The markers of JPEG that are told apart here.
const (
	markerSOF3  = 0xc3 // frame header, lossless, Huffman
	markerDHT   = 0xc4 // Huffman tables
	markerRST0  = 0xd0 // the first of eight restart markers
	markerSOI   = 0xd8 // start of image
	markerEOI   = 0xd9 // end of image
	markerSOS   = 0xda // scan header
	markerDRI   = 0xdd // restart interval
	markerSOF55 = 0xf7 // frame header, JPEG-LS
	markerLSE   = 0xf8 // JPEG-LS parameters
)

// A jpegReader walks the marker segments of a JPEG image.
type jpegReader struct {
	name string // of the process, for errors
	data []byte
	at   int
}

// beginJPEG checks that data begins as every JPEG image does.
func beginJPEG(name string, data []byte) (jpegReader, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != markerSOI {
		return jpegReader{}, ingest.Reject(ingest.CodeMalformed, "%s: the frame does not begin with an image", name)
	}
	return jpegReader{name, data, 2}, nil
}

// next returns the next marker and what its segment holds.
func (r *jpegReader) next() (byte, []byte, error) {
	for r.at+1 < len(r.data) && r.data[r.at] == 0xff && r.data[r.at+1] == 0xff {
		r.at++ // a marker may follow any number of fill bytes
	}
	if r.at+4 > len(r.data) {
		return 0, nil, r.malformed("the image ends in its header")
	}
	marker, length := r.data[r.at+1], int(binary.BigEndian.Uint16(r.data[r.at+2:]))
	if r.data[r.at] != 0xff || marker < 0xc0 || marker >= markerRST0 && marker <= markerEOI {
		return 0, nil, r.malformed("something else stands where a marker should")
	}
	if length < 2 || length > len(r.data)-r.at-2 {
		return 0, nil, r.malformed("the image ends in its header")
	}
	segment := r.data[r.at+4 : r.at+2+length]
	r.at += 2 + length
	return marker, segment, nil
}

// malformed rejects the image for what the words say.
func (r *jpegReader) malformed(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, r.name+": "+format, args...)
}

// frameHeader reads a SOF segment of one component, compares it with what the
// object's header says, and returns the precision and the component's name.
func (r *jpegReader) frameHeader(segment []byte, p Params) (precision int, component byte, err error) {
	if len(segment) < 6 || len(segment) != 6+3*int(segment[5]) {
		return 0, 0, r.malformed("a frame header of %d bytes", len(segment))
	}
	precision = int(segment[0])
	rows, columns := int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
	if err := p.checkShape(columns, rows); err != nil {
		return 0, 0, err
	}
	if err := p.checkSamples(int(segment[5])); err != nil {
		return 0, 0, err
	}
	if precision < 2 || precision > 16 {
		return 0, 0, r.malformed("%d bits per sample", precision)
	}
	return precision, segment[6], p.checkPrecision(precision)
}

// scanHeader reads a SOS segment of the one component and returns its table
// selector and the three bytes that end it.
func (r *jpegReader) scanHeader(segment []byte, component byte) (table byte, rest [3]byte, err error) {
	if len(segment) != 6 || segment[0] != 1 {
		return 0, rest, r.malformed("a scan header of %d bytes", len(segment))
	}
	if segment[1] != component {
		return 0, rest, r.malformed("the scan is of a component that the frame has not")
	}
	return segment[2], [3]byte(segment[3:]), nil
}

// restart moves past the n-th restart marker, the next marker in the scan.
func (r *jpegReader) restart(from, n int) (int, error) {
	for i := from; i+1 < len(r.data); i++ {
		if r.data[i] != 0xff || r.data[i+1] < 0x80 || r.data[i+1] == 0xff {
			continue
		}
		if r.data[i+1] != markerRST0+byte(n%8) {
			break
		}
		return i + 2, nil
	}
	return 0, r.malformed("a restart marker is missing")
}

// decodeJPEGBaseline decodes grey JPEG of 8 bits. It is lossy: the pixels are
// what the standard library makes of them, which may differ by one from what
// another decoder does.
func decodeJPEGBaseline(dst, frame []byte, p Params) ([]byte, error) {
	if err := p.checkGrey("JPEG Baseline"); err != nil {
		return nil, err
	}
	if p.BitsAllocated != 8 {
		return nil, ingest.Reject(ingest.CodeMalformed, "JPEG Baseline with %d bits allocated", p.BitsAllocated)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(frame))
	if err != nil {
		return nil, ingest.Reject(ingest.CodeMalformed, "JPEG Baseline: %v", err)
	}
	if err := p.checkShape(config.Width, config.Height); err != nil {
		return nil, err
	}
	decoded, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		return nil, ingest.Reject(ingest.CodeMalformed, "JPEG Baseline: %v", err)
	}
	grey, ok := decoded.(*image.Gray)
	if !ok {
		return nil, ingest.Reject(ingest.CodePixelLength, "JPEG Baseline: the image is in colour where the header says grey")
	}
	out := grow(dst, p.size())
	for y := range p.Rows {
		copy(out[y*p.Columns:(y+1)*p.Columns], grey.Pix[y*grey.Stride:])
	}
	return out, nil
}

func (r *jpegReader) endsEarly() error {
	return ingest.Reject(ingest.CodePixelLength, "%s: the scan ends before the image is full", r.name)
}
