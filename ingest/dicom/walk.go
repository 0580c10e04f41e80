package dicom

import (
	"encoding/binary"
	"fmt"

	"tacstream/ingest"
)

// maxDepth bounds how deep sequences may nest. PET headers use three levels.
const maxDepth = 16

// undefined is the length of a value that ends with a delimiter.
const undefined = 0xffffffff

// Tags that structure a data set, group in the upper half.
const (
	tagItem      = 0xfffee000
	tagItemEnd   = 0xfffee00d
	tagItemsEnd  = 0xfffee0dd
	tagPixelData = 0x7fe00010

	tagFloatPixels  = 0x7fe00008
	tagDoublePixels = 0x7fe00009
)

// Value representations, first letter in the upper half.
const (
	vrOB = 'O'<<8 | 'B'
	vrOD = 'O'<<8 | 'D'
	vrOF = 'O'<<8 | 'F'
	vrOL = 'O'<<8 | 'L'
	vrOV = 'O'<<8 | 'V'
	vrOW = 'O'<<8 | 'W'
	vrSQ = 'S'<<8 | 'Q'
	vrSV = 'S'<<8 | 'V'
	vrUC = 'U'<<8 | 'C'
	vrUN = 'U'<<8 | 'N'
	vrUR = 'U'<<8 | 'R'
	vrUT = 'U'<<8 | 'T'
	vrUV = 'U'<<8 | 'V'
)

// A needError says how many bytes of an object must be at hand to go on.
type needError int64

// Error says so in words.
func (n needError) Error() string { return fmt.Sprintf("the first %d bytes are needed", int64(n)) }

// A cursor walks over the elements of a data set.
type cursor struct {
	data     []byte // the beginning of the object
	size     int64  // of the whole object
	pos      int64  // of the next element, in the object
	implicit bool   // value representations are left out
	big      bool   // most significant byte first
}

// An element is a tag and where its value lies in the object.
type element struct {
	tag    uint32
	vr     uint16 // 0 where it is implicit
	start  int64
	length uint32 // may be undefined
}

func (e element) end() int64 { return e.start + int64(e.length) }

func (c *cursor) order() binary.ByteOrder {
	if c.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// take returns the n bytes at off, which must lie before end.
func (c *cursor) take(off, n, end int64) ([]byte, error) {
	if off+n > end {
		return nil, c.beyond(end)
	}
	if off+n > int64(len(c.data)) {
		return nil, needError(off + n)
	}
	return c.data[off : off+n], nil
}

// beyond is the fault of something that ends after its enclosure.
func (c *cursor) beyond(end int64) error {
	if end == c.size {
		return ingest.Reject(ingest.CodeTruncated, "the object is shorter than its header says")
	}
	return ingest.Reject(ingest.CodeMalformed, "an element ends after the sequence item that holds it")
}

// next reads the head of the element at the cursor and moves the cursor to
// its value. The whole element lies before end, as far as its length says.
func (c *cursor) next(end int64) (element, error) {
	head, err := c.take(c.pos, 8, end)
	if err != nil {
		return element{}, err
	}
	bo := c.order()
	e := element{tag: uint32(bo.Uint16(head))<<16 | uint32(bo.Uint16(head[2:])), start: c.pos + 8}
	switch {
	case c.implicit || e.tag>>16 == 0xfffe:
		e.length = bo.Uint32(head[4:])
	case !upper(head[4]) || !upper(head[5]):
		return e, ingest.Reject(ingest.CodeMalformed, "a value representation is not two letters")
	default:
		e.vr = uint16(head[4])<<8 | uint16(head[5])
		if err := c.explicitLength(&e, head, end); err != nil {
			return e, err
		}
	}
	if e.length != undefined && e.end() > end {
		return e, c.beyond(end)
	}
	c.pos = e.start
	return e, nil
}

func upper(b byte) bool { return 'A' <= b && b <= 'Z' }

// explicitLength reads the length after an explicit value representation: two
// bytes, or four after two that are reserved (PS3.5, 7.1.2).
func (c *cursor) explicitLength(e *element, head []byte, end int64) error {
	switch e.vr {
	case vrOB, vrOD, vrOF, vrOL, vrOV, vrOW, vrSQ, vrSV, vrUC, vrUN, vrUR, vrUT, vrUV:
		long, err := c.take(c.pos, 12, end)
		if err != nil {
			return err
		}
		e.length, e.start = c.order().Uint32(long[8:]), c.pos+12
	default:
		e.length = uint32(c.order().Uint16(head[6:]))
	}
	return nil
}

// skip moves the cursor behind the element, which may be behind the bytes at
// hand.
func (c *cursor) skip(e element, end int64, depth int) error {
	if e.length != undefined {
		c.pos = e.end()
		return nil
	}
	switch e.vr {
	case 0, vrSQ, vrUN, vrOB, vrOW:
	default:
		return ingest.Reject(ingest.CodeMalformed, "a plain value has no defined length")
	}
	return c.items(e, end, depth, func(item element, first bool, end int64) error {
		return c.skipItem(e, item, end, depth)
	})
}

// skipItem moves the cursor behind an item of the element in.
func (c *cursor) skipItem(in, item element, end int64, depth int) error {
	if item.length != undefined {
		c.pos = item.end()
		return nil
	}
	if in.vr == vrOB || in.vr == vrOW {
		return ingest.Reject(ingest.CodeMalformed, "a fragment has no defined length")
	}
	return c.elements(item, end, func(e element, end int64) error { return c.skip(e, end, depth+1) })
}

// elements calls visit with each element of an item, the cursor at its value
// and end at the end of the item; visit must leave it behind the element.
func (c *cursor) elements(item element, end int64, visit func(e element, end int64) error) error {
	if item.length != undefined {
		end = item.end()
	}
	for item.length == undefined || c.pos < end {
		e, err := c.next(end)
		if err != nil || e.tag == tagItemEnd {
			return err
		}
		if err := visit(e, end); err != nil {
			return err
		}
	}
	return nil
}

// items calls visit with each item of a sequence, the cursor at the item's
// first element; visit must leave it behind the item. A sequence whose value
// representation is unknown is implicit inside (PS3.5, 6.2.2), but some programs
// leave it explicit: the first element of each item tells.
func (c *cursor) items(seq element, end int64, depth int, visit func(item element, first bool, end int64) error) error {
	if depth >= maxDepth {
		return ingest.Reject(ingest.CodeMalformed, "sequences are nested deeper than %d levels", maxDepth)
	}
	if seq.vr == vrUN {
		defer func(was bool) { c.implicit = was }(c.implicit)
		c.implicit = true
	}
	if seq.length != undefined {
		end = seq.end()
	}
	for first := true; seq.length == undefined || c.pos < end; first = false {
		item, err := c.next(end)
		switch {
		case err != nil:
			return err
		case item.tag == tagItemsEnd:
			return nil
		case item.tag != tagItem:
			return ingest.Reject(ingest.CodeMalformed, "a sequence holds something other than items")
		}
		if seq.vr == vrUN {
			if c.implicit, err = c.looksImplicit(item, end); err != nil {
				return err
			}
		}
		if err := visit(item, first, end); err != nil {
			return err
		}
	}
	return nil
}

// looksImplicit reports whether the item at the cursor begins with an element
// without a value representation. Two letters in its place, taken for a length,
// would be a length of more than a gigabyte.
func (c *cursor) looksImplicit(item element, end int64) (bool, error) {
	if item.length != undefined {
		end = item.end()
	}
	if item.length < 8 {
		return true, nil
	}
	head, err := c.take(c.pos, 8, end)
	if err != nil {
		return true, err
	}
	if head[0] == 0xfe && head[1] == 0xff || !upper(head[4]) || !upper(head[5]) {
		return true, nil
	}
	return c.pos+8+int64(c.order().Uint32(head[4:])) <= end, nil
}
