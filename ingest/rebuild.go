package ingest

import (
	"math"
	"slices"
	"time"
)

// rebuild makes the axis of a series whose acquisition times do not tell its
// frames, from its decay factors or, where these are missing or 1 throughout,
// from its frame reference times.
func (t *Timing) rebuild(h Header, instances []Instance) error {
	how := "The frame times come from the decay factors, because no acquisition times tell the frames apart."
	t.Frames = make([]Frame, len(instances))
	level := LevelWarn
	_, _, byFactors := t.usedOrigin(instances)
	if byFactors {
		lambda := DecayPerSecond(t.HalfLife)
		for f, i := range instances {
			t.Frames[f] = Frame{Start: seconds(startOf(i, lambda)), Duration: i.Duration}
		}
	} else {
		for f, i := range instances {
			if !i.HasReferenceTime {
				return Reject(CodeTiming, "frame %d: no AcquisitionTime, no DecayFactor and no FrameReferenceTime", f+1)
			}
		}
		p := placeOf(instances, DecayPerSecond(t.HalfLife))
		if p.misfit(instances) > roundedReference {
			level = LevelDoubt // with gaps between frames, no place fits better than others
		}
		how = "The frame times come from FrameReferenceTime, read as the " + p.name + " of each frame, because neither acquisition times nor decay factors tell the frames apart."
		for f, i := range instances {
			t.Frames[f] = Frame{Start: p.start(i), Duration: i.Duration}
		}
	}
	origin := t.Frames[0].Start // after what the factors, or the reference times, count from
	for f := range t.Frames {
		t.Frames[f].Start = (t.Frames[f].Start - origin).Round(10 * time.Millisecond)
	}
	t.abut()
	t.Warnings = append(t.Warnings, Warn(WarnTimeAssumed, level, 1, 0, "%s", how))
	if !byFactors && !h.Soft.SeriesStart.IsZero() {
		t.inject(h, h.Soft.SeriesStart.Add(origin))
	}
	t.ByFactors = byFactors
	return t.storedAfter(h, -origin, byFactors)
}

// storedAfter says what the values of a rebuilt axis are corrected to. Counted
// is what its times count from, after model zero: the origin of the decay
// correction where they come from its factors, else the start of the series.
func (t *Timing) storedAfter(h Header, counted time.Duration, byFactors bool) error {
	switch d := h.Strict.DecayCorrection; {
	case d == "NONE":
		t.StoredNone = true
	case d == "START":
		t.Stored = counted
	case d == "ADMIN" && byFactors:
		t.Stored, t.Injection, t.InjectionKnown = counted, counted, true
	case d == "ADMIN" && t.InjectionKnown:
		t.Stored = t.Injection
	case d == "ADMIN":
		return Reject(CodeTiming, "the values are corrected for decay to the injection, but the header does not give its time")
	default:
		return Reject(CodeTiming, "DecayCorrection is not NONE, START or ADMIN")
	}
	return nil
}

// A place is where in its frame a vendor puts FrameReferenceTime, of which the
// standard only says that it depends on the implementation.
type place struct {
	name string
	// before is how long before it a frame of a duration starts.
	before func(d time.Duration) time.Duration
}

// start returns where a frame starts by its reference time.
func (p place) start(i Instance) time.Duration { return i.FrameReferenceTime - p.before(i.Duration) }

// places are those that vendors use. Siemens has the time at which a constant
// concentration has its mean activity over the frame,
//
//	Tave = ln(x / (1 − e^(−x))) / λ    x = λd
//
// Source: DICOM PS3.3, C.8.9.4.1.5.
func places(lambda float64) []place {
	list := []place{{"middle", func(d time.Duration) time.Duration { return d / 2 }}}
	if lambda > 0 {
		list = append(list, place{"time of the mean activity", func(d time.Duration) time.Duration {
			x := lambda * d.Seconds()
			return seconds(math.Log(x/-math.Expm1(-x)) / lambda)
		}})
	}
	return append(list,
		place{"start", func(time.Duration) time.Duration { return 0 }},
		place{"end", func(d time.Duration) time.Duration { return d }})
}

// alikeMisfit is the difference below which two places fit as well: scanners
// write reference times that jitter by milliseconds.
const alikeMisfit = 5 * time.Millisecond

// placeOf returns the place by which frames follow each other best. Where
// several do as well, as in frames of one duration, it is the first of places,
// unless the first frame then begins away from the start of the series, and by
// the start of the frame it does not.
func placeOf(instances []Instance, lambda float64) place {
	all := places(lambda)
	best := all[0]
	for _, p := range all[1:] {
		d := p.misfit(instances) - best.misfit(instances)
		first := p.start(instances[0]).Abs() < best.start(instances[0]).Abs()-instances[0].Duration/4
		if d < -alikeMisfit || d <= alikeMisfit && p.name == "start" && first {
			best = p
		}
	}
	return best
}

// misfit is the time by which frames fail to follow each other, in the median
// and at most.
func (p place) misfit(instances []Instance) time.Duration {
	var off []time.Duration
	for f := 1; f < len(instances); f++ {
		off = append(off, (p.start(instances[f]) - p.start(instances[f-1]) - instances[f-1].Duration).Abs())
	}
	if len(off) == 0 {
		return 0
	}
	slices.Sort(off)
	return off[len(off)-1] + off[len(off)/2]
}

// roundedReference is how far the reference times of some scanners are rounded.
const roundedReference = 600 * time.Millisecond

// abut joins frames, in place, that follow each other but for the rounding of
// what their times were rebuilt from.
func (t *Timing) abut() {
	for f := 1; f < len(t.Frames); f++ {
		if end := t.Frames[f-1].End(); (t.Frames[f].Start - end).Abs() <= min(roundedReference, t.Frames[f].Duration/4) {
			t.Frames[f].Start = end
		}
	}
}

// How well durations in a wrong unit must fit between the starts of frames: a
// few of the frames may be followed by a gap, none may overlap.
const (
	wrongUnitMedian = 0.02
	wrongUnitLeast  = 0.4
)

// mendDurations recognises durations that were written in s or µs where the
// standard has ms: then the frames, in their true unit, follow each other and,
// in the false one, are a thousand times too short or too long.
func (t *Timing) mendDurations(starts []time.Time, instances []Instance) {
	var ratios []float64
	for f := 1; f < len(starts) && f < len(instances); f++ {
		ratios = append(ratios, starts[f].Sub(starts[f-1]).Seconds()/instances[f-1].Duration.Seconds())
	}
	if len(ratios) < 2 {
		return
	}
	slices.Sort(ratios)
	for _, u := range []struct {
		name   string
		factor float64
	}{{"seconds", 1e3}, {"microseconds", 1e-3}} {
		if math.Abs(ratios[len(ratios)/2]/u.factor-1) > wrongUnitMedian || ratios[0] < wrongUnitLeast*u.factor {
			continue
		}
		for f := range instances {
			instances[f].Duration = time.Duration(math.Round(float64(instances[f].Duration) * u.factor))
		}
		apart := ratios[len(ratios)/2]
		t.Warnings = append(t.Warnings, Warn(WarnTimeAssumed, LevelWarn, apart, 1,
			"ActualFrameDuration was read in %s: in milliseconds, as the standard has it, each frame would start %.4g durations after the one before, in the median, instead of 1.", u.name, apart))
		return
	}
}
