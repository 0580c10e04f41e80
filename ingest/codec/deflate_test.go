package codec_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

const deflatedFrames = "1.2.840.10008.1.2.8.1"

// deflated compresses a frame as the standard has it.
func deflated(t testing.TB, native []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(native); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len()%2 == 1 {
		b.WriteByte(0)
	}
	return b.Bytes()
}

func TestDeflatedFrames(t *testing.T) {
	native := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	p := codec.Params{Rows: 2, Columns: 3, SamplesPerPixel: 1, BitsAllocated: 16, BitsStored: 16}
	bits := codec.Params{Rows: 5, Columns: 5, SamplesPerPixel: 1, BitsAllocated: 1, BitsStored: 1}
	for _, tt := range []struct {
		name  string
		frame []byte
		p     codec.Params
		want  []byte
		code  ingest.Code
	}{
		{"words", deflated(t, native), p, native, ""},
		{"bits", deflated(t, []byte{255, 1, 2, 1}), bits, []byte{255, 1, 2, 1}, ""},
		{"too short", deflated(t, native[:11]), p, nil, ingest.CodeMalformed},
		{"too long", deflated(t, append(native, 1, 2)), p, nil, ingest.CodePixelLength},
		{"a bomb", deflated(t, make([]byte, 100<<20)), p, nil, ingest.CodePixelLength},
		{"rubbish", []byte{0xff, 0xff, 0xff, 0xff}, p, nil, ingest.CodeMalformed},
	} {
		var d codec.Decoder
		got, err := d.Decode(nil, deflatedFrames, tt.frame, tt.p)
		if !bytes.Equal(got, tt.want) || ingest.ReasonOf(err).Code != tt.code && (err != nil || tt.code != "") {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

func FuzzDeflated(f *testing.F) {
	f.Add(deflated(f, make([]byte, 12)), uint8(2), uint8(3), uint8(16))
	f.Add(deflated(f, []byte{255, 1, 2, 1}), uint8(5), uint8(5), uint8(1))
	var d codec.Decoder
	f.Fuzz(func(t *testing.T, frame []byte, rows, columns, bits uint8) {
		p := codec.Params{Rows: int(rows), Columns: int(columns), SamplesPerPixel: 1, BitsAllocated: int(bits), BitsStored: int(bits)}
		pixels, err := d.Decode(nil, deflatedFrames, frame, p)
		var rejection *ingest.Rejection
		switch {
		case err == nil && len(pixels) != (int(rows)*int(columns)*int(bits)+7)/8:
			t.Errorf("%d bytes for %+v", len(pixels), p)
		case err != nil && (!errors.As(err, &rejection) || rejection.Reason.Code == ingest.CodeInternal):
			t.Errorf("an error that does not blame the frame: %v", err)
		}
	})
}
