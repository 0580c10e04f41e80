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

// The transfer syntaxes whose frames can be decoded.
const (
	rleLossless        = "1.2.840.10008.1.2.5"
	jpegBaseline       = "1.2.840.10008.1.2.4.50"
	jpegLossless       = "1.2.840.10008.1.2.4.57"
	jpegLosslessFirst  = "1.2.840.10008.1.2.4.70"
	jpegLSLossless     = "1.2.840.10008.1.2.4.80"
	jpegLSNearLossless = "1.2.840.10008.1.2.4.81"
	jpeg2000Lossless   = "1.2.840.10008.1.2.4.90"
	jpeg2000           = "1.2.840.10008.1.2.4.91"
)

// Supported reports whether frames in a transfer syntax can be decoded.
func Supported(transferSyntaxUID string) bool {
	switch transferSyntaxUID {
	case rleLossless, jpegBaseline, jpegLossless, jpegLosslessFirst,
		jpegLSLossless, jpegLSNearLossless, jpeg2000Lossless, jpeg2000:
		return true
	}
	return false
}

// A Decoder decodes frames one after another and keeps its memory between
// them. The zero value is ready. It is not safe for concurrent use.
type Decoder struct {
	lossless jpegLosslessDecoder
	ls       jpegLSDecoder
	j2k      jpeg2000Decoder
}

// Close frees what the Decoder holds outside of Go's memory. The Decoder may
// be used again.
func (d *Decoder) Close() { d.j2k.close() }

// Decode turns one frame, all its fragments joined, into native pixels: little
// endian, Rows*Columns*SamplesPerPixel*BitsAllocated/8 bytes, the samples of a
// pixel one after another. They go to the start of dst where its capacity
// suffices. Every error is an ingest.Rejection.
func (d *Decoder) Decode(dst []byte, transferSyntaxUID string, frame []byte, p Params) ([]byte, error) {
	if !Supported(transferSyntaxUID) {
		return nil, ingest.Reject(ingest.CodeSyntax, "frames in this transfer syntax cannot be decoded")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	switch transferSyntaxUID {
	case rleLossless:
		return decodeRLE(dst, frame, p)
	case jpegBaseline:
		return decodeJPEGBaseline(dst, frame, p)
	case jpegLossless, jpegLosslessFirst:
		return d.lossless.decode(dst, frame, p)
	case jpegLSLossless, jpegLSNearLossless:
		return d.ls.decode(dst, frame, p)
	default:
		return d.j2k.decode(dst, frame, p)
	}
}

// check makes sure that p describes an image, and one that fits in memory.
func (p Params) check() error {
	switch {
	case p.Rows < 1 || p.Rows > 0xffff || p.Columns < 1 || p.Columns > 0xffff:
		return ingest.Reject(ingest.CodeMalformed, "an image of %d x %d pixels", p.Columns, p.Rows)
	case p.SamplesPerPixel < 1 || p.SamplesPerPixel > 4:
		return ingest.Reject(ingest.CodeMalformed, "%d samples per pixel", p.SamplesPerPixel)
	case p.BitsAllocated != 8 && p.BitsAllocated != 16 && p.BitsAllocated != 32:
		return ingest.Reject(ingest.CodeMalformed, "%d bits allocated in a compressed frame", p.BitsAllocated)
	case p.BitsStored < 1 || p.BitsStored > p.BitsAllocated:
		return ingest.Reject(ingest.CodeMalformed, "%d bits stored of %d allocated", p.BitsStored, p.BitsAllocated)
	case p.size() > maxFrameBytes:
		return ingest.Reject(ingest.CodeTooLarge, "a frame of %d bytes; at most %d are decoded", p.size(), maxFrameBytes)
	}
	return nil
}

// size returns the length of a native frame in bytes.
func (p Params) size() int {
	return p.Rows * p.Columns * p.SamplesPerPixel * (p.BitsAllocated / 8)
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
