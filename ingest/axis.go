package ingest

import (
	"math"
	"slices"
	"time"
)

// Timing works out the time axis of a whole series.
//
// Model zero is the start of the first frame, unless the injection falls
// inside the scan. Injection times in headers may be those of the dose assay,
// minutes early: an injection before the scan never shifts the model.
//
// Where the header says by which factors it corrected for decay, the origin
// of the correction is taken from these: scanners correct to SeriesTime, to
// AcquisitionTime or to neither, whatever DecayCorrection says. From a
// frame's factor DF, start t and duration d, with x = λd:
//
//	origin = t − (ln DF − ln(x / (1 − e^(−x)))) / λ
func (a Assembly) Timing() (Timing, error) {
	t := Timing{HalfLife: seconds(a.Header.Strict.HalfLife)}
	instances, err := a.frameInstances()
	if err != nil {
		return t, err
	}
	t.mendDurations(a.Starts, instances)
	if a.ByReference || a.Slots[0].Instance.AcquisitionTime.IsZero() {
		err = t.rebuild(a.Header, instances)
	} else {
		err = t.read(a, instances)
	}
	if err != nil {
		return t, err
	}
	t.unround(a.Starts)
	if err := CheckFrames(t.Frames); err != nil {
		return t, err
	}
	if n := a.splitFactors(); n > 0 {
		t.Warnings = append(t.Warnings, Warn(WarnDecayRef, LevelDoubt, float64(n), 0,
			"The slices of %s disagree on DecayFactor; the median of the frame is used.", Count(n, "frame")))
	}
	if err := t.crossCheck(a.Header, instances); err != nil {
		return t, err
	}
	t.startAtInjection()
	return t, nil
}

// frameInstances returns one instance of each frame and makes sure that all
// slices of a frame tell the same duration.
func (a Assembly) frameInstances() ([]Instance, error) {
	n := len(a.Positions)
	frames := make([]Instance, len(a.Starts))
	for f := range frames {
		frames[f] = *a.Slots[f*n].Instance
		for _, r := range a.Slots[f*n : (f+1)*n] {
			if d := r.Instance.Duration - frames[f].Duration; d.Abs() > frameTolerance/20 {
				return nil, Reject(CodeMixed, "frame %d: slices disagree on ActualFrameDuration", f+1)
			}
		}
		frames[f].DecayFactor, _ = a.factors(f)
		if frames[f].Duration <= 0 {
			return nil, Reject(CodeTiming, "frame %d: ActualFrameDuration is missing or not positive", f+1)
		}
	}
	return frames, nil
}

// sameFactor is by which part the decay factors of a frame's slices may
// differ: they have few digits.
const sameFactor = 1e-3

// factors returns the median decay factor of a frame's slices and whether they
// agree on it.
func (a Assembly) factors(frame int) (median float64, agree bool) {
	n := len(a.Positions)
	slots := a.Slots[frame*n : (frame+1)*n]
	first := slots[0].Instance.DecayFactor
	differs := func(r Record) bool { return math.Abs(r.Instance.DecayFactor-first) > sameFactor*first }
	if !slices.ContainsFunc(slots, differs) {
		return first, true
	}
	all := make([]float64, n)
	for i := range slots {
		all[i] = slots[i].Instance.DecayFactor
	}
	slices.Sort(all)
	return all[n/2], false
}

// splitFactors counts the frames of which the slices disagree on DecayFactor.
func (a Assembly) splitFactors() (n int) {
	for f := range a.Starts {
		if _, agree := a.factors(f); !agree {
			n++
		}
	}
	return n
}

// unround puts frames end to end that overlap because their times are rounded
// to seconds.
func (t *Timing) unround(starts []time.Time) {
	fraction := func(at time.Time) bool { return at.Nanosecond() != 0 }
	if slices.ContainsFunc(starts, fraction) || CheckFrames(t.Frames) == nil {
		return
	}
	moved := slices.Clone(t.Frames)
	for f := 1; f < len(moved); f++ {
		if end := moved[f-1].End(); (moved[f].Start - end).Abs() < time.Second {
			moved[f].Start = end
		}
	}
	if CheckFrames(moved) != nil {
		return
	}
	t.Frames = moved
	t.Warnings = append(t.Warnings, Warn(WarnTimeAssumed, LevelNotice, 1, 0,
		"AcquisitionTime is in whole seconds, so frames would overlap by less than 1 s; they are put end to end."))
}

// read takes the axis from the acquisition times.
func (t *Timing) read(a Assembly, instances []Instance) error {
	zero := a.Starts[0]
	for f, i := range instances {
		t.Frames = append(t.Frames, Frame{Start: a.Starts[f].Sub(zero), Duration: i.Duration})
	}
	t.inject(a.Header, zero)
	said, known, err := t.saidOrigin(a.Header, zero, instances)
	if err != nil || t.StoredNone {
		return err
	}
	used, scatter, ok := t.usedOrigin(instances)
	t.ByFactors = ok
	switch {
	case ok && known && (used-said).Abs() <= scatter:
		t.Stored = said // factors of few digits cannot say otherwise
	case ok && t.injectByFactors(a.Header, used, scatter):
		t.Stored = t.Injection
	case ok && known && (used-said).Abs() > decayRefTolerance:
		t.otherOrigin = Warn(WarnDecayRef, LevelWarn, (used - said).Seconds(), decayRefTolerance.Seconds(),
			"The origin of the DecayFactors lies %s the one that the header states, where %g s are allowed; that of the factors is used.",
			sideOf(used-said, "before", "after"), decayRefTolerance.Seconds())
		t.Warnings = append(t.Warnings, t.otherOrigin)
		t.Stored = used
	case ok && (!known || (used-said).Abs() > Simultaneous):
		t.Stored = used
	case known:
		t.Stored = said
		if !ok {
			t.Warnings = append(t.Warnings, a.Header.assumedStart(zero, instances)...)
		}
	default:
		return Reject(CodeTiming, "the values are corrected for decay to the injection, but the header does not give its time")
	}
	return nil
}

// saidOrigin returns the origin of the decay correction as the header has it.
// START means the start from which FrameReferenceTime counts or, where that does
// not tell, the series time, unless it is later than the first frame.
func (t *Timing) saidOrigin(h Header, zero time.Time, instances []Instance) (origin time.Duration, known bool, err error) {
	switch h.Strict.DecayCorrection {
	case "NONE":
		t.StoredNone = true
		return 0, false, nil
	case "START":
		if o := h.Soft.DecayOrigin; !o.IsZero() && o.Sub(zero).Abs() < dayBefore {
			return o.Sub(zero), true, nil
		}
		if origin, told := h.startByReference(zero, instances); told {
			return origin, true, nil
		}
		if h.startsEarlier(zero) {
			return h.Soft.SeriesStart.Sub(zero), true, nil
		}
		if h.processedLater(zero) {
			return h.Soft.ScanStart.Sub(zero), true, nil
		}
		return 0, true, nil
	case "ADMIN":
		return t.Injection, t.InjectionKnown, nil
	}
	return 0, false, Reject(CodeTiming, "DecayCorrection is not NONE, START or ADMIN")
}

// earliestStart is how long before its first frame a series may start.
const earliestStart = time.Hour

// startsEarlier reports whether the series' time can be the start of a scan of
// which the first frame is later.
func (h Header) startsEarlier(zero time.Time) bool {
	s := h.Soft.SeriesStart
	return !s.IsZero() && s.Before(zero) && zero.Sub(s) < earliestStart
}

// startByReference returns what FrameReferenceTime counts from, after model zero:
// SeriesTime, however long before the first frame it is, or the first frame.
// Told is false where the two are one, or where it counts from neither.
func (h Header) startByReference(zero time.Time, instances []Instance) (origin time.Duration, told bool) {
	before := zero.Sub(h.Soft.SeriesStart)
	if h.Soft.SeriesStart.IsZero() || before <= decayRefTolerance {
		return 0, false
	}
	for _, i := range instances {
		if !i.HasReferenceTime {
			return 0, false
		}
	}
	first := placeOf(instances, DecayPerSecond(seconds(h.Strict.HalfLife))).start(instances[0])
	switch slack := min(max(referenceSlack, instances[0].Duration/2), before/3); {
	case (first - before).Abs() <= slack:
		return -before, true
	case first.Abs() <= slack:
		return 0, true
	}
	return 0, false
}

// processedLater reports whether the series' time is that of a later
// reconstruction and GE's private start of the scan is the scan's. After the
// pseudo-code for SUV of the Quantitative Imaging Biomarkers Alliance, 2012.
func (h Header) processedLater(zero time.Time) bool {
	return h.Soft.SeriesStart.After(zero) && !h.Soft.ScanStart.IsZero() && h.Soft.ScanStart.Sub(zero).Abs() < earliestStart
}

// assumedStart says what the origin of a correction to START rests on where no
// factors, no DecayCorrectionDateTime and no FrameReferenceTime tell it.
func (h Header) assumedStart(zero time.Time, instances []Instance) []Warning {
	if h.Strict.DecayCorrection != "START" || !h.Soft.DecayOrigin.IsZero() {
		return nil
	}
	if _, told := h.startByReference(zero, instances); told {
		return nil
	}
	tolerance := decayRefTolerance.Seconds()
	if h.Soft.SeriesStart.IsZero() {
		return []Warning{Warn(WarnTimeAssumed, LevelWarn, 0, tolerance,
			"The header has neither SeriesTime nor decay factors; the values are taken as corrected for decay to the start of the first frame.")}
	}
	before, to := zero.Sub(h.Soft.SeriesStart), "SeriesTime"
	switch {
	case h.startsEarlier(zero) && before > decayRefTolerance:
	case before >= earliestStart:
		to = "the start of the first frame"
	default:
		return nil
	}
	return []Warning{Warn(WarnTimeAssumed, LevelDoubt, before.Seconds(), tolerance,
		"SeriesTime lies %.4g s before the first frame, and no decay factors tell which of the two START means; the values are taken as corrected for decay to %s.",
		before.Seconds(), to)}
}

// startAtInjection moves model zero to an injection inside the scan.
func (t *Timing) startAtInjection() {
	if !t.InjectionKnown || t.Injection <= Simultaneous {
		return
	}
	by := t.Injection
	for f := range t.Frames {
		t.Frames[f].Start -= by
	}
	t.Stored -= by
	t.Injection = 0
}
