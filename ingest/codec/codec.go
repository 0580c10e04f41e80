package codec

import "tacstream/ingest"

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
	deflatedFrames     = "1.2.840.10008.1.2.8.1"
)

// Supported reports whether frames in a transfer syntax can be decoded.
func Supported(transferSyntaxUID string) bool {
	switch transferSyntaxUID {
	case rleLossless, jpegBaseline, jpegLossless, jpegLosslessFirst,
		jpegLSLossless, jpegLSNearLossless, jpeg2000Lossless, jpeg2000, deflatedFrames:
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
// endian, Rows*Columns*SamplesPerPixel*BitsAllocated/8 bytes, rounded up, the samples of a
// pixel one after another. They go to the start of dst where its capacity
// suffices. Every error is an ingest.Rejection.
func (d *Decoder) Decode(dst []byte, transferSyntaxUID string, frame []byte, p Params) ([]byte, error) {
	if !Supported(transferSyntaxUID) {
		return nil, ingest.Reject(ingest.CodeSyntax, "frames in this transfer syntax cannot be decoded")
	}
	if err := p.check(transferSyntaxUID == deflatedFrames); err != nil {
		return nil, err
	}
	switch transferSyntaxUID {
	case deflatedFrames:
		return decodeDeflated(dst, frame, p)
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
