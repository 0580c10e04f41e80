package ingest_test

import (
	"math"
	"testing"
	"time"

	"tacstream/ingest"
)

const carbon = 1221660 * time.Millisecond

// schedule is four frames of one minute and two of five, as scanners have
// them: durations that differ tell where a reference time lies in its frame.
func schedule() []ingest.Frame {
	var frames []ingest.Frame
	at := time.Duration(0)
	for _, d := range []time.Duration{time.Minute, time.Minute, time.Minute, time.Minute, 5 * time.Minute, 5 * time.Minute} {
		frames = append(frames, ingest.Frame{Start: at, Duration: d})
		at += d
	}
	return frames
}

// scanned returns the records of a series of the schedule, three slices each,
// each changed as a vendor would have it.
func scanned(change func(f int, frame ingest.Frame, h *ingest.Header, in *ingest.Instance)) []ingest.Record {
	frames := schedule()
	records := aSeries(len(frames), 3)
	head := *records[0].Header
	for i := range records {
		records[i].Header = &head
		in := records[i].Instance
		in.AcquisitionTime = scanStart.Add(frames[i/3].Start)
		in.Duration = frames[i/3].Duration
		change(i/3, frames[i/3], &head, in)
	}
	return records
}

// When a scanner leaves times out, or writes the same in each frame, the axis
// still comes out right, with a warning, or not at all.
func TestTimesAsVendorsWriteThem(t *testing.T) {
	tave := func(fr ingest.Frame) time.Duration {
		lambda := math.Ln2 / carbon.Seconds()
		x := lambda * fr.Duration.Seconds()
		return fr.Start + time.Duration(math.Log(x/(1-math.Exp(-x)))/lambda*1e9)
	}
	reference := func(in *ingest.Instance, at time.Duration) {
		in.FrameReferenceTime, in.HasReferenceTime = at, true
	}
	tests := []struct {
		name   string
		change func(f int, frame ingest.Frame, h *ingest.Header, in *ingest.Instance)
		warns  ingest.Code
		stored time.Duration
		none   bool
	}{
		{"Siemens, microseconds before SeriesTime", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = in.AcquisitionTime.Add(-40 * time.Microsecond)
			in.DecayFactor = fr.DecayFactor(carbon, 0)
			reference(in, tave(fr))
		}, "", 0, false},
		{"Philips, jitter and factors of 1", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			jitter := time.Duration(int(in.Position[2])%3) * time.Millisecond
			in.AcquisitionTime = in.AcquisitionTime.Add(jitter)
			in.Duration += jitter
			in.DecayFactor = 1
			reference(in, fr.Mid()+jitter)
		}, "", 0, false},
		{"equal AcquisitionTime, reference in the middle", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = scanStart
			reference(in, fr.Mid())
		}, ingest.WarnTimeAssumed, 0, false},
		{"equal AcquisitionTime, reference at the start", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = scanStart
			reference(in, fr.Start)
		}, ingest.WarnTimeAssumed, 0, false},
		{"equal AcquisitionTime, reference at the end", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = scanStart
			reference(in, fr.End())
		}, ingest.WarnTimeAssumed, 0, false},
		{"equal AcquisitionTime with factors", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime = scanStart
			reference(in, fr.Start)
			in.DecayFactor = fr.DecayFactor(carbon, 0)
		}, ingest.WarnTimeAssumed, 0, false},
		{"corrected to the start, which neither SeriesTime nor factors say", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = time.Time{}
		}, ingest.WarnTimeAssumed, 0, false},
		{"no AcquisitionTime, not corrected", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime, h.Soft.SeriesStart = time.Time{}, time.Time{}
			h.Strict.DecayCorrection = "NONE"
			in.DecayFactor = 1
			reference(in, fr.Mid())
		}, ingest.WarnTimeAssumed, 0, true},
		{"no times at all, corrected to the injection", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.AcquisitionTime, h.Soft.SeriesStart = time.Time{}, time.Time{}
			h.Strict.DecayCorrection = "ADMIN"
			in.DecayFactor = fr.DecayFactor(carbon, -90*time.Second)
			reference(in, fr.Mid())
		}, ingest.WarnTimeAssumed, -90 * time.Second, false},
		{"durations in seconds", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) { in.Duration /= 1000 },
			ingest.WarnTimeAssumed, 0, false},
		{"durations in microseconds", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) { in.Duration *= 1000 },
			ingest.WarnTimeAssumed, 0, false},
		{"over midnight with one date", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			start := time.Date(2024, 3, 12, 23, 57, 30, 0, time.UTC)
			h.Soft.SeriesStart = start
			at := start.Add(fr.Start)
			in.AcquisitionTime = time.Date(2024, 3, 12, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
		}, "", 0, false},
		{"START to the series' time, half a minute early", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(-30 * time.Second)
			in.DecayFactor = fr.DecayFactor(carbon, -30*time.Second)
		}, "", -30 * time.Second, false},
		{"SeriesTime of the reconstruction, hours late", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(3 * time.Hour)
			in.DecayFactor = fr.DecayFactor(carbon, 0)
		}, "", 0, false},
		{"factors of two decimals", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = math.Round(fr.DecayFactor(carbon, 0)*100) / 100
		}, ingest.WarnDecayRef, 0, false},
		{"GE, processed later, with the start of the scan", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart, h.Soft.ScanStart = scanStart.Add(3*time.Hour), scanStart.Add(-20*time.Second)
		}, "", -20 * time.Second, false},
		{"Siemens, with the time of the correction", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart, h.Soft.DecayOrigin = scanStart.Add(-time.Minute), scanStart.Add(-40*time.Second)
		}, "", -40 * time.Second, false},
		{"one slice with the factor of another frame", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = fr.DecayFactor(carbon, 0)
			if in.Position[2] == 0 {
				in.DecayFactor = 1
			}
		}, ingest.WarnDecayRef, 0, false},
		{"an injection of three days before", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.Injection = scanStart.Add(-72 * time.Hour)
		}, ingest.WarnTimeAssumed, 0, false},
		{"one factor that contradicts its frame", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = fr.DecayFactor(carbon, 0)
			if f == 3 {
				in.DecayFactor *= 1.02
			}
		}, ingest.WarnDecayRef, 0, false},
		{"one reference time that contradicts its frame", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			reference(in, fr.Mid())
			if f == 3 {
				reference(in, fr.Mid()+10*time.Minute)
			}
		}, ingest.WarnTimeAssumed, 0, false},
		{"NONE though CorrectedImage says DECY", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Strict.DecayCorrection = "NONE"
			h.Soft.CorrectedImage = []string{"DECY", "ATTN"}
		}, ingest.WarnDecayRef, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, out := ingest.Assess("tok", scanned(test.change), true)
			if out.Condition != ingest.Ready || out.Frames != len(schedule()) {
				t.Fatalf("outcome %+v", out)
			}
			got, err := a.Timing()
			if err != nil {
				t.Fatal(err)
			}
			for f, want := range schedule() {
				if d, l := got.Frames[f].Start-want.Start, got.Frames[f].Duration-want.Duration; d.Abs() > 20*time.Millisecond || l.Abs() > 5*time.Millisecond {
					t.Errorf("frame %d is %+v, want %+v", f+1, got.Frames[f], want)
				}
			}
			if (got.Stored-test.stored).Abs() > 20*time.Millisecond || got.StoredNone != test.none {
				t.Errorf("stored to %v (none: %v), want %v (%v)", got.Stored, got.StoredNone, test.stored, test.none)
			}
			if warned := len(got.Warnings) > 0; warned != (test.warns != "") || warned && got.Warnings[0].Code != test.warns {
				t.Errorf("warnings %v, want %q", got.Warnings, test.warns)
			}
		})
	}
}

// What has no curve is refused by its name.
func TestSeriesWithoutFramesInCommonAreRefused(t *testing.T) {
	// Five slices a bed, of which one overlaps with the next bed.
	beds := func(beds, passes int, counts func(*ingest.Strict)) []ingest.Record {
		rs := aSeries(beds*passes, 5)
		h := *rs[0].Header
		counts(&h.Strict)
		for i := range rs {
			rs[i].Header = &h
			rs[i].Instance.Position[2] += float64(8 * (i / 5 % beds))
		}
		return rs
	}
	tests := []struct {
		name    string
		records []ingest.Record
		want    ingest.Code
	}{
		{"static whole body", beds(3, 1, func(s *ingest.Strict) {
			s.SeriesType, s.NumberOfSlices, s.NumberOfTimeSlices = "WHOLE BODY", 15, 1
		}), ingest.CodeBeds},
		{"static whole body without counts", beds(3, 1, func(s *ingest.Strict) {
			s.SeriesType, s.NumberOfSlices, s.NumberOfTimeSlices = "WHOLE BODY", 0, 0
		}), ingest.CodeBeds},
		{"dynamic whole body", beds(3, 2, func(s *ingest.Strict) {
			s.NumberOfSlices, s.NumberOfTimeSlices = 13, 2
		}), ingest.CodeBeds},
		{"gated", beds(1, 3, func(s *ingest.Strict) { s.SeriesType = "GATED" }), ingest.CodeGated},
	}
	for _, test := range tests {
		_, out := ingest.Assess("tok", test.records, true)
		if out.Condition != ingest.Rejected || out.Reason.Code != test.want {
			t.Errorf("%s: %s %v, want %s", test.name, out.Condition, out.Reason, test.want)
		}
	}
}

// A send that broke off is no series of several beds.
func TestBrokenSendsAreNoBeds(t *testing.T) {
	rs := aSeries(3, 6)
	_, out := ingest.Assess("tok", append(append(rs[:4:4], rs[6:10]...), rs[12:18]...), true)
	if out.Condition != ingest.Incomplete || out.Reason.Code != ingest.CodeFrameCount {
		t.Errorf("%s %v", out.Condition, out.Reason)
	}
}

// What nobody can rely on is doubted, not only warned of.
func TestTimesThatContradictEachOtherAreDoubted(t *testing.T) {
	late := func(f int) time.Duration {
		if f >= 3 {
			return 30 * time.Minute
		}
		return 0
	}
	midnight := func(fr ingest.Frame, pause time.Duration, in *ingest.Instance) {
		at := time.Date(2024, 3, 12, 23, 57, 30, 0, time.UTC).Add(fr.Start + pause)
		in.AcquisitionTime = time.Date(2024, 3, 12, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	}
	tests := []struct {
		name   string
		change func(f int, frame ingest.Frame, h *ingest.Header, in *ingest.Instance)
		doubts ingest.Code // "" where everything fits
		pause  time.Duration
	}{
		{"START, SeriesTime ten minutes early and no factors", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(-10 * time.Minute)
		}, ingest.WarnTimeAssumed, 0},
		{"START, SeriesTime two hours early and no factors", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.SeriesStart = scanStart.Add(-2 * time.Hour)
		}, ingest.WarnTimeAssumed, 0},
		{"a factor that is a tenth too large", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			in.DecayFactor = fr.DecayFactor(carbon, 0)
			if f == 3 {
				in.DecayFactor *= 1.1
			}
		}, ingest.WarnDecayRef, 0},
		{"over midnight under one date, with a pause that reference times tell", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			midnight(fr, late(f), in)
			h.Soft.SeriesStart = time.Date(2024, 3, 12, 23, 57, 30, 0, time.UTC)
			in.FrameReferenceTime, in.HasReferenceTime = fr.Mid()+late(f), true
		}, "", 30 * time.Minute},
		{"over midnight under one date, with a pause that factors tell", func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			midnight(fr, late(f), in)
			h.Soft.SeriesStart = time.Date(2024, 3, 12, 23, 57, 30, 0, time.UTC)
			in.DecayFactor = ingest.Frame{Start: fr.Start + late(f), Duration: fr.Duration}.DecayFactor(carbon, 0)
		}, "", 30 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, out := ingest.Assess("tok", scanned(test.change), true)
			if out.Condition != ingest.Ready {
				t.Fatalf("outcome %+v", out)
			}
			got, err := a.Timing()
			if err != nil {
				t.Fatal(err)
			}
			if start, want := got.Frames[3].Start, 3*time.Minute+test.pause; start != want {
				t.Errorf("frame 4 starts at %v, want %v", start, want)
			}
			doubt := ingest.Code("")
			for _, w := range got.Warnings {
				if w.Level == ingest.LevelDoubt {
					doubt = w.Code
				}
			}
			if doubt != test.doubts {
				t.Errorf("warnings %+v, want a doubt of %q", got.Warnings, test.doubts)
			}
		})
	}
	records := scanned(func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
		midnight(fr, late(f), in)
		in.DecayFactor, in.HasReferenceTime = 0, false
	})
	if _, out := ingest.Assess("tok", records, true); out.Condition != ingest.Inconsistent || out.Reason.Code != ingest.CodeTiming {
		t.Errorf("a pause over midnight that nothing explains: %+v", out)
	}
}

// Facts of the header that decide something must be the same in all instances.
func TestInstancesThatDisagreeAreDoubted(t *testing.T) {
	for name, change := range map[string]func(*ingest.Soft){
		"SeriesTime":                func(s *ingest.Soft) { s.SeriesStart = scanStart.Add(-time.Hour) },
		"the time of the injection": func(s *ingest.Soft) { s.Injection = scanStart.Add(-time.Hour) },
		"RadionuclideTotalDose":     func(s *ingest.Soft) { s.DoseBq = 37e6 },
		"PatientWeight":             func(s *ingest.Soft) { s.WeightKg = 70 },
		"CorrectedImage":            func(s *ingest.Soft) { s.CorrectedImage = []string{"DECY"} },
	} {
		records := scanned(func(int, ingest.Frame, *ingest.Header, *ingest.Instance) {})
		other := *records[0].Header
		change(&other.Soft)
		records[len(records)-1].Header = &other
		a, out := ingest.Assess("tok", records, true)
		if out.Condition != ingest.Ready || len(a.Split) != 1 || a.Split[0] != name {
			t.Errorf("%s: %s, instances disagree on %v", name, out.Condition, a.Split)
		}
		found := false
		for _, w := range a.Doubts() {
			found = found || w.Code == ingest.WarnSplit && w.Level == ingest.LevelDoubt
		}
		if !found {
			t.Errorf("%s: %+v", name, a.Doubts())
		}
	}
}

// What a header says of the whole series is doubted where it takes from the
// values their meaning.
func TestHeadersThatSayTheirOwnDoubts(t *testing.T) {
	for name, c := range map[string]struct {
		soft  ingest.Soft
		code  ingest.Code
		value float64
	}{
		"two further tracers":   {ingest.Soft{OtherTracers: 2}, ingest.WarnTracers, 2},
		"compressed with loss":  {ingest.Soft{Lossy: true}, ingest.WarnLossy, 1},
		"two slopes, half each": {ingest.Soft{Rescaled: 0.5}, ingest.WarnSplit, 0.5},
	} {
		c.soft.CorrectedImage = []string{"ATTN", "SCAT", "NORM", "DECY"}
		var found []ingest.Warning
		for _, w := range (ingest.Assembly{Header: ingest.Header{Soft: c.soft}}).Doubts() {
			if w.Level == ingest.LevelDoubt {
				found = append(found, w)
			}
		}
		if len(found) != 1 || found[0].Code != c.code || found[0].Value != c.value {
			t.Errorf("%s: %+v, want one doubt of %s, %g", name, found, c.code, c.value)
		}
	}
}

// Frames may be shorter than the jitter of others' times, and their times may be
// in whole seconds.
func TestShortFramesAreToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		duration, unit time.Duration
		warns          bool
	}{
		"of 100 ms":                             {100 * time.Millisecond, time.Millisecond, false},
		"of 200 ms":                             {200 * time.Millisecond, time.Millisecond, false},
		"of 2.5 s, with times in whole seconds": {2500 * time.Millisecond, time.Second, true},
	} {
		records := aSeries(6, 3)
		for i := range records {
			in := records[i].Instance
			in.Duration = c.duration
			in.AcquisitionTime = scanStart.Add((time.Duration(i/3) * c.duration).Truncate(c.unit))
		}
		a, out := ingest.Assess("tok", records, true)
		got, err := a.Timing()
		if out.Condition != ingest.Ready || err != nil {
			t.Errorf("frames %s: %+v, %v", name, out, err)
			continue
		}
		for f, fr := range got.Frames {
			if want := (ingest.Frame{Start: time.Duration(f) * c.duration, Duration: c.duration}); fr != want {
				t.Errorf("frames %s: frame %d is %+v, want %+v", name, f+1, fr, want)
			}
		}
		if (len(got.Warnings) > 0) != c.warns {
			t.Errorf("frames %s: %+v", name, got.Warnings)
		}
	}
}

// What an injection can be depends on how long its nuclide lives.
func TestInjectionsDaysBeforeTheScan(t *testing.T) {
	for name, c := range map[string]struct {
		halfLife time.Duration
		known    bool
	}{"carbon": {carbon, false}, "zirconium": {78*time.Hour + 24*time.Minute, true}} {
		a, _ := ingest.Assess("tok", scanned(func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Strict.HalfLife = c.halfLife.Seconds()
			h.Soft.Injection = scanStart.Add(-72 * time.Hour)
		}), true)
		if got, err := a.Timing(); err != nil || got.InjectionKnown != c.known {
			t.Errorf("%s: injected %v before: %v, %v", name, -got.Injection, got.InjectionKnown, err)
		}
	}
}
