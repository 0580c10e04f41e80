package phantom_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// small is a series of which a test can afford many.
func small() phantom.Series {
	return phantom.Series{Size: [3]int{24, 20, 4}, Frames: phantom.EvenFrames(3, 10*time.Minute)}
}

// An image is a slice as a reader that shares no code with the scanner sees
// it.
type image struct {
	dicom.Dataset
	values []float64 // rescaled
	slope  float64
}

func read(t *testing.T, data []byte) image {
	t.Helper()
	ds, err := dicom.Parse(bytes.NewReader(data), int64(len(data)), nil, dicom.SkipProcessingPixelDataValue())
	if err != nil {
		t.Fatalf("another reader: %v", err)
	}
	im := image{Dataset: ds}
	im.slope = im.number(t, tag.RescaleSlope)
	element, err := ds.FindElementByTag(tag.PixelData)
	if err != nil {
		t.Fatal(err)
	}
	raw := dicom.MustGetPixelDataInfo(element.Value).UnprocessedValueData
	for i := 0; i+1 < len(raw); i += 2 {
		im.values = append(im.values, im.slope*float64(int16(binary.LittleEndian.Uint16(raw[i:]))))
	}
	return im
}

// text returns the values of an element, joined as in the file, or "absent".
func (im image) text(at tag.Tag) string {
	element, err := im.FindElementByTagNested(at)
	if err != nil {
		return "absent"
	}
	return strings.Trim(fmt.Sprint(element.Value), "[]")
}

func (im image) number(t *testing.T, at tag.Tag) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(strings.TrimSpace(im.text(at)), 64)
	if err != nil {
		t.Fatalf("%v: %v", at, err)
	}
	return x
}

// only returns the file of one slot.
func only(t *testing.T, s phantom.Series, slot ingest.Slot) phantom.File {
	t.Helper()
	for f := range s.Slices() {
		if f.Slot == slot {
			return f
		}
	}
	t.Fatalf("no %v", slot)
	return phantom.File{}
}

func TestHeaderAsAnotherReaderSeesIt(t *testing.T) {
	s := small()
	s.Injection = -90 * time.Second
	f := only(t, s, ingest.Slot{Frame: 2, Slice: 3})
	im := read(t, f.Data)
	for at, want := range map[tag.Tag]string{
		tag.TransferSyntaxUID:                "1.2.840.10008.1.2.1",
		tag.MediaStorageSOPClassUID:          "1.2.840.10008.5.1.4.1.1.128",
		tag.SOPClassUID:                      "1.2.840.10008.5.1.4.1.1.128",
		tag.MediaStorageSOPInstanceUID:       im.text(tag.SOPInstanceUID),
		tag.SeriesInstanceUID:                s.SeriesInstanceUID(),
		tag.StudyInstanceUID:                 s.StudyInstanceUID(),
		tag.Modality:                         "PT",
		tag.SeriesDate:                       "20240108",
		tag.SeriesTime:                       "103107.250000",
		tag.AcquisitionDate:                  "20240108",
		tag.AcquisitionTime:                  "104107.250000", // 10 min later
		tag.PatientName:                      "SYNTHETIC^ANIMAL",
		tag.PatientID:                        "SYNTHETIC",
		tag.PatientBirthDate:                 "20160101",
		tag.PatientWeight:                    "7",
		tag.SliceThickness:                   "12", // 48 mm over 4
		tag.ActualFrameDuration:              "600000",
		tag.InstanceNumber:                   "7", // (2 − 1) × 4 + 3
		tag.ImageIndex:                       "7",
		tag.NumberOfSlices:                   "4",
		tag.NumberOfTimeSlices:               "3",
		tag.ImageOrientationPatient:          "1 0 0 0 1 0",
		tag.ImagePositionPatient:             "-47.5 -33.35 -142.5",
		tag.PixelSpacing:                     "4.8 4",
		tag.Rows:                             "20",
		tag.Columns:                          "24",
		tag.BitsAllocated:                    "16",
		tag.PixelRepresentation:              "1",
		tag.CorrectedImage:                   "DECY ATTN SCAT RAN NORM",
		tag.RescaleIntercept:                 "0",
		tag.Radiopharmaceutical:              "[11C]DASB",
		tag.RadiopharmaceuticalStartTime:     "102937.250000",
		tag.RadiopharmaceuticalStartDateTime: "20240108102937.250000",
		tag.RadionuclideTotalDose:            "170000000",
		tag.RadionuclideHalfLife:             "1221.66",
		tag.SeriesType:                       "DYNAMIC IMAGE",
		tag.Units:                            "BQML",
		tag.DecayCorrection:                  "START",
	} {
		if got := im.text(at); got != strings.Trim(want, "[]") {
			name, _ := tag.Find(at)
			t.Errorf("%s = %q, want %q", name.Keyword, got, want)
		}
	}
	if len(im.values) != 24*20 {
		t.Errorf("%d values, want 480", len(im.values))
	}
}

// By hand: λ = ln 2/20.361 min = 0.03404288 /min, x = 10 λ = 0.3404288, so the
// mean decay over 10 min is (1 − e^−x)/x = 0.8475629 and its time ln(1/0.8475629)/λ
// = 4.858291 min. The second frame starts 10 min, or e^x = 1.4055502, later.
func TestDecayFactorAndReferenceTimeByHand(t *testing.T) {
	for _, tt := range []struct {
		decay     phantom.Decay
		injection time.Duration
		factor    float64
	}{
		{phantom.ToStart, 0, 1.4055502 / 0.8475629},
		{phantom.ToInjection, -10 * time.Minute, 1.4055502 * 1.4055502 / 0.8475629},
		{phantom.ToInjection, 0, 1.4055502 / 0.8475629},
		{phantom.Uncorrected, 0, 1},
	} {
		t.Run(fmt.Sprintf("%s %v", tt.decay, tt.injection), func(t *testing.T) {
			s := small()
			s.Decay, s.Injection = tt.decay, tt.injection
			im := read(t, only(t, s, ingest.Slot{Frame: 2, Slice: 1}).Data)
			near(t, "DecayFactor", im.number(t, tag.DecayFactor), tt.factor, 3e-6) // seven digits above
			near(t, "FrameReferenceTime", im.number(t, tag.FrameReferenceTime), 60e3*(10+4.858291), 0.5)
		})
	}
}

func TestElementsAreInOrderAndImplicitSaysTheSame(t *testing.T) {
	s := small()
	explicit := read(t, only(t, s, ingest.Slot{Frame: 1, Slice: 1}).Data)
	s.ImplicitVR = true
	implicit := read(t, only(t, s, ingest.Slot{Frame: 1, Slice: 1}).Data)
	if got := implicit.text(tag.TransferSyntaxUID); got != "1.2.840.10008.1.2" {
		t.Errorf("transfer syntax %s", got)
	}
	tags := func(im image) (all []uint32) {
		for _, e := range im.Elements {
			all = append(all, uint32(e.Tag.Group)<<16|uint32(e.Tag.Element))
		}
		return all
	}
	if !slices.IsSorted(tags(explicit)) {
		t.Error("elements out of order")
	}
	if d := cmp.Diff(tags(explicit), tags(implicit)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(explicit.values, implicit.values); d != "" {
		t.Error(d)
	}
}

func TestMarkedFieldsReachTheHeader(t *testing.T) {
	s := small()
	s.Patient = phantom.Patient{Name: "CANARY^NAME", ID: "CANARY-ID", BirthDate: "19011231", Sex: "O", WeightKg: 6.25}
	s.UIDRoot = "1.2.826.0.1.3680043.8.498.1234567890123"
	s.Start = time.Date(1999, time.December, 31, 23, 55, 0, 0, time.UTC)
	im := read(t, only(t, s, ingest.Slot{Frame: 2, Slice: 1}).Data)
	for at, want := range map[tag.Tag]string{
		tag.PatientName: "CANARY^NAME", tag.PatientID: "CANARY-ID", tag.PatientBirthDate: "19011231",
		tag.PatientSex: "O", tag.PatientWeight: "6.25", tag.SeriesDate: "19991231",
		tag.AcquisitionDate: "20000101", tag.AcquisitionTime: "000500.000000", // past midnight
	} {
		if got := im.text(at); got != want {
			t.Errorf("%v = %q, want %q", at, got, want)
		}
	}
	for _, at := range []tag.Tag{tag.SOPInstanceUID, tag.SeriesInstanceUID, tag.StudyInstanceUID, tag.FrameOfReferenceUID} {
		if uid := im.text(at); !strings.HasPrefix(uid, s.UIDRoot+".") || len(uid) > 64 {
			t.Errorf("%v = %q, want at most 64 characters below the root", at, uid)
		}
	}
}

func TestCountsCanBeLeftOut(t *testing.T) {
	s := small()
	s.OmitCounts = true
	im := read(t, only(t, s, ingest.Slot{Frame: 1, Slice: 1}).Data)
	if im.text(tag.NumberOfSlices) != "absent" || im.text(tag.NumberOfTimeSlices) != "absent" {
		t.Error("the counts are there")
	}
}

// A decimal string has at most 16 characters (DICOM PS3.5, 6.2) and what a
// reader makes of it is close.
func TestDecimalStringsFit(t *testing.T) {
	s := small()
	s.SpacingMM = [3]float64{1.0 / 3, 2.0 / 3e5, 1e5 / 7}
	s.Patient.WeightKg, s.DoseBq = 19.0/3, 1e9/7
	im := read(t, only(t, s, ingest.Slot{Frame: 3, Slice: 2}).Data)
	for _, at := range []tag.Tag{
		tag.PixelSpacing, tag.SliceThickness, tag.ImagePositionPatient, tag.SliceLocation, tag.PatientWeight,
		tag.RadionuclideTotalDose, tag.RescaleSlope, tag.DecayFactor, tag.FrameReferenceTime,
	} {
		for value := range strings.FieldsSeq(im.text(at)) {
			if len(value) > 16 {
				t.Errorf("%v = %q has %d characters", at, value, len(value))
			}
		}
	}
	near(t, "dose", im.number(t, tag.RadionuclideTotalDose), 1e9/7, 1e-6)
}

func TestVariants(t *testing.T) {
	s := small()
	lost := ingest.Slot{Frame: 2, Slice: 2}
	n := 0
	for f := range phantom.Without(s.Slices(), lost) {
		if n++; f.Slot == lost {
			t.Error("the lost slice is there")
		}
	}
	if n != 3*4-1 {
		t.Errorf("%d slices, want 11", n)
	}
	ct := read(t, s.CT().Data)
	if ct.text(tag.Modality) != "CT" || ct.text(tag.SeriesInstanceUID) == s.SeriesInstanceUID() {
		t.Error("the CT slice is none or belongs to the series")
	}
	whole := only(t, s, lost).Data
	cut := phantom.Truncated(whole)
	if len(cut) >= len(whole) || !bytes.HasPrefix(whole, cut) {
		t.Error("not a truncated copy")
	}
	if _, err := dicom.Parse(bytes.NewReader(cut), int64(len(cut)), nil); err == nil {
		t.Error("a truncated file is read without complaint")
	}
}

// Without noise each voxel is DF × the mean of the decaying activity, within
// half a step of its slice.
func TestVoxelsHoldTheirRegionsValueWithinHalfAStep(t *testing.T) {
	for name, change := range map[string]func(*phantom.Series){
		"one slope for each slice": func(*phantom.Series) {},
		"one slope":                func(s *phantom.Series) { s.OneSlope = true },
		"not corrected":            func(s *phantom.Series) { s.Decay = phantom.Uncorrected },
		"corrected to injection":   func(s *phantom.Series) { s.Decay, s.Injection = phantom.ToInjection, -time.Minute },
		"frames with gaps, fine slices": func(s *phantom.Series) {
			s.Size = [3]int{32, 32, 9}
			s.Frames = []ingest.Frame{{Start: time.Minute, Duration: time.Minute}, {Start: time.Hour, Duration: 10 * time.Minute}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := phantom.Series{Size: [3]int{64, 64, 16}, Frames: phantom.EvenFrames(2, 10*time.Minute), NoNoise: true}
			change(&s)
			checkVoxels(t, s)
		})
	}
}

func checkVoxels(t *testing.T, s phantom.Series) {
	t.Helper()
	want, labels := meansByName(s), s.Labels()
	plane := s.Size[0] * s.Size[1]
	for f := range s.Slices() {
		im := read(t, f.Data)
		df := im.number(t, tag.DecayFactor)
		for i, index := range labels.Index[(f.Slot.Slice-1)*plane : f.Slot.Slice*plane] {
			if index == 0 {
				continue
			}
			value := df * want[labels.Names[index]][f.Slot.Frame-1]
			if math.Abs(im.values[i]-value) > im.slope*0.5000001 { // rounding of the division
				t.Fatalf("%v: %s is %g, want %g within %g", f.Slot, labels.Names[index], im.values[i], value, im.slope/2)
			}
		}
	}
}

// meansByName returns the decaying frame means of each label, in Bq/mL.
func meansByName(s phantom.Series) map[string][]float64 {
	ref := phantom.DASB.Reference()
	means := map[string][]float64{phantom.Cerebellum: ref.FrameMeans(s.Frames, phantom.CarbonHalfLife)}
	for _, k := range s.Truth() {
		means[k.Region] = k.FrameMeans(ref, s.Frames, phantom.CarbonHalfLife)
	}
	return means
}
