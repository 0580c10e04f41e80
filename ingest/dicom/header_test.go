package dicom_test

import (
	"bytes"
	"compress/gzip"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/watch"
)

var _ watch.Classifier = dicom.Options{}

func read(o object) dicom.Found {
	data := o.bytes()
	return dicom.Options{}.ReadHeader(data, int64(len(data)))
}

// sampleFacts is what sample says, written down by hand.
func sampleFacts() (ingest.Header, ingest.Instance) {
	start := time.Date(2024, 2, 29, 23, 59, 50, 250e6, time.UTC)
	return ingest.Header{
			Strict: ingest.Strict{
				SeriesInstanceUID:   "1.2.3.2",
				SOPClassUID:         "1.2.840.10008.5.1.4.1.1.128",
				FrameOfReferenceUID: "1.2.3.3",
				SeriesType:          "DYNAMIC",
				Units:               "BQML",
				DecayCorrection:     "START",
				NumberOfSlices:      5,
				NumberOfTimeSlices:  7,
				Rows:                3,
				Columns:             2,
				Orientation:         [6]float64{1, 0, 0, 0, 1, 0},
				PixelSpacing:        [2]float64{1.5, 2.25},
				HalfLife:            1224,
			},
			Soft: ingest.Soft{
				StudyInstanceUID: "1.2.3.1",
				PatientID:        "ID 17",
				SeriesStart:      start,
				Injection:        time.Date(2024, 2, 29, 23, 58, 0, 0, time.UTC),
				InjectionClock:   true,
				DoseBq:           185e6,
				WeightKg:         6.25,
				Tracer:           ingest.Radiopharmaceutical{Name: "Solution", Meaning: "DASB C-11", Code: "C-XX"},
				TracerTexts:      []string{"Solution", "DASB C-11", "Gehirn rührt [11C]DASB", "Protocol"},
				CorrectedImage:   []string{"DECY", "ATTN"},
				Manufacturer:     "ACME",
				Model:            "Ring 3",
				ReconMethod:      "OSEM",
				AttenuationCorr:  "CT",
				SliceThickness:   2.5,
				BqPerMLPerUnit:   1,
			},
		}, ingest.Instance{
			SOPInstanceUID:     "1.2.3.4.77",
			Position:           [3]float64{-10.5, -20, 30.125},
			AcquisitionTime:    time.Date(2024, 3, 1, 0, 0, 10, 500001e3, time.UTC),
			FrameReferenceTime: 30250001 * time.Microsecond,
			HasReferenceTime:   true,
			Duration:           20 * time.Second,
			DecayFactor:        1.0234,
			ImageIndex:         9,
			TransferSyntaxUID:  explicitLE,
		}
}

func TestHeaderHoldsTheFactsOfTheFile(t *testing.T) {
	header, instance := sampleFacts()
	implicit := instance
	implicit.TransferSyntaxUID = implicitLE
	mixed, lossy := header, header
	mixed.Soft.OtherTracers = 1
	lossy.Soft.Lossy = true
	nuclide := header
	nuclide.Soft.Nuclide = "^11^Carbon"
	private := header
	private.Soft.DecayOrigin = time.Date(2024, 2, 29, 23, 59, 40, 0, time.UTC)
	private.Soft.ScanStart = time.Date(2024, 2, 29, 23, 59, 45, 5e8, time.UTC)
	coded := append(items{}, sample().elements[0x00540016].(items)...)
	coded[0] = maps.Clone(coded[0])
	coded[0][0x00540300] = items{{0x00080100: "C-105A1", 0x00080104: "^11^Carbon"}}
	schemed := append(items{}, sample().elements[0x00540016].(items)...)
	schemed[0] = maps.Clone(schemed[0])
	schemed[0][0x00540304] = items{{0x00080100: "C-XX", 0x00080102: "SRT", 0x00080104: "DASB C-11"}}
	scheme := header
	scheme.Soft.Tracer.Scheme = "SRT"
	tests := []struct {
		name     string
		object   object
		header   ingest.Header
		instance ingest.Instance
	}{
		{"explicit VR", sample(), header, instance},
		{"implicit VR", sample().in(implicitLE), header, implicit},
		{"explicit VR without preamble", sample().in(""), header, instance},
		{"values that lost their representation", sample().as(0x00281053, "UN").as(0x00280010, "UN").as(0x00541001, "UN"), header, instance},
		{"an element of a later standard before the pixels", sample().with(0x7fdf0010, "x"), header, instance},
		{"compressed with loss", sample().with(0x00282110, "01"), lossy, instance},
		{"times that vendors keep privately", sample().with(0x00090011, "GEMS_PETD_01").with(0x0009110d, "20240229235945.5").
			with(0x00710010, "SIEMENS MED PT").with(0x00711022, "20240229235940"), private, instance},
		{"private times of somebody else", sample().with(0x00090010, "ACME").with(0x0009100d, "20240229235945.5").with(0x00711022, "20240229235940"), header, instance},
		{"a nuclide by its code", sample().with(0x00540016, coded), nuclide, instance},
		{"a radiopharmaceutical by its code and scheme", sample().with(0x00540016, schemed), scheme, instance},
		{"further items in the sequence", sample().with(0x00540016,
			append(sample().elements[0x00540016].(items), map[uint32]any{0x00181075: "6586"})), mixed, instance},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := read(tt.object)
			if found.Kind != dicom.KindPET || !found.PET || found.Fault.Code != "" || found.Need != 0 {
				t.Fatalf("got %v, fault %v, need %d", found.Kind, found.Fault, found.Need)
			}
			if diff := cmp.Diff(tt.header, found.Header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.instance, found.Instance); diff != "" {
				t.Errorf("instance (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultNamesWhatIsWrongAndKeepsTheIdentity(t *testing.T) {
	s := sample()
	tests := []struct {
		name   string
		object object
		code   ingest.Code
	}{
		{"projections", s.with(0x00541000, `DYNAMIC\REPROJECTION`), ingest.CodeProjection},
		{"a maximum intensity projection", s.with(0x00080008, `DERIVED\SECONDARY\MIP`), ingest.CodeProjection},
		{"slope missing", s.with(0x00281053, nil), ingest.CodeUnits},
		{"slope empty", s.with(0x00281053, ""), ingest.CodeUnits},
		{"slope of nothing", s.with(0x00281053, "1e-320"), ingest.CodeUnits},
		{"slope negative", s.with(0x00281053, "-1"), ingest.CodeUnits},
		{"slope not a number", s.with(0x00281053, "NaN"), ingest.CodeUnits},
		{"slope infinite", s.with(0x00281053, "1e999"), ingest.CodeUnits},
		{"slope whose values overflow", s.with(0x00281053, "1e300"), ingest.CodeUnits},
		{"intercept infinite", s.with(0x00281052, "inf"), ingest.CodeUnits},
		{"duration zero", s.with(0x00181242, "0"), ingest.CodeTiming},
		{"duration negative", s.with(0x00181242, "-20000"), ingest.CodeTiming},
		{"duration of years", s.with(0x00181242, "99999999999"), ingest.CodeTiming},
		{"acquisition time in words", s.with(0x00080032, "noon"), ingest.CodeTiming},
		{"acquisition time of hour 24", s.with(0x00080032, "240000"), ingest.CodeTiming},
		{"acquisition date of 30 February", s.with(0x00080022, "20240230"), ingest.CodeTiming},
		{"reference time not a number", s.with(0x00541300, "nan"), ingest.CodeTiming},
		{"decay factor negative", s.with(0x00541321, "-1"), ingest.CodeTiming},
		{"half-life not a number", s.with(0x00540016, items{{0x00181075: "NaN"}}), ingest.CodeTiming},
		{"position missing", s.with(0x00200032, nil), ingest.CodeGeometry},
		{"position of two numbers", s.with(0x00200032, `1\2`), ingest.CodeGeometry},
		{"position of four numbers", s.with(0x00200032, `1\2\3\4`), ingest.CodeGeometry},
		{"position not a number", s.with(0x00200032, `1\2\NaN`), ingest.CodeGeometry},
		{"position in another city", s.with(0x00200032, `1\2\1e9`), ingest.CodeGeometry},
		{"orientation missing", s.with(0x00200037, nil), ingest.CodeGeometry},
		{"orientation of parallel vectors", s.with(0x00200037, `1\0\0\1\0\0`), ingest.CodeGeometry},
		{"orientation of long vectors", s.with(0x00200037, `2\0\0\0\2\0`), ingest.CodeGeometry},
		{"pixel spacing missing", s.with(0x00280030, nil), ingest.CodeGeometry},
		{"pixel spacing zero", s.with(0x00280030, `0\1`), ingest.CodeGeometry},
		{"rows beyond the limit", s.with(0x00280010, []uint16{65535}), ingest.CodeTooLarge},
		{"rows missing", s.with(0x00280010, nil), ingest.CodeMalformed},
		{"one pixel too few", s.with(0x7fe00010, make(pixelBytes, 10)), ingest.CodePixelLength},
		{"one pixel too many", s.with(0x7fe00010, make(pixelBytes, 14)), ingest.CodePixelLength},
		{"no pixels", s.with(0x7fe00010, nil), ingest.CodeTruncated},
		{"three samples per pixel", s.with(0x00280002, []uint16{3}), ingest.CodePixelLength},
		{"two frames", s.with(0x00280008, "2"), ingest.CodePixelLength},
		{"12 bits allocated", s.with(0x00280100, []uint16{12}), ingest.CodePixelLength},
		{"more bits stored than allocated", s.with(0x00280101, []uint16{17}), ingest.CodeMalformed},
		{"sign unknown", s.with(0x00280103, nil), ingest.CodeMalformed},
		{"MPEG2", s.in("1.2.840.10008.1.2.4.100"), ingest.CodeSyntax},
		{"a transfer syntax of nobody", s.in("1.2.3.4"), ingest.CodeSyntax},
		{"enhanced without functional groups", s.with(0x00080016, "1.2.840.10008.5.1.4.1.1.130"), ingest.CodeFrames},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := read(tt.object)
			if found.Fault.Code != tt.code || !found.PET {
				t.Errorf("fault %q of %v, want %s", found.Fault, found.Kind, tt.code)
			}
			if found.Header.Strict.SeriesInstanceUID != "1.2.3.2" || found.Instance.SOPInstanceUID != "1.2.3.4.77" {
				t.Errorf("the object's identity was lost")
			}
			if strings.Contains(found.Fault.Detail, "1.2.3") {
				t.Errorf("the detail %q holds a UID", found.Fault.Detail)
			}
			var d dicom.Decoder
			if _, err := d.Decode(tt.object.bytes()); ingest.ReasonOf(err) != found.Fault {
				t.Errorf("Decode says %v", err)
			}
		})
	}
}

func TestUnsupportedSyntaxIsNamedAsTheStandardDoes(t *testing.T) {
	tests := map[string]string{
		"1.2.840.10008.1.2.4.100": "MPEG2 Main Profile / Main Level",
		"1.2.840.10008.1.2.4.51":  "JPEG Extended (Process 2 and 4)",
	}
	for syntax, name := range tests {
		if got := read(sample().in(syntax)).Fault.Detail; !strings.Contains(got, name) {
			t.Errorf("%s: %q", syntax, got)
		}
	}
}

func TestEveryPrefixAsksForMoreUntilItIsEnough(t *testing.T) {
	for _, syntax := range []string{explicitLE, implicitLE} {
		data := sample().in(syntax).with(0x00091001, strings.Repeat("x", 6000)).bytes()
		size := int64(len(data))
		whole := dicom.Options{}.ReadHeader(data, size)
		for n := range data {
			found := dicom.Options{}.ReadHeader(data[:n], size)
			switch {
			case found.Need == 0:
				if diff := cmp.Diff(whole, found); diff != "" {
					t.Fatalf("%d bytes: %s", n, diff)
				}
			case found.Need <= int64(n) || found.Need > size:
				t.Fatalf("%d bytes of %d: asks for %d", n, size, found.Need)
			}
		}
		if n := len(data) - 12; (dicom.Options{}).ReadHeader(data[:n], size).Need != 0 {
			t.Errorf("the pixels themselves are asked for")
		}
	}
}

func TestAnObjectCutAnywhereIsNeverSound(t *testing.T) {
	data := sample().bytes()
	for n := range data {
		found := dicom.Options{}.ReadHeader(data[:n], int64(n))
		switch code := found.Fault.Code; {
		case found.Need != 0:
			t.Fatalf("%d bytes: asks for more than there is", n)
		case n == 0 && code != ingest.CodeEmpty, n > 0 && n < 132 && code != ingest.CodeNotDICOM, n >= 132 && code != ingest.CodeTruncated:
			t.Errorf("%d bytes: fault %v", n, found.Fault)
		}
	}
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // to memory
	_ = w.Close()
	return b.Bytes()
}

func TestOtherObjectsAreNamed(t *testing.T) {
	tests := []struct {
		name  string
		data  []byte
		kind  dicom.Kind
		class string
		code  ingest.Code
	}{
		{"CT", sample().with(0x00080016, "1.2.840.10008.5.1.4.1.1.2").bytes(), dicom.KindOther, "CT Image Storage", ingest.CodeNotPET},
		{"SEG", sample().with(0x00080016, "1.2.840.10008.5.1.4.1.1.66.4").bytes(), dicom.KindOther, "Segmentation Storage", ingest.CodeNotPET},
		{"a class of nobody", sample().with(0x00080016, "1.2.3").bytes(), dicom.KindOther, "unknown to the standard", ingest.CodeNotPET},
		{"no class", sample().with(0x00080016, nil).bytes(), dicom.KindOther, "", ingest.CodeMalformed},
		{"nothing", nil, dicom.KindNotDICOM, "", ingest.CodeEmpty},
		{"text", []byte(strings.Repeat("onset\tduration\n", 40)), dicom.KindNotDICOM, "", ingest.CodeNotDICOM},
		{"short text", []byte("hello"), dicom.KindNotDICOM, "", ingest.CodeNotDICOM},
		{"PNG", []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 400)), dicom.KindNotDICOM, "", ingest.CodeNotDICOM},
		{"ZIP", []byte("PK\x03\x04" + strings.Repeat("\x00", 400)), dicom.KindNotDICOM, "", ingest.CodeArchive},
		{"tar", []byte(strings.Repeat("\x00", 257) + "ustar" + strings.Repeat("\x00", 250)), dicom.KindNotDICOM, "", ingest.CodeArchive},
		{"NIfTI", []byte("\x5c\x01\x00\x00" + strings.Repeat("\x00", 340) + "n+1\x00"), dicom.KindNotDICOM, "", ingest.CodeFormat},
		{"NIfTI by gzip", gzipped("\x5c\x01\x00\x00" + strings.Repeat("\x00", 340) + "n+1\x00" + strings.Repeat("\x00", 400)), dicom.KindNotDICOM, "", ingest.CodeFormat},
		{"tar by gzip", gzipped(strings.Repeat("\x00", 257) + "ustar" + strings.Repeat("\x00", 250)), dicom.KindNotDICOM, "", ingest.CodeArchive},
		{"something by gzip", gzipped("hello"), dicom.KindNotDICOM, "", ingest.CodeArchive},
		{"gzip in gzip", gzipped(string(gzipped("hello"))), dicom.KindNotDICOM, "", ingest.CodeArchive},
		{"ECAT", []byte("MATRIX72v" + strings.Repeat("\x00", 400)), dicom.KindNotDICOM, "", ingest.CodeFormat},
		{"zeros", make([]byte, 400), dicom.KindNotDICOM, "", ingest.CodeNotDICOM},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := dicom.Options{}.ReadHeader(tt.data, int64(len(tt.data)))
			if found.PET || found.Kind != tt.kind || found.Class != tt.class || found.Fault.Code != tt.code {
				t.Errorf("got %v, class %q, fault %v", found.Kind, found.Class, found.Fault)
			}
			if tt.kind == dicom.KindOther && (found.Header.Strict.SeriesInstanceUID != "1.2.3.2" || found.Modality != "PT") {
				t.Errorf("the series or the modality was lost")
			}
		})
	}
}

func TestCharacterSetsNeverRejectASlice(t *testing.T) {
	tests := []struct{ name, charset, stored, text string }{
		{"Latin-1", "ISO_IR 100", "Gr\xfc\xdfe", "Grüße"},
		{"UTF-8", "ISO_IR 192", "Grüße", "Grüße"},
		{"Japanese", `\ISO 2022 IR 87`, "\x1b$B;3ED\x1b(B", "山田"},
		{"GB18030", "GB18030", "\xc9\xbd", "山"},
		{"Thai, which the library panics on", "ISO_IR 166", "plain", "plain"},
		{"a set of nobody", "ISO_IR 9999", "plain", "plain"},
		{"bytes that are not of the set", "ISO_IR 192", "a\xff\xfeb", "a\ufffdb"},
		{"control characters", "ISO_IR 192", "a\r\n\x1b[31mb", "a[31mb"},
		{"what a wrong length swallows", "ISO_IR 192", "PET\x10\x00\x10\x00PN\x08\x00DOE^JOHN", "Protocol"}, // the next text
		{"a short one of explicit tags only", "ISO_IR 192", "PET\x10\x10DOE", "Protocol"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := read(sample().with(0x00080005, tt.charset).with(0x0008103e, tt.stored).with(0x00100010, "\xff\x1b$B"))
			if found.Fault.Code != "" {
				t.Fatalf("fault %v", found.Fault)
			}
			got := strings.ReplaceAll(found.Header.Soft.TracerTexts[2], "\ufffd\ufffd", "\ufffd")
			if got != tt.text {
				t.Errorf("%q, want %q", got, tt.text)
			}
		})
	}
}

func TestUnitsBecomeBqPerML(t *testing.T) {
	philips := sample().with(0x00541001, "CNTS").with(0x70530010, "Philips PET Private Group")
	tests := []struct {
		name   string
		object object
		factor float64
	}{
		{"BQML", sample(), 1},
		{"Philips counts", philips.with(0x70531009, "1.602563"), 1.602563},
		{"Philips counts in another block", philips.with(0x70530010, nil).with(0x70530011, "Philips PET Private Group").with(0x70531109, "1.5"), 1.5},
		{"Philips counts without the factor", philips, 0},
		{"a private element of somebody else", philips.with(0x70530010, "ACME").with(0x70531009, "2"), 0},
		{"counts", sample().with(0x00541001, "CNTS"), 0},
		{"GML", sample().with(0x00541001, "GML"), 0},
		{"the factor does not matter where the units are Bq/mL", philips.with(0x00541001, "BQML").with(0x70531009, "2"), 1},
	}
	for _, tt := range tests {
		if got := read(tt.object); got.Header.Soft.BqPerMLPerUnit != tt.factor || got.Fault.Code != "" {
			t.Errorf("%s: %g, fault %v; want %g", tt.name, got.Header.Soft.BqPerMLPerUnit, got.Fault, tt.factor)
		}
	}
}

func TestUnitsBecomeUptakeValues(t *testing.T) {
	philips := sample().with(0x00541001, "CNTS").with(0x70530010, "Philips PET Private Group")
	for _, tt := range []struct {
		name   string
		object object
		factor float64
	}{
		{"Bq/mL", sample(), 0},
		{"GML", sample().with(0x00541001, "GML"), 1},
		{"GML by body weight", sample().with(0x00541001, "GML").with(0x00541006, "BW"), 1},
		{"GML by lean body mass", sample().with(0x00541001, "GML").with(0x00541006, "LBM"), 0},
		{"Philips counts", philips.with(0x70531000, "0.000551"), 0.000551},
		{"Philips counts without the factor", philips.with(0x70531000, "0"), 0},
		{"proportional counts", sample().with(0x00541001, "PROPCPS"), 0},
	} {
		if got := read(tt.object); got.Header.Soft.SUVPerUnit != tt.factor || got.Fault.Code != "" {
			t.Errorf("%s: %g, fault %v; want %g", tt.name, got.Header.Soft.SUVPerUnit, got.Fault, tt.factor)
		}
	}
}

func TestARadiopharmaceuticalIsWrittenByNameAndCode(t *testing.T) {
	for want, r := range map[string]ingest.Radiopharmaceutical{
		"":                                   {Scheme: "SRT"},
		"[11C]DASB":                          {Name: "[11C]DASB"},
		"[11C]DASB (SRT C-XX)":               {Name: "[11C]DASB", Meaning: "[11c]dasb", Code: "C-XX", Scheme: "SRT"},
		"Solution (DASB C-11, SRT C-XX)":     {Name: "Solution", Meaning: "DASB C-11", Code: "C-XX", Scheme: "SRT"},
		"Solution (DASB C-11)":               {Name: "Solution", Meaning: "DASB C-11"},
		"Fluorodeoxyglucose F^18^ (C-B1031)": {Meaning: "Fluorodeoxyglucose F^18^", Code: "C-B1031"},
		"SCT 35321007":                       {Code: "35321007", Scheme: "SCT"},
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}
