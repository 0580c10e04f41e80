package codec

import (
	"bytes"
	"encoding/binary"

	"tacstream/ingest"
)

// rleHeader is the length of the table that begins an RLE frame: the number
// of segments and the offsets of up to 15.
const rleHeader = 64

// decodeRLE decodes RLE Lossless. A segment holds one byte of each pixel, the
// most significant first, packed as PackBits does.
//
// Source: DICOM PS3.5, annex G.
func decodeRLE(dst, frame []byte, p Params) ([]byte, error) {
	width := p.BitsAllocated / 8
	segments := p.SamplesPerPixel * width
	if err := checkRLE(frame, segments, p); err != nil {
		return nil, err
	}
	out := grow(dst, p.size())
	for s := range segments {
		packed, err := rleSegment(frame, s, segments)
		if err != nil {
			return nil, err
		}
		first := s/width*width + width - 1 - s%width
		if err := unpackBits(out[first:], packed, segments); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkRLE makes sure that a frame can hold the image at all: two packed bytes
// give at most 128, so that a short frame claims no memory.
func checkRLE(frame []byte, segments int, p Params) error {
	if len(frame) < rleHeader {
		return ingest.Reject(ingest.CodeMalformed, "RLE: a frame of %d bytes has no table of segments", len(frame))
	}
	if n := binary.LittleEndian.Uint32(frame); n != uint32(segments) {
		return ingest.Reject(ingest.CodePixelLength, "RLE: %d segments where the header calls for %d", n, segments)
	}
	if len(frame)-rleHeader < p.size()/64 {
		return ingest.Reject(ingest.CodePixelLength, "RLE: %d bytes cannot hold an image of %d", len(frame), p.size())
	}
	return nil
}

// rleSegment returns the packed bytes of segment s.
func rleSegment(frame []byte, s, segments int) ([]byte, error) {
	from := int64(binary.LittleEndian.Uint32(frame[4+4*s:]))
	to := int64(len(frame))
	if s+1 < segments {
		to = int64(binary.LittleEndian.Uint32(frame[8+4*s:]))
	}
	if from < rleHeader || from > to || to > int64(len(frame)) {
		return nil, ingest.Reject(ingest.CodeMalformed, "RLE: segment %d lies outside of the frame", s+1)
	}
	return frame[from:to], nil
}

// unpackBits writes the bytes that packed stands for to every step-th byte of
// out, until out is full. The last packet may hold one byte more: GDCM packs
// the byte that pads an image of odd length.
func unpackBits(out, packed []byte, step int) error {
	at := 0
	for at < len(out) {
		if len(packed) < 2 {
			return ingest.Reject(ingest.CodePixelLength, "RLE: a segment ends before the image is full")
		}
		control := int(packed[0])
		count := control + 1
		if control > 128 {
			count = 257 - control
		}
		switch {
		case control == 128: // stands for nothing
			packed = packed[1:]
			continue
		case at+count*step >= len(out)+2*step:
			return ingest.Reject(ingest.CodePixelLength, "RLE: a segment goes on after the image is full")
		case control > 128:
			repeat(out[at:], packed[1], count, step)
			packed = packed[2:]
		case len(packed) <= count:
			return ingest.Reject(ingest.CodePixelLength, "RLE: a segment ends before the image is full")
		default:
			scatter(out[at:], packed[1:1+count], step)
			packed = packed[1+count:]
		}
		at += count * step
	}
	return rleEnd(packed)
}

// rleEnd makes sure that nothing but padding follows the last packet: zeros,
// or the packet of the byte that pads an image of odd length.
func rleEnd(packed []byte) error {
	if len(bytes.TrimRight(packed, "\x00")) > 2 {
		return ingest.Reject(ingest.CodePixelLength, "RLE: a segment goes on after the image is full")
	}
	return nil
}

// repeat sets every step-th byte of out to b, count times.
func repeat(out []byte, b byte, count, step int) {
	out = out[:min(len(out), (count-1)*step+1)]
	for i := 0; i < len(out); i += step {
		out[i] = b
	}
}

// scatter copies in to every step-th byte of out.
func scatter(out, in []byte, step int) {
	if step == 1 {
		copy(out, in)
		return
	}
	i := 0
	for _, b := range in {
		if i >= len(out) {
			return
		}
		out[i] = b
		i += step
	}
}
