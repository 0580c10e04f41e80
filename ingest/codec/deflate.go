package codec

import (
	"bytes"
	"compress/flate"
	"io"

	"tacstream/ingest"
)

// decodeDeflated inflates a frame of Deflated Image Frame Compression (PS3.5,
// A.4.12): the native frame as a bare deflate stream (RFC 1951), padded to an even
// number of bytes. No more is inflated than a frame holds.
func decodeDeflated(dst, frame []byte, p Params) ([]byte, error) {
	n := p.size()
	dst = grow(dst, n)
	z := flate.NewReader(bytes.NewReader(frame))
	defer z.Close()
	if _, err := io.ReadFull(z, dst); err != nil {
		return nil, ingest.Reject(ingest.CodeMalformed, "a deflated frame is damaged, or shorter than %d bytes", n)
	}
	var more [2]byte
	if got, _ := io.ReadFull(z, more[:]); got > n%2 {
		return nil, ingest.Reject(ingest.CodePixelLength, "a deflated frame holds more than %d bytes", n)
	}
	return dst, nil
}
