package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
)

var scanStart = time.Date(2024, 3, 12, 10, 31, 7, 0, time.UTC)

// aSeries returns the records of a whole series of 2 mm slices and one-minute
// frames.
func aSeries(frames, slices int) []ingest.Record {
	head := &ingest.Header{Strict: ingest.Strict{
		SeriesInstanceUID: "1.2.3", SOPClassUID: "1.2.840.10008.5.1.4.1.1.128", SeriesType: "DYNAMIC",
		Units: "BQML", DecayCorrection: "START", NumberOfSlices: slices, NumberOfTimeSlices: frames,
		Rows: 4, Columns: 4, Orientation: [6]float64{1, 0, 0, 0, 1, 0}, PixelSpacing: [2]float64{2, 2}, HalfLife: 1221.66,
	}, Soft: ingest.Soft{SeriesStart: scanStart}}
	var records []ingest.Record
	for f := range frames {
		for s := range slices {
			records = append(records, ingest.Record{
				Object: ingest.Object{Bucket: "inbox", Key: fmt.Sprintf("a/pet/%d-%d.dcm", f, s), ETag: fmt.Sprintf("e%d-%d", f, s), Size: 100},
				Kind:   ingest.KindSlice, Site: "local", Series: "tok", Header: head,
				Instance: &ingest.Instance{
					SOPInstanceUID: fmt.Sprintf("1.2.3.%d.%d", f, s), Position: [3]float64{0, 0, 2 * float64(s)},
					AcquisitionTime: scanStart.Add(time.Duration(f) * time.Minute), Duration: time.Minute,
				},
			})
		}
	}
	return records
}

func edit(i int, change func(*ingest.Record)) func([]ingest.Record) []ingest.Record {
	return func(rs []ingest.Record) []ingest.Record {
		inst, head := *rs[i].Instance, *rs[i].Header
		rs[i].Instance, rs[i].Header = &inst, &head
		change(&rs[i])
		return rs
	}
}

// eachHead changes the header that all records share.
func eachHead(change func(*ingest.Header)) func([]ingest.Record) []ingest.Record {
	return twoOf(func(h *ingest.Header, _ bool) { change(h) })
}

// twoOf gives the records one of two headers.
func twoOf(change func(h *ingest.Header, second bool)) func([]ingest.Record) []ingest.Record {
	return func(rs []ingest.Record) []ingest.Record {
		one, two := *rs[0].Header, *rs[0].Header
		change(&one, false)
		change(&two, true)
		for i := range rs {
			if rs[i].Header = &one; i%2 == 1 {
				rs[i].Header = &two
			}
		}
		return rs
	}
}

func TestAssess(t *testing.T) {
	uncounted := func(rs []ingest.Record) []ingest.Record {
		h := *rs[0].Header
		h.Strict.NumberOfSlices = 0
		for i := range rs {
			rs[i].Header = &h
		}
		return rs
	}
	tests := []struct {
		name   string
		change func([]ingest.Record) []ingest.Record
		soon   ingest.Condition // before the quiet time is over
		quiet  ingest.Condition // after it
		code   ingest.Code      // after it
		says   string
	}{
		{"whole", func(rs []ingest.Record) []ingest.Record { return rs }, ingest.Ready, ingest.Ready, "", ""},
		{"one slot missing", func(rs []ingest.Record) []ingest.Record { return append(rs[:4], rs[5:]...) },
			ingest.Receiving, ingest.Incomplete, ingest.CodeFrameCount, "1 image missing: frame 2 slice 2"},
		{"one object deleted", edit(4, func(r *ingest.Record) { r.Gone = true }),
			ingest.Receiving, ingest.Incomplete, ingest.CodeFrameCount, "frame 2 slice 2"},
		{"a truncated slice fills no slot", edit(4, func(r *ingest.Record) { r.Fault = ingest.Reason{Code: ingest.CodeTruncated} }),
			ingest.Receiving, ingest.Incomplete, ingest.CodeFrameCount, "TRUNCATED"},
		{"a truncated copy beside the good slice", func(rs []ingest.Record) []ingest.Record {
			r := rs[4]
			r.Key, r.ETag, r.Fault = "a/pet/copy", "other", ingest.Reason{Code: ingest.CodeTruncated}
			return append(rs, r)
		}, ingest.Ready, ingest.Ready, "", ""},
		{"the same file under another key", func(rs []ingest.Record) []ingest.Record {
			r := rs[4]
			r.Key = "b/again.dcm"
			return append(rs, r)
		}, ingest.Ready, ingest.Ready, "", ""},
		{"two instances in one slot", edit(4, func(r *ingest.Record) { r.Instance.Position[2] = 0 }),
			ingest.Inconsistent, ingest.Inconsistent, ingest.CodeDuplicate, "frame 2 slice 1"},
		{"a slope that is missing", edit(4, func(r *ingest.Record) { r.Fault = ingest.Reason{Code: ingest.CodeUnits} }),
			ingest.Rejected, ingest.Rejected, ingest.CodeUnits, ""},
		{"mixed units", edit(4, func(r *ingest.Record) { r.Header.Strict.Units = "CNTS" }),
			ingest.Inconsistent, ingest.Inconsistent, ingest.CodeMixed, "Units"},
		{"directions and spacings of other rounding", edit(4, func(r *ingest.Record) {
			r.Header.Strict.Orientation[1], r.Header.Strict.PixelSpacing[0] = 1e-7, r.Header.Strict.PixelSpacing[0]+1e-6
		}), ingest.Ready, ingest.Ready, "", ""},
		{"a direction of its own", edit(4, func(r *ingest.Record) { r.Header.Strict.Orientation[1] = 1e-3 }),
			ingest.Inconsistent, ingest.Inconsistent, ingest.CodeMixed, "ImageOrientationPatient"},
		{"one UID for two slices", edit(4, func(r *ingest.Record) { r.Instance.SOPInstanceUID = "1.2.3.0.0" }), // so one instance seems to be missing
			ingest.Receiving, ingest.Inconsistent, ingest.CodeConflict, "different slices or times"},
		{"a slice between the others", edit(4, func(r *ingest.Record) { r.Instance.Position[2] = 3 }),
			ingest.Inconsistent, ingest.Inconsistent, ingest.CodeSurplus, "at 4 slice positions, but the header counts 3"},
		{"jitter of microseconds", edit(4, func(r *ingest.Record) {
			r.Instance.AcquisitionTime = r.Instance.AcquisitionTime.Add(-40 * time.Microsecond)
		}), ingest.Ready, ingest.Ready, "", ""},
		{"counts left out", uncounted, ingest.Receiving, ingest.Ready, "", ""},
		{"counts left out and a hole", func(rs []ingest.Record) []ingest.Record {
			rs = uncounted(rs)
			return append(rs[:4], rs[5:]...)
		}, ingest.Receiving, ingest.Incomplete, ingest.CodeFrameCount, "frame 2 slice 2"},
		{"an image of another patient", edit(4, func(r *ingest.Record) { r.Header.Soft.Subject = "someone" }),
			ingest.Ready, ingest.Ready, "", ""}, // the others name none
		{"images of two patients", twoOf(func(h *ingest.Header, second bool) {
			h.Soft.Subject = "one"
			if second {
				h.Soft.Subject = "two"
			}
		}), ingest.Rejected, ingest.Rejected, ingest.CodePatients, "PatientID"},
		{"images of two studies", twoOf(func(h *ingest.Header, second bool) {
			h.Soft.StudyInstanceUID = "1.2"
			if second {
				h.Soft.StudyInstanceUID = "1.3"
			}
		}), ingest.Rejected, ingest.Rejected, ingest.CodePatients, "StudyInstanceUID"},
		{"each frame counts itself alone", eachHead(func(h *ingest.Header) { h.Strict.NumberOfTimeSlices = 1 }),
			ingest.Receiving, ingest.Ready, "", ""},
		{"NumberOfSlices counts all images", eachHead(func(h *ingest.Header) { h.Strict.NumberOfSlices = 6 }),
			ingest.Receiving, ingest.Ready, "", ""},
		{"a whole-body series with time slices", func(rs []ingest.Record) []ingest.Record {
			return eachHead(func(h *ingest.Header) { h.Strict.SeriesType, h.Strict.NumberOfTimeSlices = "WHOLE BODY", 7 })(rs[:3])
		}, ingest.Ready, ingest.Ready, "", ""},
		{"a frame too many", eachHead(func(h *ingest.Header) { h.Strict.NumberOfTimeSlices, h.Strict.SeriesType = 1, "" }),
			ingest.Inconsistent, ingest.Inconsistent, ingest.CodeSurplus, "2 frames, but the header counts 1"},
		{"the first frame cut off, by ImageIndex", func(rs []ingest.Record) []ingest.Record {
			for i := range rs {
				inst := *rs[i].Instance
				inst.ImageIndex = i + 1
				rs[i].Instance = &inst
			}
			return rs[3:]
		}, ingest.Receiving, ingest.Incomplete, ingest.CodeFrameCount, "3 images missing: all of frame 1"},
		{"everything deleted", func(rs []ingest.Record) []ingest.Record {
			for i := range rs {
				rs[i].Gone = true
			}
			return rs
		}, ingest.Absent, ingest.Absent, ingest.CodeDeleted, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			records := test.change(aSeries(2, 3))
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			_, soon := ingest.Assess("tok", records, false)
			if soon.Site != "local" {
				t.Errorf("site %q", soon.Site)
			}
			if soon.Condition != test.soon {
				t.Errorf("before the quiet time: %s (%v), want %s", soon.Condition, soon.Reason, test.soon)
			}
			_, quiet := ingest.Assess("tok", records, true)
			if quiet.Condition != test.quiet || quiet.Reason.Code != test.code || !strings.Contains(quiet.Reason.Detail, test.says) {
				t.Errorf("after the quiet time: %s (%v), want %s %s %q", quiet.Condition, quiet.Reason, test.quiet, test.code, test.says)
			}
		})
	}
}

func TestSlotsAreInOrderOfTimeAndPosition(t *testing.T) {
	records := aSeries(3, 4)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	a, out := ingest.Assess("tok", records, false)
	if out.Condition != ingest.Ready || out.Have != 12 || out.Want != 12 {
		t.Fatalf("outcome %+v", out)
	}
	for i, r := range a.Slots {
		if want := fmt.Sprintf("1.2.3.%d.%d", i/4, i%4); r.Instance.SOPInstanceUID != want {
			t.Errorf("slot %d holds %s, want %s", i, r.Instance.SOPInstanceUID, want)
		}
	}
}

func TestDoublesAreNamedForReading(t *testing.T) {
	records := aSeries(2, 3)
	other := records[2]
	other.Key, other.ETag = "b/other.dcm", "another"
	a, out := ingest.Assess("tok", append(records, other), false)
	if out.Condition != ingest.Ready || len(a.Doubles) != 1 {
		t.Errorf("condition %s with %d doubles, want ready with 1", out.Condition, len(a.Doubles))
	}
}

func TestTiming(t *testing.T) {
	tests := []struct {
		name   string
		change func(i int, h *ingest.Header, in *ingest.Instance)
		stored time.Duration
		none   bool
		warns  ingest.Code
	}{
		{"START at the scan start", func(int, *ingest.Header, *ingest.Instance) {}, 0, false, ""},
		{"START at an earlier series time", func(_ int, h *ingest.Header, _ *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(-2 * time.Second)
		}, -2 * time.Second, false, ""},
		{"NONE", func(_ int, h *ingest.Header, _ *ingest.Instance) { h.Strict.DecayCorrection = "NONE" }, 0, true, ""},
		{"ADMIN ten minutes before", func(_ int, h *ingest.Header, _ *ingest.Instance) {
			h.Strict.DecayCorrection, h.Soft.Injection = "ADMIN", scanStart.Add(-10*time.Minute)
		}, -10 * time.Minute, false, ""},
		// HRRT files correct to half a minute before the first frame and do not say so.
		{"a hidden origin in the decay factors", func(f int, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = ingest.Frame{Start: time.Duration(f) * time.Minute, Duration: time.Minute}.DecayFactor(1221660*time.Millisecond, -31*time.Second)
		}, -31 * time.Second, false, ingest.WarnDecayRef},
		// De-identified: no clock time is left, the decay factors are.
		{"no acquisition times", func(f int, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = ingest.Frame{Start: time.Duration(f) * time.Minute, Duration: time.Minute}.DecayFactor(1221660*time.Millisecond, 0)
			in.AcquisitionTime, h.Soft.SeriesStart = time.Time{}, time.Time{}
			in.FrameReferenceTime, in.HasReferenceTime = time.Duration(f)*time.Minute+30*time.Second, true
		}, 0, false, ingest.WarnTimeAssumed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			records := aSeries(3, 2)
			head := *records[0].Header
			for i := range records {
				records[i].Header = &head
				test.change(i/2, &head, records[i].Instance)
			}
			a, out := ingest.Assess("tok", records, false)
			if out.Condition != ingest.Ready {
				t.Fatalf("outcome %+v", out)
			}
			got, err := a.Timing()
			if err != nil {
				t.Fatal(err)
			}
			for f, fr := range got.Frames {
				if d := fr.Start - time.Duration(f)*time.Minute; d.Abs() > 20*time.Millisecond || fr.Duration != time.Minute {
					t.Errorf("frame %d is %+v", f, fr)
				}
			}
			if (got.Stored-test.stored).Abs() > 20*time.Millisecond || got.StoredNone != test.none {
				t.Errorf("stored values are corrected to %v (none: %v), want %v (%v)", got.Stored, got.StoredNone, test.stored, test.none)
			}
			if warned := len(got.Warnings) > 0; warned != (test.warns != "") || warned && got.Warnings[0].Code != test.warns {
				t.Errorf("warnings %v, want %q", got.Warnings, test.warns)
			}
		})
	}
}

func TestInjectionInsideTheScanIsModelZero(t *testing.T) {
	records := aSeries(3, 2)
	head := *records[0].Header
	head.Soft.Injection = scanStart.Add(30 * time.Second)
	for i := range records {
		records[i].Header = &head
	}
	a, _ := ingest.Assess("tok", records, false)
	got, err := a.Timing()
	if err != nil {
		t.Fatal(err)
	}
	if got.Frames[0].Start != -30*time.Second || got.Stored != -30*time.Second || got.Injection != 0 {
		t.Errorf("first frame %+v, stored to %v, injection %v", got.Frames[0], got.Stored, got.Injection)
	}
}

func TestOverlappingFramesAreRejected(t *testing.T) {
	if err := ingest.CheckFrames([]ingest.Frame{{Duration: time.Minute}, {Start: 30 * time.Second, Duration: time.Minute}}); ingest.ReasonOf(err).Code != ingest.CodeOverlap {
		t.Errorf("got %v", err)
	}
	if err := ingest.CheckFrames([]ingest.Frame{{Duration: time.Minute}, {Start: 90 * time.Second, Duration: time.Minute}}); err != nil {
		t.Errorf("a gap is no overlap: %v", err)
	}
}

// The golden decay factor of data/dicom/siemens-start: the first frame of 15 s
// of C-11 at 1221.66 s.
func TestDecayFactor(t *testing.T) {
	got := ingest.Frame{Duration: 15 * time.Second}.DecayFactor(1221660*time.Millisecond, 0)
	if want := 1.0042613966433678; got < want-1e-12 || got > want+1e-12 {
		t.Errorf("got %.16f, want %.16f", got, want)
	}
}

func TestAffineInverse(t *testing.T) {
	a := ingest.Affine{{0, -2, 0.5, 10}, {3, 0, 0, -20}, {0.1, 0, 4, 30}}
	inv, err := a.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	p := a.Apply(3, 4, 5)
	q := inv.Apply(p[0], p[1], p[2])
	for i, want := range []float64{3, 4, 5} {
		if d := q[i] - want; d > 1e-12 || d < -1e-12 {
			t.Errorf("index %d comes back as %v, want %v", i, q[i], want)
		}
	}
	if _, err := (ingest.Affine{}).Inverse(); err == nil {
		t.Error("a flat volume has an inverse")
	}
}

func TestTokensSayNothing(t *testing.T) {
	k := ingest.Key("0123456789abcdef")
	a, b := k.SeriesToken("1.2.3"), k.SeriesToken("1.2.4")
	if len(a) != ingest.TokenLen || a == b || a != k.SeriesToken("1.2.3") || a == ingest.Key("another key here").SeriesToken("1.2.3") {
		t.Errorf("tokens %s and %s", a, b)
	}
	if strings.Trim(string(a), "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("token %s holds more than base32", a)
	}
}

// A volume that moves between frames has no regions that fit all of it.
func TestAVolumeThatMovesIsRefused(t *testing.T) {
	for _, aside := range []float64{0.02, 0.5, 10} {
		records := aSeries(3, 2)
		for i := 4; i < len(records); i++ {
			records = edit(i, func(r *ingest.Record) { r.Instance.Position[0] += aside })(records)
		}
		_, out := ingest.Assess("tok", records, true)
		if moved := out.Condition == ingest.Inconsistent && out.Reason.Code == ingest.CodeGeometry; moved != (aside > 0.1) {
			t.Errorf("%g mm aside: %s, %v", aside, out.Condition, out.Reason)
		}
	}
}

// What is missing is told by the gap that it leaves, in time and in space.
func TestWhatIsMissingIsNamedByItsGap(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone func(frame, slice int) bool
		says string
	}{
		{"a frame", func(f, _ int) bool { return f == 2 }, "4 images missing: all of frame 3 (between 120 and 180 s of the scan)"},
		{"two frames of one gap", func(f, _ int) bool { return f == 2 || f == 3 }, "all of frame 3 (between 120 and 240 s of the scan), all of frame 4"},
		{"two frames apart", func(f, _ int) bool { return f == 1 || f == 4 }, "all of frame 2 (between 60 and 120 s of the scan), all of frame 5 (between 240"},
		{"the last frame", func(f, _ int) bool { return f == 5 }, "4 images missing: all of frame 6"},
		{"a slice", func(_, s int) bool { return s == 1 }, "6 images missing: frame 1 slice 2, frame 2 slice 2"},
		{"a frame and an image", func(f, s int) bool { return f == 1 || f == 3 && s == 0 }, "5 images missing: all of frame 2 (between 60 and 120 s of the scan), frame 4 slice 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var there []ingest.Record
			for i, r := range aSeries(6, 4) {
				if !tt.gone(i/4, i%4) {
					there = append(there, r)
				}
			}
			_, out := ingest.Assess("tok", there, true)
			if out.Condition != ingest.Incomplete || !strings.Contains(out.Reason.Detail, tt.says) {
				t.Errorf("%s: %v, want %q", out.Condition, out.Reason, tt.says)
			}
		})
	}
}

// A store that gives no ETags proves nothing: content decides.
func TestWithoutETagsContentIsCompared(t *testing.T) {
	for _, etag := range []string{"", "e"} {
		records := aSeries(2, 3)
		for i := range records {
			records[i].ETag = etag
		}
		twice := records[4]
		twice.Key = "b/again.dcm"
		a, out := ingest.Assess("tok", append(records, twice), true)
		if want := map[string]int{"": 1, "e": 0}[etag]; out.Condition != ingest.Ready || len(a.Doubles) != want {
			t.Errorf("ETag %q: %s, %d to compare, want %d", etag, out.Condition, len(a.Doubles), want)
		}
	}
}
