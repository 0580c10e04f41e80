package dicom_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// An object is a DICOM object to be written. It shares no code with the
// package: tags are group<<16 | element, values are text, []uint16 or, for a
// sequence, a list of items.
type object struct {
	syntax   string // "" leaves the file meta information out
	elements map[uint32]any
	vrs      map[uint32]string // where it differs from what vrOf says
	tail     []byte            // after the last element
}

type items []map[uint32]any

// pixelBytes is the value of PixelData.
type pixelBytes []byte

const (
	explicitLE = "1.2.840.10008.1.2.1"
	implicitLE = "1.2.840.10008.1.2"
	bigEndian  = "1.2.840.10008.1.2.2"
)

// sample is a whole PET object with facts that no other one shares, 3 rows of
// 2 pixels.
func sample() object {
	return object{syntax: explicitLE, elements: map[uint32]any{
		0x00080005: "ISO_IR 100",
		0x00080016: "1.2.840.10008.5.1.4.1.1.128",
		0x00080018: "1.2.3.4.77",
		0x00080020: "20240229",
		0x00080021: "20240229",
		0x00080022: "20240301",
		0x00080031: "235950.25",
		0x00080032: "000010.500001",
		0x00080060: "PT",
		0x00080070: "ACME",
		0x0008103e: "Gehirn r\xfchrt [11C]DASB",
		0x00081090: "Ring 3",
		0x00100010: "Do not^Read me",
		0x00100020: "ID 17",
		0x00101030: "6.25",
		0x00180050: "2.5",
		0x00181030: "Protocol",
		0x00181242: "20000",
		0x0020000d: "1.2.3.1",
		0x0020000e: "1.2.3.2",
		0x00200032: `-10.5\-20\30.125`,
		0x00200037: `1\0\0\0\1\0`,
		0x00200052: "1.2.3.3",
		0x00280002: []uint16{1},
		0x00280010: []uint16{3},
		0x00280011: []uint16{2},
		0x00280030: `1.5\2.25`,
		0x00280051: `DECY\ATTN`,
		0x00280100: []uint16{16},
		0x00280101: []uint16{16},
		0x00280102: []uint16{15},
		0x00280103: []uint16{1},
		0x00281052: "0",
		0x00281053: "0.5",
		0x00540016: items{{
			0x00180031: "Solution",
			0x00181072: "235800",
			0x00181074: "185000000",
			0x00181075: "1224",
			0x00540304: items{{0x00080100: "C-XX", 0x00080104: "DASB C-11"}},
		}},
		0x00540081: []uint16{5},
		0x00540101: []uint16{7},
		0x00541000: `DYNAMIC\IMAGE`,
		0x00541001: "BQML",
		0x00541101: "CT",
		0x00541102: "START",
		0x00541103: "OSEM",
		0x00541300: "30250.001",
		0x00541321: "1.0234",
		0x00541330: []uint16{9},
		0x7fe00010: pixelBytes{0, 0, 1, 0, 0xff, 0xff, 0, 0x80, 0xff, 0x7f, 10, 0},
	}}
}

// with returns the object with one element changed; nil leaves it out.
func (o object) with(tag uint32, value any) object {
	o.elements = maps.Clone(o.elements)
	o.elements[tag] = value
	if value == nil {
		delete(o.elements, tag)
	}
	return o
}

// in returns the object in another transfer syntax.
func (o object) in(syntax string) object {
	o.syntax = syntax
	return o
}

// as returns the object with another value representation for a tag.
func (o object) as(tag uint32, vr string) object {
	o.vrs = maps.Clone(o.vrs)
	if o.vrs == nil {
		o.vrs = map[uint32]string{}
	}
	o.vrs[tag] = vr
	return o
}

func (o object) bytes() []byte {
	var out []byte
	if o.syntax != "" {
		out = append(make([]byte, 128), "DICM"...)
		meta := object{elements: map[uint32]any{0x00020010: o.syntax}}
		body := meta.write(nil, meta.elements, explicitLE)
		out = meta.write(out, map[uint32]any{0x00020000: uint32(len(body))}, explicitLE)
		out = append(out, body...)
	}
	return append(o.write(out, o.elements, o.syntax), o.tail...)
}

func (o object) write(out []byte, elements map[uint32]any, syntax string) []byte {
	var bo binary.AppendByteOrder = binary.LittleEndian
	if syntax == bigEndian {
		bo = binary.BigEndian
	}
	for _, tag := range slices.Sorted(maps.Keys(elements)) {
		value := o.value(elements[tag], bo, syntax)
		out = bo.AppendUint16(bo.AppendUint16(out, uint16(tag>>16)), uint16(tag))
		vr := vrOf(tag, elements[tag])
		if x, ok := o.vrs[tag]; ok {
			vr = x
		}
		switch {
		case syntax == implicitLE:
			out = bo.AppendUint32(out, uint32(len(value)))
		case strings.Contains("OB OW OF OD SQ UN", vr):
			out = bo.AppendUint32(append(append(out, vr...), 0, 0), uint32(len(value)))
		default:
			out = bo.AppendUint16(append(out, vr...), uint16(len(value)))
		}
		out = append(out, value...)
	}
	return out
}

func (o object) value(v any, bo binary.AppendByteOrder, syntax string) []byte {
	var out []byte
	switch v := v.(type) {
	case string:
		out = []byte(v)
		if len(out)%2 != 0 {
			out = append(out, ' ')
		}
	case uint32:
		out = bo.AppendUint32(out, v)
	case []uint16:
		for _, x := range v {
			out = bo.AppendUint16(out, x)
		}
	case pixelBytes:
		out = v
	case fd:
		out = appendFD(out, bo, v)
	case items:
		for _, item := range v {
			body := o.write(nil, item, syntax)
			out = bo.AppendUint16(bo.AppendUint16(out, 0xfffe), 0xe000)
			out = append(bo.AppendUint32(out, uint32(len(body))), body...)
		}
	default:
		panic(fmt.Sprintf("no way to write a %T", v))
	}
	return out
}

func vrOf(tag uint32, v any) string {
	switch v.(type) {
	case uint32:
		return "UL"
	case []uint16:
		return "US"
	case pixelBytes:
		return "OW"
	case items:
		return "SQ"
	}
	switch {
	case tag == 0x00080020, tag == 0x00080021, tag == 0x00080022:
		return "DA"
	case tag == 0x00080030, tag == 0x00080031, tag == 0x00080032, tag == 0x00181072:
		return "TM"
	case tag == 0x0008002a, tag == 0x00181078:
		return "DT"
	case tag == 0x00100010:
		return "PN"
	case tag == 0x00080016, tag == 0x00080018, tag == 0x00020010, tag>>16 == 0x0020 && (tag&0xffff < 0x10 || tag&0xffff == 0x52):
		return "UI"
	case tag>>16 == 0x0028, tag == 0x00200032, tag == 0x00200037, tag == 0x00541300, tag == 0x00541321:
		return "DS"
	}
	return "LO"
}

// near reports whether two numbers differ by no more than rounding of sums.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Max(math.Abs(a), math.Abs(b)) }
