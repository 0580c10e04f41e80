package phantom

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// A decimal is a number as a decimal string of DICOM holds it: at most 16
// characters. Whoever computes with the number must use value, which is what
// a reader gets.
type decimal struct {
	text  string
	value float64
}

// newDecimal rounds x to as many digits as fit.
func newDecimal(x float64) decimal {
	for digits := 15; ; digits-- {
		if text := strconv.FormatFloat(x, 'g', digits, 64); len(text) <= 16 {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				panic("phantom: a formatted number cannot be read: " + err.Error())
			}
			return decimal{text, value}
		}
	}
}

// decimals joins numbers to a value of several decimal strings.
func decimals(numbers ...float64) string {
	texts := make([]string, len(numbers))
	for i, x := range numbers {
		texts[i] = newDecimal(x).text
	}
	return strings.Join(texts, `\`)
}

// A tag is the number of an element: its group in the upper half.
type tag uint32

// A text is an element whose value is a string.
type text struct {
	tag   tag
	vr    string
	value string
}

// An encoder writes elements of DICOM in little endian. They must come in the
// order of their tags.
//
// Source: DICOM PS3.5, 7.1.
type encoder struct {
	buf      []byte
	implicit bool // without value representations
}

// head writes what stands before a value of n bytes.
func (e *encoder) head(t tag, vr string, n int) {
	e.buf = binary.LittleEndian.AppendUint16(e.buf, uint16(t>>16))
	e.buf = binary.LittleEndian.AppendUint16(e.buf, uint16(t))
	switch {
	case e.implicit || vr == "":
		e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(n))
	case vr == "OB" || vr == "OW" || vr == "SQ":
		e.buf = append(e.buf, vr[0], vr[1], 0, 0)
		e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(n))
	default:
		e.buf = append(e.buf, vr[0], vr[1])
		e.buf = binary.LittleEndian.AppendUint16(e.buf, uint16(n))
	}
}

// texts writes elements that hold strings, padded to an even length.
func (e *encoder) texts(elements ...text) {
	for _, t := range elements {
		odd := len(t.value) % 2
		e.head(t.tag, t.vr, len(t.value)+odd)
		e.buf = append(e.buf, t.value...)
		if odd == 1 {
			e.buf = append(e.buf, padding(t.vr))
		}
	}
}

func padding(vr string) byte {
	if vr == "UI" {
		return 0
	}
	return ' '
}

// short writes an element that holds one number of 16 bits.
func (e *encoder) short(t tag, n int) {
	e.head(t, "US", 2)
	e.buf = binary.LittleEndian.AppendUint16(e.buf, uint16(n))
}

// sequence writes a sequence of one item, all lengths given.
func (e *encoder) sequence(t tag, write func(item *encoder)) {
	item := encoder{implicit: e.implicit}
	write(&item)
	e.head(t, "SQ", len(item.buf)+8)
	e.head(0xFFFE_E000, "", len(item.buf))
	e.buf = append(e.buf, item.buf...)
}

// The transfer syntaxes that the scanner writes.
const (
	implicitLittle = "1.2.840.10008.1.2"
	explicitLittle = "1.2.840.10008.1.2.1"
)

// implementation names this writer, as the file's own header must.
const implementation = "2.25.171226419026841706093153906243741"

// newFile returns an encoder that stands behind the file's own header.
//
// Source: DICOM PS3.10, 7.1.
func newFile(class, instance string, implicit bool) *encoder {
	syntax := explicitLittle
	if implicit {
		syntax = implicitLittle
	}
	var meta encoder // always explicit
	meta.head(0x0002_0001, "OB", 2)
	meta.buf = append(meta.buf, 0, 1)
	meta.texts(
		text{0x0002_0002, "UI", class},
		text{0x0002_0003, "UI", instance},
		text{0x0002_0010, "UI", syntax},
		text{0x0002_0012, "UI", implementation},
		text{0x0002_0013, "SH", "SYNTHETIC_1"},
	)
	e := encoder{buf: make([]byte, 128, 4096)}
	e.buf = append(e.buf, "DICM"...)
	e.head(0x0002_0000, "UL", 4)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(len(meta.buf)))
	e.buf = append(e.buf, meta.buf...)
	e.implicit = implicit
	return &e
}
