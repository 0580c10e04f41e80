package dicom_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

func TestSequencesNestToABoundedDepth(t *testing.T) {
	nest := func(levels int) object {
		inner := map[uint32]any{0x00080104: "core"}
		for range levels {
			inner = map[uint32]any{0x00091002: items{inner}}
		}
		return sample().with(0x00091002, items{inner})
	}
	undefined := func(levels int) object {
		o := sample()
		delete(o.elements, 0x7fe00010)
		for range levels {
			o.tail = append(o.tail, "\x55\x60\x02\x10SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"...)
		}
		for range levels {
			o.tail = append(o.tail, "\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00"...)
		}
		o.tail = append(o.tail, "\xe0\x7f\x10\x00OW\x00\x00\x0c\x00\x00\x00............"...)
		return o
	}
	tests := []struct {
		name   string
		object object
		code   ingest.Code
	}{
		{"12 levels of known length", nest(12), ""},
		{"1 level without length", undefined(1), ""},
		{"16 levels without length", undefined(16), ""},
		{"17 levels without length", undefined(17), ingest.CodeMalformed},
		{"100,000 levels without length", undefined(100_000), ingest.CodeMalformed},
	}
	for _, tt := range tests {
		if found := read(tt.object); found.Fault.Code != tt.code {
			t.Errorf("%s: fault %v", tt.name, found.Fault)
		}
	}
}

func TestAnyByteMayBeWrong(t *testing.T) {
	for _, syntax := range []string{explicitLE, implicitLE, bigEndian} {
		data := sample().in(syntax).bytes()
		var d dicom.Decoder
		for i := range data {
			was := data[i]
			for _, b := range []byte{0, 1, 0x7f, 0xff, was ^ 1, was ^ 0x20} {
				data[i] = b
				found := dicom.Options{}.ReadHeader(data, int64(len(data)))
				if _, err := json.Marshal(found); err != nil || !utf8.ValidString(fmt.Sprint(found.Header.Soft)) {
					t.Fatalf("byte %d as %#x: the ledger cannot keep this: %v", i, b, err)
				}
				s, err := d.Decode(data)
				if err != nil && strings.Contains(err.Error(), "in an image that is not blank") {
					continue // which only the pixels tell
				}
				if sound := found.Fault.Code == ""; sound != (err == nil) || sound && s.Instance != found.Instance {
					t.Fatalf("byte %d as %#x: the header has the fault %v, decoding %v", i, b, found.Fault, err)
				}
			}
			data[i] = was
		}
	}
}

func TestALengthBeyondTheObjectTakesNoMemory(t *testing.T) {
	data := append(sample().with(0x7fe00010, nil).bytes(), "\xe0\x7f\x10\x00OB\x00\x00\xfe\xff\xff\xff"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := dicom.Options{}.ReadHeader(data, int64(len(data)))
	runtime.ReadMemStats(&after)
	if found.Fault.Code != ingest.CodeTruncated {
		t.Errorf("fault %v", found.Fault)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes for an object of %d", n, len(data))
	}
}
