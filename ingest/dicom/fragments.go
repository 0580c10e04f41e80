package dicom

import (
	"bytes"
	"encoding/binary"
	"slices"

	"tacstream/ingest"
)

// A fragments reads the frames of encapsulated pixel data (PS3.5, A.4): items
// of which one or more make a frame.
type fragments struct {
	stream  *stream
	frames  int
	limit   int     // bytes that a frame may take at most
	offsets []int64 // of the first fragment of each frame, from the basic offset table; may be empty
	pos     int64   // of the next fragment, as offsets count
	taken   int     // frames
	ended   bool    // the delimiter was read
	pending int64   // length of the fragment whose head was read; -1 where there is none
}

// begin reads the basic offset table. It counts only where it has an entry of
// its own for each frame. One that puts the frames in another order than they
// are stored in contradicts the standard, and nobody knows which is right.
func (f *fragments) begin() error {
	f.pending = -1
	length, err := f.head()
	if err != nil {
		return err
	}
	if f.ended {
		return ingest.Reject(ingest.CodePixelLength, "the encapsulated PixelData has no fragment")
	}
	f.pending = -1
	if length != int64(4*f.frames) || f.frames == 1 {
		_, err := f.skip(length)
		f.pos = 0
		return err
	}
	table, err := f.stream.next(int(length))
	if err != nil {
		return err
	}
	for ; len(table) >= 4; table = table[4:] {
		f.offsets = append(f.offsets, int64(binary.LittleEndian.Uint32(table)))
	}
	sorted := slices.IsSorted(f.offsets)
	if !sorted && distinct(f.offsets) {
		return ingest.Reject(ingest.CodeMalformed, "the basic offset table is not in the order of the frames")
	}
	if !sorted || f.offsets[0] != 0 {
		f.offsets = nil
	}
	f.pos = 0
	return nil
}

func distinct(offsets []int64) bool {
	rising := slices.Sorted(slices.Values(offsets))
	return len(slices.Compact(rising)) == len(offsets)
}

// maxTable bounds a basic offset table that is of no use.
const maxTable = 64 << 20

// skip passes over what is not needed.
func (f *fragments) skip(length int64) (int64, error) {
	if length > maxTable {
		return 0, ingest.Reject(ingest.CodePixelLength, "the basic offset table has an impossible length of %d bytes", length)
	}
	for left := length; left > 0; {
		n := min(left, 64<<10)
		if _, err := f.stream.next(int(n)); err != nil {
			return 0, err
		}
		left -= n
	}
	return length, nil
}

// head reads the head of the next item and returns its length. At the
// delimiter it sets ended.
func (f *fragments) head() (int64, error) {
	if f.pending >= 0 || f.ended {
		return f.pending, nil
	}
	head, err := f.stream.next(8)
	if err != nil {
		return 0, err
	}
	tag := uint32(binary.LittleEndian.Uint16(head))<<16 | uint32(binary.LittleEndian.Uint16(head[2:]))
	length := binary.LittleEndian.Uint32(head[4:])
	switch {
	case tag == tagItemsEnd:
		f.ended = true
	case tag != tagItem || length == undefined:
		return 0, ingest.Reject(ingest.CodeMalformed, "the encapsulated PixelData holds something other than fragments")
	}
	f.pending = int64(length)
	return f.pending, nil
}

// next appends the fragments of the next frame to frame.
func (f *fragments) next(frame []byte) ([]byte, error) {
	for n := 0; ; n++ {
		length, err := f.head()
		switch {
		case err != nil:
			return nil, err
		case f.ended && n == 0:
			return nil, ingest.Reject(ingest.CodePixelLength, "PixelData has fragments for %d of %d frames only", f.taken, f.frames)
		case f.ended, n > 0 && f.complete(frame):
			f.taken++
			return frame, nil
		case int64(len(frame))+length > int64(f.limit):
			return nil, ingest.Reject(ingest.CodeTooLarge, "a compressed frame takes more than %d bytes", f.limit)
		}
		data, err := f.stream.next(int(length))
		if err != nil {
			return nil, err
		}
		frame = append(frame, data...)
		f.pos += 8 + length
		f.pending = -1
	}
}

// complete reports whether the fragments that were read make a whole frame,
// so that the next one belongs to the next frame.
func (f *fragments) complete(frame []byte) bool {
	switch {
	case f.frames == 1:
		return false // everything up to the delimiter
	case f.offsets != nil:
		return f.taken+1 < f.frames && f.pos >= f.offsets[f.taken+1]
	case len(frame) > 2 && frame[0] == 0xff: // a codestream of JPEG's family begins and ends with a marker
		return bytes.HasSuffix(bytes.TrimRight(frame, "\x00"), []byte{0xff, 0xd9})
	}
	return true
}

// end makes sure that there is nothing after the last frame.
func (f *fragments) end() error {
	if _, err := f.head(); err != nil {
		return err
	}
	if !f.ended {
		return ingest.Reject(ingest.CodePixelLength, "PixelData has more fragments than its %d frames need", f.frames)
	}
	return nil
}
