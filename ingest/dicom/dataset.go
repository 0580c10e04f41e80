package dicom

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// parsed returns the values with those that need the library as it reads
// them: free text, in UTF-8, and what lies in sequences. Numbers, times and
// UIDs are plain ASCII and stay as they are. A character set that the library
// does not know is ignored.
func (v *values) parsed() (values, error) {
	out := *v
	err := out.parse(v.encode())
	if err != nil && v[charset] != nil {
		plain := *v
		plain[charset] = nil
		err = out.parse(plain.encode())
	}
	return out, err
}

// parse takes what the library reads in a file made by encode.
func (v *values) parse(data []byte) (err error) {
	defer func() {
		if recover() != nil { // the library panics on some character sets
			err = fmt.Errorf("the library does not read this header")
		}
	}()
	set, err := dicom.Parse(bytes.NewReader(data), int64(len(data)), nil,
		dicom.AllowUnknownSpecificCharacterSet(), dicom.SkipProcessingPixelDataValue())
	if err != nil {
		return fmt.Errorf("the library does not read this header")
	}
	v.gather(set.Elements, top)
	return nil
}

// gather takes the fields of one scope from a parsed data set.
func (v *values) gather(elements []*dicom.Element, s scope) {
	for _, e := range elements {
		f, ok := fieldOf(s, uint32(e.Tag.Group)<<16|uint32(e.Tag.Element))
		if !ok {
			continue
		}
		switch x := e.Value.GetValue().(type) {
		case []string:
			v[f] = []byte(strings.Join(x, `\`))
		case []byte: // of a representation that the library does not know, as private ones are
			v[f] = x
		case []int:
			if len(x) == 1 {
				v[f] = binary.LittleEndian.AppendUint16(nil, uint16(x[0]))
			}
		case []*dicom.SequenceItemValue:
			if len(x) > 0 {
				v.gather(x[0].GetValue().([]*dicom.Element), inside(keys[f].tag))
			}
		}
	}
}

// encode writes the values that need the library as a file in explicit VR
// little endian, in the representations that the standard gives them,
// whatever the original had.
func (v *values) encode() []byte {
	const syntax = syntaxExplicit + "\x00" // of even length
	out := make([]byte, 128, 2048)
	out = append(out, "DICM"...)
	out = binary.LittleEndian.AppendUint32(appendHead(out, tagOf(tag.FileMetaInformationGroupLength), "UL", 4), uint32(8+len(syntax)))
	out = append(appendHead(out, tagOf(tag.TransferSyntaxUID), "UI", len(syntax)), syntax...)
	return v.appendScope(out, top)
}

func tagOf(t tag.Tag) uint32 { return uint32(t.Group)<<16 | uint32(t.Element) }

// appendScope appends the fields of one scope and the sequences in it.
func (v *values) appendScope(out []byte, s scope) []byte {
	for f, k := range keys {
		switch {
		case k.scope != s:
		case k.vr == "SQ":
			out = v.appendSequence(out, k)
		case v[f] == nil, s == top && k.vr != "LO" && field(f) != charset:
		default:
			out = append(appendHead(out, k.tag, k.vr, len(v[f])+len(v[f])%2), v[f]...)
			if len(v[f])%2 != 0 {
				out = append(out, ' ')
			}
		}
	}
	return out
}

// appendSequence appends a sequence of one item. Its lengths are written when
// they are known.
func (v *values) appendSequence(out []byte, k key) []byte {
	out = appendTag(out, k.tag)
	out = append(out, "SQ\x00\x00"...)
	at := len(out)
	out = appendTag(append(out, 0, 0, 0, 0), tagItem)
	out = v.appendScope(append(out, 0, 0, 0, 0), inside(k.tag))
	binary.LittleEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	binary.LittleEndian.PutUint32(out[at+8:], uint32(len(out)-at-12))
	return out
}

// appendHead appends the head of an element with a length of two bytes.
func appendHead(out []byte, tag uint32, vr string, length int) []byte {
	out = append(appendTag(out, tag), vr...)
	return binary.LittleEndian.AppendUint16(out, uint16(length))
}

func appendTag(out []byte, tag uint32) []byte {
	out = binary.LittleEndian.AppendUint16(out, uint16(tag>>16))
	return binary.LittleEndian.AppendUint16(out, uint16(tag))
}
