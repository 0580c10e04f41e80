package codec_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

// fuzz decodes whatever it is given in one of the transfer syntaxes whose UID
// begins with a prefix: the result has the header's size or is a rejection that
// blames the frame.
func fuzz(f *testing.F, prefixes ...string) {
	list, data := keptFrames(f)
	var syntaxes []string
	seed := 0
	for i, k := range list {
		for _, prefix := range prefixes {
			if strings.HasPrefix(k.Syntax, prefix) {
				syntaxes, seed = append(syntaxes, k.Syntax), i
				f.Add(data[i], uint16(k.Params.Rows), uint16(k.Params.Columns), uint8(k.Params.BitsAllocated), uint8(k.Params.BitsStored))
			}
		}
	}
	var d codec.Decoder
	f.Cleanup(d.Close)
	// A first frame may compile a module, which takes longer than one input may,
	// and a first one in a thousand layers another.
	d.Decode(nil, syntaxes[0], data[seed], list[seed].Params)
	d.Decode(nil, syntaxes[0], bytes.Replace(data[seed], []byte("\xff\x52\x00\x0c\x00\x00\x00\x01"), []byte("\xff\x52\x00\x0c\x00\x00\x04\x01"), 1), list[seed].Params)
	f.Fuzz(func(t *testing.T, frame []byte, rows, columns uint16, allocated, stored uint8) {
		p := codec.Params{
			Rows: int(rows), Columns: int(columns), SamplesPerPixel: 1,
			BitsAllocated: int(allocated), BitsStored: int(stored), Signed: stored%2 == 1,
		}
		if int(rows)*int(columns) > 1<<20 {
			return // what is large is only slow
		}
		pixels, err := d.Decode(nil, syntaxes[0], frame, p)
		var rejection *ingest.Rejection
		switch {
		case err == nil && len(pixels) != p.Rows*p.Columns*p.BitsAllocated/8:
			t.Errorf("%d bytes for %+v", len(pixels), p)
		case err != nil && (!errors.As(err, &rejection) || rejection.Reason.Code == ingest.CodeInternal):
			t.Errorf("an error that does not blame the frame: %v", err)
		}
	})
}

func FuzzRLE(f *testing.F)          { fuzz(f, "1.2.840.10008.1.2.5") }
func FuzzJPEGLossless(f *testing.F) { fuzz(f, "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70") }
func FuzzJPEGLS(f *testing.F)       { fuzz(f, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81") }
func FuzzJPEG2000(f *testing.F)     { fuzz(f, "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91") }
