package regions_test

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Elements are those of a DICOM data set by tag, group<<16 | element. Values are
// text, a number of 16 bits, bytes, or the items of a sequence. It shares no code
// with the readers.
type elements map[uint32]any

// object writes a DICOM object in implicit VR, little endian.
func object(class string, set elements) []byte {
	out := append(make([]byte, 128), "DICM"...)
	meta := []byte("\x02\x00\x10\x00UI\x12\x001.2.840.10008.1.2\x00")
	out = append(out, 2, 0, 0, 0, 'U', 'L', 4, 0, byte(len(meta)), 0, 0, 0)
	set[0x0008_0016] = class
	return append(append(out, meta...), set.bytes()...)
}

func (e elements) bytes() (out []byte) {
	le := binary.LittleEndian
	for _, tag := range slices.Sorted(maps.Keys(e)) {
		var value []byte
		switch v := e[tag].(type) {
		case string:
			value = []byte(v)
		case int:
			value = le.AppendUint16(nil, uint16(v))
		case []byte:
			value = v
		case []elements:
			for _, item := range v {
				body := item.bytes()
				value = append(append(value, 0xfe, 0xff, 0x00, 0xe0), le.AppendUint32(nil, uint32(len(body)))...)
				value = append(value, body...)
			}
		}
		if len(value)%2 != 0 {
			value = append(value, ' ')
		}
		out = le.AppendUint16(le.AppendUint16(out, uint16(tag>>16)), uint16(tag))
		out = append(le.AppendUint32(out, uint32(len(value))), value...)
	}
	return out
}

// structureSet is an RTSTRUCT with a triangle for each of the names.
func structureSet(names ...string) []byte {
	var rois, contours []elements
	for i, name := range names {
		number := string(rune('1' + i))
		rois = append(rois, elements{0x3006_0022: number, 0x3006_0026: name})
		contours = append(contours, elements{0x3006_0084: number, 0x3006_0040: []elements{
			{0x3006_0042: "CLOSED_PLANAR", 0x3006_0050: `0\0\0\4\0\0\4\4\0`},
		}})
	}
	return object("1.2.840.10008.5.1.4.1.1.481.3", elements{
		0x3006_0010: []elements{{0x0020_0052: "1.2.3"}}, 0x3006_0020: rois, 0x3006_0039: contours,
	})
}

// aSegment is a segment of a SEG, or one value of a label map, with how many
// of its 8 pixels it has.
type aSegment struct {
	name   string
	pixels int
}

// segments is a SEG of one slice of 2 × 4 pixels of 8 bits in which segments lie
// in layers, or a label map in which they lie one after the other.
func segments(labelMap bool, list ...aSegment) []byte {
	var described, frames []elements
	var pixels, map8 []byte
	for i, s := range list {
		described = append(described, elements{0x0062_0004: i + 1, 0x0062_0005: s.name})
		for range s.pixels {
			map8 = append(map8, byte(i+1))
		}
		frames = append(frames, elements{
			0x0020_9113: []elements{{0x0020_0032: `0\0\0`}}, 0x0062_000a: []elements{{0x0062_000b: i + 1}},
		})
		pixels = append(pixels, slices.Concat(slices.Repeat([]byte{1}, s.pixels), make([]byte, 8-s.pixels))...)
	}
	set := elements{
		0x0020_0052: "1.2.3", 0x0028_0008: string(rune('0' + len(frames))), 0x0028_0010: 2, 0x0028_0011: 4, 0x0028_0100: 8,
		0x0062_0001: "BINARY", 0x0062_0002: described, 0x5200_9230: frames, 0x7fe0_0010: pixels,
		0x5200_9229: []elements{{
			0x0020_9116: []elements{{0x0020_0037: `1\0\0\0\1\0`}},
			0x0028_9110: []elements{{0x0018_0050: "1", 0x0018_0088: "1", 0x0028_0030: `1\1`}},
		}},
	}
	class := "1.2.840.10008.5.1.4.1.1.66.4"
	if labelMap {
		class = "1.2.840.10008.5.1.4.1.1.66.7"
		set[0x0062_0001], set[0x0028_0008], set[0x7fe0_0010] = "LABELMAP", "1", append(map8, make([]byte, 8-len(map8))...)
		set[0x5200_9230] = []elements{{0x0020_9113: []elements{{0x0020_0032: `0\0\0`}}}}
	}
	return object(class, set)
}
