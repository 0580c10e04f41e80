package dicom_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// segment describes one segment.
func segment(number uint16, label string) map[uint32]any {
	return map[uint32]any{0x00620004: []uint16{number}, 0x00620005: label}
}

// frame places one frame and says which segment it shows.
func frame(number uint16, position string) map[uint32]any {
	return map[uint32]any{
		0x00209113: items{{0x00200032: position}},
		0x0062000a: items{{0x0062000b: []uint16{number}}},
	}
}

// binarySegments is a segmentation of 3 × 3 pixels, so that frames begin within a
// byte. Segment 2 has the last pixel of slice z = 10 and the first of z = 4;
// segment 1 the middle of z = 4. Slices z = 6 and 8 are left out, and the
// frames are in no order.
func binarySegments() object {
	return object{syntax: explicitLE, elements: map[uint32]any{
		0x00080005: "ISO_IR 100",
		0x00080016: "1.2.840.10008.5.1.4.1.1.66.4",
		0x00200052: "1.2.3.3",
		0x00280008: "3",
		0x00280010: []uint16{3},
		0x00280011: []uint16{3},
		0x00280100: []uint16{1},
		0x00620001: "BINARY",
		0x00620002: items{segment(1, "Kleinhirn r\xfcck"), segment(2, "Putamen")},
		0x52009229: items{{
			0x00209116: items{{0x00200037: `1\0\0\0\1\0`}},
			0x00289110: items{{0x00180050: "2", 0x00180088: "2", 0x00280030: `1.5\2.5`}},
		}},
		0x52009230: items{frame(2, `-10\-20\10`), frame(1, `-10\-20\4`), frame(2, `-10\-20\4`)},
		// Bits 8, 9 + 4 and 18, from the least significant bit of byte 0.
		0x7fe00010: pixelBytes{0, 1 | 1<<5, 1 << 2, 0},
	}}
}

func fractional() object {
	o := binarySegments()
	for tag, v := range map[uint32]any{
		0x00280100: []uint16{8}, 0x00620001: "FRACTIONAL", 0x0062000e: []uint16{200}, 0x00620010: "PROBABILITY",
		0x00280008: "1", 0x52009230: items{frame(2, `-10\-20\4`)},
		0x7fe00010: pixelBytes{0, 0, 0, 0, 50, 200, 0, 0, 201, 0},
	} {
		o = o.with(tag, v)
	}
	return o
}

func labelMap() object {
	o := binarySegments()
	for tag, v := range map[uint32]any{
		0x00080016: "1.2.840.10008.5.1.4.1.1.66.7",
		0x00280100: []uint16{16}, 0x00620001: "LABELMAP", 0x00280120: []uint16{7},
		0x00280008: "2", 0x00280010: []uint16{1}, 0x00280011: []uint16{2},
		0x00620002: items{segment(7, "Background"), segment(300, "Putamen")},
		0x52009230: items{{0x00209113: items{{0x00200032: `0\0\4`}}}, {0x00209113: items{{0x00200032: `0\0\2`}}}},
		0x7fe00010: pixelBytes{7, 0, 0x2c, 1, 0x2c, 1, 7, 0},
	} {
		o = o.with(tag, v)
	}
	return o
}

func contour(kind, data string) map[uint32]any {
	return map[uint32]any{0x30060042: kind, 0x30060050: data}
}

func structureSet() object {
	return object{syntax: implicitLE, elements: map[uint32]any{
		0x00080016: "1.2.840.10008.5.1.4.1.1.481.3",
		0x30060010: items{{0x00200052: "1.2.3.3"}},
		0x30060020: items{
			{0x30060022: "4", 0x30060026: "Caudate"},
			{0x30060022: "5", 0x30060024: "1.2.3.9", 0x30060026: "Marker"},
		},
		0x30060039: items{
			{0x30060084: "4", 0x30060040: items{
				contour("CLOSED_PLANAR", `1\2\3\4\2\3\4\5\3`),
				contour("CLOSEDPLANAR_XOR", `2\3\3\3\3\3\3\4\3`),
			}},
			{0x30060084: "5", 0x30060040: items{contour("POINT", `1\2\3`)}},
		},
	}}
}

func regionsOf(t *testing.T, o object) ingest.Segmentation {
	t.Helper()
	s, err := dicom.Options{}.ReadRegions(o.bytes())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBinarySegmentsAreUnpackedAcrossFrames(t *testing.T) {
	for _, syntax := range []string{explicitLE, implicitLE} {
		s := regionsOf(t, binarySegments().in(syntax))
		want := &ingest.Layers{
			Geometry: ingest.Geometry{Size: [3]int{3, 3, 4}, Affine: ingest.Affine{
				{-2.5, 0, 0, 10}, {0, -1.5, 0, 20}, {0, 0, 2, 4},
			}},
			Regions: []ingest.Layer{
				{Index: 1, Name: "Kleinhirn rück", First: [3]int{1, 1, 0}, Size: [3]int{1, 1, 1}, Weight: []uint16{65535}},
				{Index: 2, Name: "Putamen", First: [3]int{0, 0, 0}, Size: [3]int{3, 3, 4}, Weight: make([]uint16, 36)},
			},
		}
		want.Regions[1].Weight[0], want.Regions[1].Weight[35] = 65535, 65535
		if !reflect.DeepEqual(zeroed(s.Layers), want) || s.FrameOfReferenceUID != "1.2.3.3" || s.Warnings != nil {
			t.Errorf("%s: got %+v", syntax, s.Layers)
		}
	}
}

// Slices that were left out because nothing was in them are there by the
// thickness of the others, where no spacing says so.
func TestSparseSegmentsKeepTheThicknessOfTheirSlices(t *testing.T) {
	shared := items{{
		0x00209116: items{{0x00200037: `1\0\0\0\1\0`}},
		0x00289110: items{{0x00180050: "2", 0x00280030: `1.5\2.5`}},
	}}
	s := regionsOf(t, binarySegments().with(0x52009229, shared))
	if g := s.Layers.Geometry; g.Size != [3]int{3, 3, 4} || g.Affine[2][2] != 2 || len(s.Warnings) != 1 || s.Warnings[0].Value != 2 {
		t.Errorf("%+v, warnings %+v", g, s.Warnings)
	}
}

// zeroed makes −0 of an affine 0.
func zeroed(l *ingest.Layers) *ingest.Layers {
	for r := range l.Geometry.Affine {
		for c := range l.Geometry.Affine[r] {
			l.Geometry.Affine[r][c] += 0
		}
	}
	return l
}

func TestFractionsAreOfTheLargestValue(t *testing.T) {
	s := regionsOf(t, fractional())
	got := s.Layers.Regions[1]
	want := ingest.Layer{Index: 2, Name: "Putamen", First: [3]int{1, 1, 0}, Size: [3]int{2, 2, 1},
		Weight: []uint16{16384, 65535, 0, 65535}} // 50/200, 200/200, 0 and 201/200, which is clipped
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if len(s.Warnings) != 1 || s.Warnings[0].Value != 1 || s.Warnings[0].Code != ingest.WarnLabels {
		t.Errorf("warnings %+v", s.Warnings)
	}
	if empty := s.Layers.Regions[0]; len(empty.Weight) != 0 {
		t.Errorf("a segment without frames has %+v", empty)
	}
}

func TestLabelMapsHaveABackground(t *testing.T) {
	s := regionsOf(t, labelMap())
	if want := []int32{300, 0, 0, 300}; !slices.Equal(s.Labels.Index, want) { // z = 2, then z = 4
		t.Errorf("got %v, want %v", s.Labels.Index, want)
	}
	if want := map[int32]string{300: "Putamen"}; !reflect.DeepEqual(s.Labels.Names, want) {
		t.Errorf("names %v", s.Labels.Names)
	}
}

// The same label map with its frames in RLE.
func TestACompressedLabelMapHasItsLabels(t *testing.T) {
	pixels := labelMap().elements[0x7fe00010].(pixelBytes)
	got := regionsOf(t, encapsulated(labelMap(), rleLossless, nil, rle(pixels[:4]), rle(pixels[4:])))
	if want := regionsOf(t, labelMap()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := (dicom.Options{}).ReadRegions(encapsulated(labelMap(), rleLossless, nil, rle(pixels[:4])).bytes()); err == nil {
		t.Error("a frame is missing and nobody says so")
	}
}

func TestContoursAreTurnedToRAS(t *testing.T) {
	s := regionsOf(t, structureSet())
	want := []ingest.Outline{{Index: 4, Name: "Caudate", Contours: []ingest.Contour{
		{{-1, -2, 3}, {-4, -2, 3}, {-4, -5, 3}},
		{{-2, -3, 3}, {-3, -3, 3}, {-3, -4, 3}},
	}}}
	if !reflect.DeepEqual(s.Outlines.Regions, want) || s.FrameOfReferenceUID != "1.2.3.3" {
		t.Errorf("got %+v in %q", s.Outlines.Regions, s.FrameOfReferenceUID)
	}
	if len(s.Warnings) != 2 { // the point, and the region that has nothing else
		t.Errorf("warnings %+v", s.Warnings)
	}
}

func TestFaultyRegionsAreNamed(t *testing.T) {
	turned := frame(1, `-10\-20\4`)
	turned[0x00209116] = items{{0x00200037: `0\1\0\1\0\0`}}
	many := items{}
	for range 3 {
		many = append(many, segment(1, "Same"))
	}
	tests := map[string]struct {
		o    object
		want string
	}{
		"pixels that are not there":       {binarySegments().with(0x00280008, "2000000000").with(0x00280010, []uint16{4096}).with(0x00280011, []uint16{4096}), "PixelData has 4 bytes"},
		"one byte too many":               {binarySegments().with(0x7fe00010, pixelBytes{0, 0, 0, 0, 0, 0}), "PixelData has 6 bytes"},
		"no pixels":                       {binarySegments().with(0x7fe00010, nil), "before its pixel data"},
		"an unknown type":                 {binarySegments().with(0x00620001, "SPECIAL"), "SegmentationType"},
		"a segment twice":                 {binarySegments().with(0x00620002, many), "two segments have the number 1"},
		"a frame of no segment":           {binarySegments().with(0x00620002, items{segment(1, "A")}), "not described"},
		"fewer places than frames":        {binarySegments().with(0x52009230, items{frame(1, `0\0\0`)}), "1 of its 3 frames"},
		"more places than frames":         {binarySegments().with(0x00280008, "1").with(0x7fe00010, pixelBytes{0, 0}), "more than its 1 frames"},
		"a turned frame":                  {binarySegments().with(0x52009230, items{frame(2, `-10\-20\10`), turned, frame(2, `-10\-20\4`)}), "frame 2 has a different orientation"},
		"a position that is not a number": {binarySegments().with(0x52009230, items{frame(2, `-10\NaN\10`), frame(1, `0\0\0`), frame(1, `0\0\0`)}), "frame 1 has no valid"},
		"uneven slices":                   {binarySegments().with(0x52009230, items{frame(2, `0\0\10`), frame(1, `0\0\4`), frame(2, `0\0\5.3`)}), "evenly spaced"},
		"a slice that is shifted":         {binarySegments().with(0x52009230, items{frame(2, `0\0\4`), frame(1, `5\0\6`), frame(2, `0\0\8`)}), "frame 2 is 5.00 mm off"},
		"slices far apart":                {binarySegments().with(0x52009230, items{frame(2, `0\0\0`), frame(1, `0\0\2`), frame(2, `0\0\99998`)}), "evenly spaced"},
		"a compressed object":             {binarySegments().in("1.2.840.10008.1.2.4.100"), "MPEG2"},
		"big endian":                      {binarySegments().in(bigEndian), "Explicit VR Big Endian"},
		"another class":                   {sample(), "without regions"},
		"a contour of 4 numbers":          {structureSet().with(0x30060039, items{{0x30060084: "4", 0x30060040: items{contour("CLOSED_PLANAR", `1\2\3\4`)}}}), "multiple of 3"},
		"a contour that is no number":     {structureSet().with(0x30060039, items{{0x30060084: "4", 0x30060040: items{contour("CLOSED_PLANAR", `1\2\3\4\5\6\7\8\NaN`)}}}), "no number"},
		"a contour beyond everything":     {structureSet().with(0x30060039, items{{0x30060084: "4", 0x30060040: items{contour("CLOSED_PLANAR", `1\2\3\4\5\6\7\8\1e308`)}}}), "no number or is beyond"},
		"a contour of nobody":             {structureSet().with(0x30060039, items{{0x30060084: "6", 0x30060040: items{contour("CLOSED_PLANAR", `1\2\3\4\5\6\7\8\9`)}}}), "not described"},
		"only a point":                    {structureSet().with(0x30060039, items{{0x30060084: "4", 0x30060040: items{contour("POINT", `1\2\3`)}}}), "no region has a closed contour"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := dicom.Options{}.ReadRegions(test.o.bytes())
			got := ingest.ReasonOf(err)
			if got.Code != ingest.CodeRegionsUnreadable || !strings.Contains(got.Detail, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestTruncatedRegionsAreRejected(t *testing.T) {
	for _, o := range []object{binarySegments(), labelMap(), structureSet()} {
		whole := o.bytes()
		for n := range whole {
			if _, err := (dicom.Options{}).ReadRegions(whole[:n]); n < len(whole)-1 && ingest.ReasonOf(err).Code == ingest.CodeInternal {
				t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
			}
		}
	}
}

func TestDeflatedRegionsAreReadToABound(t *testing.T) {
	s, err := dicom.Options{}.ReadRegions(deflated(t, binarySegments()))
	if err != nil {
		t.Fatal(err)
	}
	if want := regionsOf(t, binarySegments()); !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	bomb := binarySegments().with(0x7fe00010, pixelBytes(make([]byte, 130<<20)))
	if _, err := (dicom.Options{}).ReadRegions(deflated(t, bomb)); err == nil || !strings.Contains(err.Error(), "is longer than") {
		t.Errorf("a bomb: %v", err)
	}
	space, err := dicom.Options{}.SpaceOf(deflated(t, structureSet()))
	if err != nil || space != "1.2.3.9" { // of the first region that names one
		t.Errorf("it lies in %q, %v", space, err)
	}
}

func TestRegionsSayTheirSpaceOrAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		o    object
		want string
	}{
		"a segmentation":            {binarySegments(), "1.2.3.3"},
		"a segmentation without":    {binarySegments().with(0x00200052, nil), ""},
		"a structure set":           {structureSet().with(0x30060020, items{{0x30060022: "4", 0x30060026: "A"}}), "1.2.3.3"},
		"a structure set without":   {structureSet().with(0x30060020, nil).with(0x30060010, nil), ""},
		"a structure set of itself": {structureSet().with(0x30060020, nil).with(0x30060010, nil).with(0x00200052, "1.2.3.4"), "1.2.3.4"},
	} {
		space, err := dicom.Options{}.SpaceOf(test.o.bytes())
		if space != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s lies in %q, %v", name, space, err)
		}
	}
}

func TestSegmentationsSayTheirColumnsAndRows(t *testing.T) {
	for name, c := range map[string]struct {
		o    object
		want [3]int
	}{
		"a label map":     {labelMap(), [3]int{2, 1, 0}},
		"segments":        {binarySegments(), [3]int{3, 3, 0}},
		"a structure set": {structureSet(), [3]int{}},
	} {
		if got := (dicom.Options{}).GridOf(c.o.bytes()); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := (dicom.Options{}).GridOf([]byte("no DICOM at all")); got != [3]int{} {
		t.Errorf("no DICOM: %v", got)
	}
}

// A few bytes must not make a grid of millions of voxels.
func TestAFewBytesTakeLittleMemory(t *testing.T) {
	o := labelMap().with(0x52009230, items{{0x00209113: items{{0x00200032: `0\0\0`}}}, {0x00209113: items{{0x00200032: `0\0\99000`}}}})
	o = o.with(0x52009229, items{{
		0x00209116: items{{0x00200037: `1\0\0\0\1\0`}},
		0x00289110: items{{0x00180050: "0.01", 0x00180088: "0.01", 0x00280030: `1.5\2.5`}},
	}})
	s, err := dicom.Options{}.ReadRegions(o.bytes())
	if err == nil && len(s.Labels.Index) > 1000 {
		t.Errorf("%d voxels for 4 pixels", len(s.Labels.Index))
	}
}

func FuzzReadRegions(f *testing.F) {
	for _, o := range []object{binarySegments(), fractional(), labelMap(), structureSet()} {
		f.Add(o.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := dicom.Options{}.ReadRegions(data)
		if err != nil {
			if ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
				t.Fatalf("not a rejection of regions: %v", err)
			}
			return
		}
		checkSegmentation(t, s)
	})
}

// checkSegmentation checks what every segmentation promises.
func checkSegmentation(t *testing.T, s ingest.Segmentation) {
	t.Helper()
	switch {
	case s.Labels != nil:
		if len(s.Labels.Index) != s.Labels.Geometry.Voxels() {
			t.Fatal("labels do not fill their grid")
		}
	case s.Layers != nil:
		for _, r := range s.Layers.Regions {
			if len(r.Weight) != r.Size[0]*r.Size[1]*r.Size[2] {
				t.Fatal("weights do not fill their box")
			}
			for i := range 3 {
				if r.First[i] < 0 || r.First[i]+r.Size[i] > s.Layers.Geometry.Size[i] {
					t.Fatal("a box outside its grid")
				}
			}
		}
	case s.Outlines != nil:
		for _, r := range s.Outlines.Regions {
			for _, c := range r.Contours {
				for _, p := range c {
					if math.IsNaN(p[0] + p[1] + p[2]) {
						t.Fatal("a coordinate that is not a number")
					}
				}
			}
		}
	default:
		t.Fatal("nothing")
	}
}
