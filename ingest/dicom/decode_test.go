package dicom_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// Six pixels in each way to store them, with their values at slope 0.5 and
// intercept 3, by hand.
func TestValuesAreStoredTimesSlopePlusIntercept(t *testing.T) {
	tests := []struct {
		name                       string
		allocated, stored, hi, neg uint16
		pixels                     pixelBytes
		want                       []float64
	}{
		{"16 bits signed", 16, 16, 15, 1,
			pixelBytes{0, 0, 1, 0, 0xff, 0xff, 0, 0x80, 0xff, 0x7f, 10, 0}, []float64{3, 3.5, 2.5, -16381, 16386.5, 8}},
		{"16 bits unsigned", 16, 16, 15, 0,
			pixelBytes{0, 0, 1, 0, 0xff, 0xff, 0, 0x80, 0xff, 0x7f, 10, 0}, []float64{3, 3.5, 32770.5, 16387, 16386.5, 8}},
		{"8 bits signed", 8, 8, 7, 1, pixelBytes{0, 1, 0xff, 0x80, 0x7f, 10}, []float64{3, 3.5, 2.5, -61, 66.5, 8}},
		{"8 bits unsigned", 8, 8, 7, 0, pixelBytes{0, 1, 0xff, 0x80, 0x7f, 10}, []float64{3, 3.5, 130.5, 67, 66.5, 8}},
		{"32 bits signed", 32, 32, 31, 1,
			pixelBytes{0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f, 10, 0, 0, 0},
			[]float64{3, 3.5, 2.5, -1073741821, 1073741826.5, 8}},
		{"32 bits unsigned", 32, 32, 31, 0,
			pixelBytes{0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f, 10, 0, 0, 0},
			[]float64{3, 3.5, 2147483650.5, 1073741827, 1073741826.5, 8}},
		{"12 of 16 bits signed, junk above", 16, 12, 11, 1,
			pixelBytes{0, 0xf0, 1, 0x70, 0xff, 0x0f, 0, 0x08, 0xff, 0xf7, 10, 0x10}, []float64{3, 3.5, 2.5, -1021, 1026.5, 8}},
		{"12 of 16 bits on top, unsigned", 16, 12, 15, 0,
			pixelBytes{0x0f, 0, 0x10, 0, 0xf0, 0xff, 0, 0x80, 0xf0, 0x7f, 0xa0, 0}, []float64{3, 3.5, 2050.5, 1027, 1026.5, 8}},
	}
	var d dicom.Decoder
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := sample().with(0x00281052, "3").with(0x7fe00010, tt.pixels).
				with(0x00280100, []uint16{tt.allocated}).with(0x00280101, []uint16{tt.stored}).
				with(0x00280102, []uint16{tt.hi}).with(0x00280103, []uint16{tt.neg})
			s, err := d.Decode(o.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.AppendValues(nil)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			sums := []float64{100, 0, 1}
			s.AddRegionSums([]ingest.Run{
				{First: 0, End: 1, Region: 1, Weight: 1}, {First: 1, End: 2, Region: 2, Weight: 1},
				{First: 1, End: 3, Region: 1, Weight: 0.25}, {First: 4, End: 6, Region: 2, Weight: 1},
			}, sums)
			want := []float64{100, tt.want[0] + (tt.want[1]+tt.want[2])/4, 1 + tt.want[1] + tt.want[4] + tt.want[5]}
			if diff := cmp.Diff(want, sums, cmp.Comparer(near)); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPaddedImageOfOddLengthIsWhole(t *testing.T) {
	o := sample().with(0x00280010, []uint16{1}).with(0x00280011, []uint16{3}).with(0x00280100, []uint16{8}).
		with(0x00280101, []uint16{8}).with(0x00280102, []uint16{7}).with(0x7fe00010, pixelBytes{1, 2, 3, 0})
	var d dicom.Decoder
	s, err := d.Decode(o.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{0.5, 1, 1.5}, s.AppendValues(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeTellsTheSameFactsAsReadHeader(t *testing.T) {
	header, instance := sampleFacts()
	var d dicom.Decoder
	s, err := d.Decode(sample().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header.Strict, s.Strict); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(instance, s.Instance); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRejectsForGood(t *testing.T) {
	ct := sample().with(0x00080016, "1.2.840.10008.5.1.4.1.1.2").bytes()
	whole := sample().bytes()
	for name, data := range map[string][]byte{"CT": ct, "cut pixels": whole[:len(whole)-1], "nothing": nil, "text": []byte("hello")} {
		var d dicom.Decoder
		if _, err := d.Decode(data); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARunBeyondTheSliceIsOurMistake(t *testing.T) {
	var d dicom.Decoder
	s, err := d.Decode(sample().bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("it passed")
		}
	}()
	s.AddRegionSums([]ingest.Run{{First: int32(s.Pixels()), End: int32(s.Pixels() + 1), Region: 1, Weight: 1}}, make([]float64, 2))
}

func TestADecoderForgetsTheLastObject(t *testing.T) {
	var d dicom.Decoder
	if _, err := d.Decode(sample().bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(sample().with(0x00281053, nil).bytes()); ingest.ReasonOf(err).Code != ingest.CodeUnits {
		t.Errorf("the slope of the object before was used: %v", err)
	}
}

// What one slice allocates is its SOPInstanceUID, whatever its size.
func TestDecodingAllocatesNoMorePerSliceThanItsName(t *testing.T) {
	data := large(256).bytes()
	sums := make([]float64, 2)
	var mask []ingest.Run
	for i := int32(1000); i < 65000; i += 2000 {
		mask = append(mask, ingest.Run{First: i, End: i + 1000, Region: 1, Weight: 1})
	}
	var d dicom.Decoder
	r := bytes.NewReader(data)
	add := func(s *dicom.Slice) error {
		s.AddRegionSums(mask, sums)
		return nil
	}
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(data)
		if err := d.Read(r, int64(len(data)), add); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1 {
		t.Errorf("%g allocations", allocs)
	}
}

// large is sample with side × side pixels that rise from 0.
func large(side int) object {
	p := make(pixelBytes, 0, 2*side*side)
	for i := range side * side {
		p = append(p, byte(i), byte(i>>8))
	}
	return sample().with(0x00280010, []uint16{uint16(side)}).with(0x00280011, []uint16{uint16(side)}).with(0x7fe00010, p)
}

func BenchmarkReadHeader(b *testing.B) {
	data := large(256).bytes()
	for b.Loop() {
		if found := (dicom.Options{}).ReadHeader(data[:12<<10], int64(len(data))); found.Fault.Code != "" {
			b.Fatal(found.Fault)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := large(256).bytes()
	var dense, sparse []ingest.Run
	for i := int32(0); i < 256*256; i += 8 {
		r := ingest.Run{First: i, End: i + 8, Region: uint16(1 + i/8%9), Weight: 1}
		if dense = append(dense, r); i%256 < 64 {
			sparse = append(sparse, r)
		}
	}
	for name, mask := range map[string][]ingest.Run{"every pixel in a region": dense, "a quarter of the pixels in regions": sparse} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var d dicom.Decoder
			sums := make([]float64, 10)
			for b.Loop() {
				s, err := d.Decode(data)
				if err != nil {
					b.Fatal(err)
				}
				s.AddRegionSums(mask, sums)
			}
		})
	}
}

// Pixels that hold a padding value are taken out of the sums again, and counted.
func TestPaddingIsNoMeasurement(t *testing.T) {
	run := []ingest.Run{{First: 0, End: 6, Region: 1, Weight: 0.5}}
	tests := []struct {
		name     string
		signed   uint16
		elements map[uint32]uint16
		padded   bool
		want     []float64 // sum of the rest and weight of the padding, by hand, slope 0.5
	}{
		{"signed", 1, map[uint32]uint16{0x00280120: 0x8000}, true, []float64{(1 + 2 - 1 + 10 + 10) * 0.5 * 0.5, 0.5}},
		{"a range, its limits in either order", 1, map[uint32]uint16{0x00280120: 0xffff, 0x00280121: 0x8000}, true, []float64{(1 + 2 + 10 + 10) * 0.5 * 0.5, 1}},
		{"unsigned", 0, map[uint32]uint16{0x00280120: 0x8000}, true, []float64{(1 + 2 + 65535 + 10 + 10) * 0.5 * 0.5, 0.5}},
		{"none of them", 1, map[uint32]uint16{0x00280120: 77}, true, []float64{(1 + 2 - 1 - 32768 + 10 + 10) * 0.5 * 0.5, 0}},
		{"a value that is 0 anyhow", 1, map[uint32]uint16{0x00280120: 0}, false, nil},
		{"no padding value", 1, nil, false, nil},
	}
	var d dicom.Decoder
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := sample().with(0x7fe00010, pixelBytes{1, 0, 2, 0, 0xff, 0xff, 0, 0x80, 10, 0, 10, 0}).with(0x00280103, []uint16{tt.signed})
			for tag, v := range tt.elements {
				o = o.with(tag, []uint16{v})
			}
			s, err := d.Decode(o.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if s.Padded() != tt.padded {
				t.Fatalf("padded: %v", s.Padded())
			}
			padding := 0
			for i := range s.Pixels() {
				if s.IsPadding(i) {
					padding++
				}
			}
			if tt.padded && float64(padding)*0.5 != tt.want[1] || !tt.padded && padding != 0 {
				t.Errorf("%d pixels are padding", padding)
			}
			if !tt.padded {
				return
			}
			sums, lost := make([]float64, 2), make([]float64, 2)
			s.AddRegionSums(run, sums)
			if any := s.TakePadding(run, sums, lost); any != (tt.want[1] > 0) {
				t.Errorf("there is padding: %v", any)
			}
			if diff := cmp.Diff(tt.want, []float64{sums[1], lost[1]}, cmp.Comparer(near)); diff != "" {
				t.Errorf("sum and weight (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzReadHeader(f *testing.F) {
	for _, o := range seeds() {
		f.Add(o.bytes(), int64(0))
	}
	f.Add([]byte("\x08\x00\x05\x00CS\x0a\x00ISO_IR 100"), int64(1<<40))
	f.Fuzz(func(t *testing.T, data []byte, more int64) {
		size := int64(len(data)) + max(more, 0)
		found := dicom.Options{}.ReadHeader(data, size)
		if found.Need != 0 && (found.Need <= int64(len(data)) || found.Need > size) {
			t.Errorf("%d bytes of %d: asks for %d", len(data), size, found.Need)
		}
		if !found.PET && found.Need == 0 && found.Fault.Code == "" {
			t.Error("no PET and no fault")
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, o := range append(seeds(), multi(), multi().in(bigEndian), multi().in(implicitLE),
		encapsulated(sample(), rleLossless, nil, rle(sample().elements[0x7fe00010].(pixelBytes))), encapsulated(multi(), rleLossless, nil)) {
		f.Add(o.bytes())
	}
	f.Add(deflated(f, sample()))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d dicom.Decoder
		defer d.Close()
		images := 0
		err := d.Read(bytes.NewReader(data), int64(len(data)), func(s *dicom.Slice) error {
			images++
			s.AddRegionSums([]ingest.Run{{End: int32(s.Pixels()), Region: 1, Weight: 1}}, make([]float64, 2))
			s.AppendValues(nil)
			return nil
		})
		if err != nil && !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("no rejection: %v", err)
		}
		if images == 0 {
			return
		}
		found := dicom.Options{}.ReadHeader(data, int64(len(data)))
		if found.Fault.Code != "" {
			t.Errorf("decoded, but the header has the fault %v", found.Fault)
		}
		if p := found.Instance.Planes; p != nil && images > len(p.At) {
			t.Errorf("%d images of %d", images, len(p.At))
		}
	})
}

func seeds() []object {
	s := sample()
	return []object{
		s, s.in(implicitLE), s.in(bigEndian), s.in(""), s.in("1.2.840.10008.1.2.1.99"), s.in("1.2.840.10008.1.2.5"),
		s.with(0x00080005, "ISO_IR 166"), s.with(0x00080016, "1.2.840.10008.5.1.4.1.1.2"),
		s.with(0x00280100, []uint16{8}), s.with(0x00541001, "CNTS").with(0x70530010, "Philips PET Private Group").with(0x70531009, "2"),
	}
}
