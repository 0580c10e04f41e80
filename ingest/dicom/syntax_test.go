package dicom_test

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

const deflatedLE = "1.2.840.10008.1.2.1.99"

// deflated compresses the data set of an object.
func deflated(t testing.TB, o object) []byte {
	t.Helper()
	body := object{elements: o.elements, vrs: o.vrs, tail: o.tail}.bytes()
	out := bytes.NewBuffer(object{syntax: deflatedLE}.bytes())
	w, err := flate.NewWriter(out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// swapped exchanges the bytes of each word, as big endian has them.
func swapped(p pixelBytes, word int) pixelBytes {
	out := make(pixelBytes, len(p))
	for i := range p {
		out[i] = p[i/word*word+word-1-i%word]
	}
	return out
}

func TestTheSameValuesInEveryNativeSyntax(t *testing.T) {
	words := pixelBytes{0, 0, 1, 0, 0xff, 0xff, 0, 0x80, 0xff, 0x7f, 10, 0}
	want := [][]float64{{0, 0.5, -0.5, -16384, 16383.5, 5}}
	for name, data := range map[string][]byte{
		"explicit little endian": sample().bytes(),
		"implicit little endian": sample().in(implicitLE).bytes(),
		"explicit big endian":    sample().in(bigEndian).with(0x7fe00010, swapped(words, 2)).bytes(),
		"deflated":               deflated(t, sample()),
		"no meta information":    sample().in("").bytes(),
	} {
		if diff := cmp.Diff(want, values(t, data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		found := dicom.Options{}.ReadHeader(data, int64(len(data)))
		if found.Fault.Code != "" {
			t.Errorf("%s: %v", name, found.Fault)
		}
	}
}

// Bytes in words of big endian have changed places; in a value of OB not.
func TestEightBitsInBigEndian(t *testing.T) {
	bytes8 := pixelBytes{0, 1, 0xff, 0x80, 0x7f, 10}
	o := sample().in(bigEndian).with(0x00280100, []uint16{8}).with(0x00280101, []uint16{8}).with(0x00280102, []uint16{7})
	want := [][]float64{{0, 0.5, -0.5, -64, 63.5, 5}}
	if diff := cmp.Diff(want, values(t, o.with(0x7fe00010, swapped(bytes8, 2)).bytes())); diff != "" {
		t.Errorf("OW (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, values(t, o.with(0x7fe00010, bytes8).as(0x7fe00010, "OB").bytes())); diff != "" {
		t.Errorf("OB (-want +got):\n%s", diff)
	}
}

func TestFloatingPointPixels(t *testing.T) {
	// 0, 1.5, -2, 2^-10, 1e6 and 3 in IEEE 754, single precision.
	single := pixelBytes{0, 0, 0, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3a, 0, 0x24, 0x74, 0x49, 0, 0, 0x40, 0x40}
	o := sample().with(0x7fe00010, nil).with(0x7fe00008, single).as(0x7fe00008, "OF").with(0x00280100, []uint16{32}).with(0x00281053, "2")
	want := [][]float64{{0, 3, -4, 0.001953125, 2e6, 6}}
	if diff := cmp.Diff(want, values(t, o.bytes())); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if found := read(o.with(0x00280100, []uint16{16})); found.Fault.Code != ingest.CodePixelLength {
		t.Errorf("16 bits for a number of 32: %v", found.Fault)
	}
}

// encapsulated is sample with its pixels as fragments, behind an offset table.
func encapsulated(o object, syntax string, table pixelBytes, fragments ...pixelBytes) object {
	o = o.in(syntax).with(0x7fe00010, nil)
	tail := []byte("\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff")
	for _, f := range append([]pixelBytes{table}, fragments...) {
		tail = append(tail, 0xfe, 0xff, 0x00, 0xe0, byte(len(f)), byte(len(f)>>8), 0, 0)
		tail = append(tail, f...)
	}
	o.tail = append(tail, "\xfe\xff\xdd\xe0\x00\x00\x00\x00"...)
	return o
}

const rleLossless = "1.2.840.10008.1.2.5"

// rle is an RLE frame (PS3.5, annex G) of literal runs: the upper bytes of the
// words first, then the lower ones.
func rle(words pixelBytes) pixelBytes {
	n := len(words) / 2
	frame := make(pixelBytes, 64)
	frame[0], frame[4] = 2, 64
	frame[8] = byte(64 + 1 + n + (1+n)%2)
	for plane := range 2 {
		frame = append(frame, byte(n-1))
		for i := range n {
			frame = append(frame, words[2*i+1-plane])
		}
		if len(frame)%2 != 0 {
			frame = append(frame, 0x80) // no operation
		}
	}
	return frame
}

func TestFragmentsMakeFrames(t *testing.T) {
	one := sample().elements[0x7fe00010].(pixelBytes)
	want := [][]float64{{0, 0.5, -0.5, -16384, 16383.5, 5}}
	frame := rle(one)
	for name, o := range map[string]object{
		"one fragment":              encapsulated(sample(), rleLossless, nil, frame),
		"one fragment with a table": encapsulated(sample(), rleLossless, pixelBytes{0, 0, 0, 0}, frame),
		"three fragments":           encapsulated(sample(), rleLossless, nil, frame[:10], frame[10:66], frame[66:]),
		"an empty fragment":         encapsulated(sample(), rleLossless, nil, nil, frame),
	} {
		if diff := cmp.Diff(want, values(t, o.bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	all := multi().elements[0x7fe00010].(pixelBytes)
	a, b, c, d := rle(all[:4]), rle(all[4:8]), rle(all[8:12]), rle(all[12:])
	size := byte(8 + len(a))
	table := pixelBytes{0, 0, 0, 0, 8 + size, 0, 0, 0, 8 + 2*size, 0, 0, 0, 8 + 3*size, 0, 0, 0}
	want = values(t, multi().bytes())
	for name, o := range map[string]object{
		"a fragment a frame":         encapsulated(multi(), rleLossless, nil, a, b, c, d),
		"two fragments of the first": encapsulated(multi(), rleLossless, table, a[:20], a[20:], b, c, d),
	} {
		if diff := cmp.Diff(want, values(t, o.bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFragmentsThatMakeNoFrames(t *testing.T) {
	frame := rle(sample().elements[0x7fe00010].(pixelBytes))
	whole := encapsulated(sample(), rleLossless, nil, frame).bytes()
	for name, tt := range map[string]struct {
		data []byte
		code ingest.Code
	}{
		"no fragment":             {encapsulated(sample(), rleLossless, nil).bytes(), ingest.CodePixelLength},
		"no delimiter":            {whole[:len(whole)-8], ingest.CodeTruncated},
		"cut in a fragment":       {whole[:len(whole)-20], ingest.CodeTruncated},
		"native pixels":           {sample().in(rleLossless).bytes(), ingest.CodePixelLength},
		"frames missing":          {encapsulated(multi(), rleLossless, nil, frame).bytes(), ingest.CodeMalformed},
		"frames in another order": {encapsulated(multi(), rleLossless, pixelBytes{0, 0, 0, 0, 200, 0, 0, 0, 100, 0, 0, 0, 44, 1, 0, 0}, frame, frame, frame, frame).bytes(), ingest.CodeMalformed},
		"no length":               {encapsulated(sample(), explicitLE, nil, frame).bytes(), ingest.CodePixelLength},
	} {
		var d dicom.Decoder
		err := d.Read(bytes.NewReader(tt.data), int64(len(tt.data)), func(*dicom.Slice) error { return nil })
		if code := ingest.ReasonOf(err).Code; code != tt.code && !(name == "frames missing" && code != "") {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

// However an object comes in pieces, and whichever object was read before, it
// gives the same values.
func TestPiecesDoNotMatter(t *testing.T) {
	var d dicom.Decoder
	big := multi()
	pad := make(pixelBytes, 3<<20)
	for _, o := range []object{big, big.with(0x00091001, pad).as(0x00091001, "OB")} {
		data := o.bytes()
		want := values(t, data)
		for name, r := range map[string]io.Reader{
			"halves": iotest.HalfReader(bytes.NewReader(data)), "with the error": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			var got [][]float64
			err := d.Read(r, int64(len(data)), func(s *dicom.Slice) error {
				got = append(got, s.AppendValues(nil))
				return nil
			})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
		}
	}
}

// A deflated object may claim anything and inflate to anything.
func TestADeflatedBombIsBounded(t *testing.T) {
	o := sample().with(0x00091001, make(pixelBytes, 200<<20)).as(0x00091001, "OB")
	data := deflated(t, o)
	if found := (dicom.Options{}).ReadHeader(data, int64(len(data))); found.Fault.Code != ingest.CodeTooLarge {
		t.Errorf("header: %v", found.Fault)
	}
	var d dicom.Decoder
	if _, err := d.Decode(data); ingest.ReasonOf(err).Code != ingest.CodeTooLarge {
		t.Errorf("Decode: %v", err)
	}
	cut := deflated(t, sample())
	for _, n := range []int{len(cut) / 2, len(cut) - 12} {
		if _, err := d.Decode(cut[:n]); ingest.ReasonOf(err).Code != ingest.CodeTruncated {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		broken := bytes.Clone(cut)
		broken[200+rng.IntN(len(broken)-200)] ^= byte(1 + rng.IntN(255))
		_, _ = d.Decode(broken) // must not panic
	}
}
