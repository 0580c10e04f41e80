package codec

import "tacstream/ingest"

// Params is what the header of an object says of its frames.
type Params struct {
	Rows, Columns   int
	SamplesPerPixel int
	BitsAllocated   int // 8, 16 or 32
	BitsStored      int
	Signed          bool // PixelRepresentation 1
}

// maxFrameBytes bounds one decoded frame. A slice of 1024 by 1024 pixels has
// two or four megabytes; a header may claim 17 gigabytes.
const maxFrameBytes = 64 << 20

// check makes sure that p describes an image, and one that fits in memory. Some
// transfer syntaxes can have pixels of one bit.
func (p Params) check(bit bool) error {
	switch {
	case p.Rows < 1 || p.Rows > 0xffff || p.Columns < 1 || p.Columns > 0xffff:
		return ingest.Reject(ingest.CodeMalformed, "a compressed frame has %d x %d pixels", p.Columns, p.Rows)
	case p.SamplesPerPixel < 1 || p.SamplesPerPixel > 4:
		return ingest.Reject(ingest.CodeMalformed, "a compressed frame has %d samples per pixel", p.SamplesPerPixel)
	case bit && p.BitsAllocated == 1 && p.BitsStored == 1 && p.size() <= maxFrameBytes:
		return nil
	case p.BitsAllocated != 8 && p.BitsAllocated != 16 && p.BitsAllocated != 32:
		return ingest.Reject(ingest.CodeMalformed, "a compressed frame has %d bits allocated", p.BitsAllocated)
	case p.BitsStored < 1 || p.BitsStored > p.BitsAllocated:
		return ingest.Reject(ingest.CodeMalformed, "a compressed frame has %d bits stored of %d allocated", p.BitsStored, p.BitsAllocated)
	case p.size() > maxFrameBytes:
		return ingest.Reject(ingest.CodeTooLarge, "a frame of %d bytes; at most %d are decoded", p.size(), maxFrameBytes)
	}
	return nil
}

// size returns the length of a native frame in bytes.
func (p Params) size() int {
	return (p.Rows*p.Columns*p.SamplesPerPixel*p.BitsAllocated + 7) / 8
}

// grow returns a slice of n bytes, dst's own where they suffice. What it holds
// is undefined.
func grow(dst []byte, n int) []byte {
	if cap(dst) < n {
		return make([]byte, n)
	}
	return dst[:n]
}

// checkShape compares an image's size with the header's.
func (p Params) checkShape(columns, rows int) error {
	if columns != p.Columns || rows != p.Rows {
		return ingest.Reject(ingest.CodePixelLength,
			"the compressed image has %d x %d pixels where the header says %d x %d", columns, rows, p.Columns, p.Rows)
	}
	return nil
}

// checkSamples compares the components of an image with the header's.
func (p Params) checkSamples(components int) error {
	if components != p.SamplesPerPixel {
		return ingest.Reject(ingest.CodePixelLength,
			"the compressed image has %d samples per pixel where the header says %d", components, p.SamplesPerPixel)
	}
	return nil
}

// checkPrecision makes sure that samples of so many bits fit in what the
// header allocates.
func (p Params) checkPrecision(bits int) error {
	if bits > p.BitsAllocated {
		return ingest.Reject(ingest.CodePixelLength,
			"the compressed image has %d bits per sample where the header allocates %d", bits, p.BitsAllocated)
	}
	return nil
}

// checkGrey turns away what the JPEG decoders here do not read: colour, and
// samples of 32 bits, which JPEG has not.
func (p Params) checkGrey(name string) error {
	if p.SamplesPerPixel != 1 {
		return ingest.Reject(ingest.CodeSyntax, "%s with %d samples per pixel; only one is read", name, p.SamplesPerPixel)
	}
	if p.BitsAllocated > 16 {
		return ingest.Reject(ingest.CodeMalformed, "%s with %d bits allocated; it has at most 16", name, p.BitsAllocated)
	}
	return nil
}
