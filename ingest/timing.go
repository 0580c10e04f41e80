package ingest

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A Timing is the time axis of a series.
type Timing struct {
	Frames   []Frame       // after model zero
	HalfLife time.Duration // 0 where the header has none
	// Stored is the time to which the stored values are corrected for decay,
	// after model zero (negative when before it); StoredNone means that they
	// are not corrected.
	Stored     time.Duration
	StoredNone bool
	ByFactors  bool // Stored is known from decay factors, not only from what the header says
	// Injection is after model zero, usually 0 or negative.
	Injection      time.Duration
	InjectionKnown bool
	Warnings       []Warning

	otherOrigin Warning // the one of Warnings that Stored is not what the header states
}

const (
	// decayRefTolerance is how far the decay origin that the scanner used may
	// lie from what its header says before that is worth a warning.
	decayRefTolerance = 5 * time.Second
	// Simultaneous is the difference below which two times are one.
	Simultaneous = time.Second
	// dayBefore is the least bound of how long before a scan its injection may
	// be, and how far the origin of a correction may be from it.
	dayBefore = 24 * time.Hour
)

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

// inject takes the header's injection time, unless it cannot be that of this
// scan, or its day is open and matters. Zero is the date and time of model zero.
func (t *Timing) inject(h Header, zero time.Time) {
	injection := h.Soft.Injection
	since := injection.Sub(zero)
	if h.Soft.InjectionClock && t.dayMatters() {
		before := math.Exp(-DecayPerSecond(t.HalfLife) * day.Seconds())
		if h.Strict.DecayCorrection != "ADMIN" {
			t.Warnings = append(t.Warnings, Warn(WarnInjection, LevelDoubt, before, 1-dayShare,
				"The header gives the time of day of the injection and not its day, and of this nuclide %.3g of the activity is left after a day: the time of the injection is not used.", before))
			return
		}
		t.Warnings = append(t.Warnings, Warn(WarnInjection, LevelDoubt, before, 1-dayShare,
			"The header gives the time of day of the injection and not its day, and of this nuclide %.3g of the activity is left after a day: values corrected to another time than the injection rest on a guess.", before))
	}
	if !injection.IsZero() && since > -t.longestUptake() && since < t.Frames[len(t.Frames)-1].End() {
		t.Injection, t.InjectionKnown = since, true
	} else if !injection.IsZero() {
		t.Warnings = append(t.Warnings, Warn(WarnTimeAssumed, LevelWarn, since.Seconds(), -t.longestUptake().Seconds(),
			"The header puts the injection %s model zero. That cannot be the injection of this scan, so its time is not used.", sideOf(since, "before", "after")))
	}
}

// dayShare is the part of the activity that a wrong day of the injection may make
// or take without a word, and goneShare the part that is left after a day of a
// nuclide of which nobody scans a day after the injection.
const (
	dayShare  = 0.01
	goneShare = 0.004
)

// dayMatters reports whether a scan may be a day after its injection, and that
// day would change activities at the injection.
func (t *Timing) dayMatters() bool {
	if t.HalfLife <= 0 {
		return false
	}
	left := math.Exp(-DecayPerSecond(t.HalfLife) * day.Seconds())
	return left > goneShare && left < 1-dayShare
}

// injectByFactors takes the origin of decay factors that correct to the injection
// for its time: both are one moment. It reports whether the header's time of day
// agrees, so that no more than the day was wrong.
func (t *Timing) injectByFactors(h Header, used, scatter time.Duration) (agrees bool) {
	if h.Strict.DecayCorrection != "ADMIN" || used > Simultaneous {
		return false
	}
	known, said := t.InjectionKnown, t.Injection
	t.Injection, t.InjectionKnown = used, true
	if off := used - said; known && h.Soft.InjectionClock && (off-off.Round(day)).Abs() <= max(scatter, decayRefTolerance) {
		t.Injection = said + off.Round(day)
		t.Warnings = slices.DeleteFunc(t.Warnings, func(w Warning) bool { return w.Code == WarnInjection })
		return true
	}
	return false
}

// sideOf says on which side a time lies, as in "3.5 s before".
func sideOf(d time.Duration, negative, positive string) string {
	side := positive
	if d < 0 {
		side = negative
	}
	return fmt.Sprintf("%.4g s %s", d.Abs().Seconds(), side)
}

// longestUptake bounds how long before a scan its injection may be: a day or, of
// a nuclide that lives longer, the time after which little of it is left.
func (t *Timing) longestUptake() time.Duration { return max(dayBefore, 10*t.HalfLife) }

// usedOrigin returns the median origin of the decay factors and how far it may be
// off: three times the median of how far the frames' own lie from it, which is
// two standard errors of one, or by as much as the digits of the factors leave
// open where that is more. It is not known where the half-life is missing or every
// factor is 1, as Philips writes.
func (t *Timing) usedOrigin(instances []Instance) (origin, scatter time.Duration, known bool) {
	lambda := DecayPerSecond(t.HalfLife)
	var origins, open []float64
	ones := true
	for f, i := range instances {
		if lambda == 0 || !(i.DecayFactor > 0) || math.IsInf(i.DecayFactor, 0) {
			return 0, 0, false
		}
		ones = ones && i.DecayFactor == 1
		origins = append(origins, t.Frames[f].Start.Seconds()-startOf(i, lambda))
		open = append(open, rounding(i.DecayFactor)/(i.DecayFactor*lambda))
	}
	if ones {
		return 0, 0, false
	}
	median := middle(origins)
	for f := range origins {
		origins[f] = math.Abs(origins[f] - median)
	}
	return seconds(median), seconds(max(3*middle(origins), middle(open))), true
}

// rounding returns by how much a number may have been rounded, by its decimals.
func rounding(x float64) float64 {
	const most = 6 // decimals
	for d, unit := 0, 1.0; d <= most; d, unit = d+1, unit*10 {
		if math.Abs(math.Round(x*unit)/unit-x) < 1e-9 {
			return 0.5 / unit
		}
	}
	return 0
}

// middle returns the median of numbers, the upper one of two, and sorts them.
func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// OverlapTolerance is what rounding of header times may make frames overlap.
const OverlapTolerance = 10 * time.Millisecond

// CheckFrames returns a rejection unless the frames are in time order, last
// and do not overlap.
func CheckFrames(frames []Frame) error {
	for f, fr := range frames {
		if fr.Duration <= 0 {
			return Reject(CodeTiming, "frame %d lasts %v", f+1, fr.Duration)
		}
		if f > 0 && fr.Start < frames[f-1].End()-max(OverlapTolerance, frames[f-1].Duration/1000) {
			return &Rejection{Reason{Code: CodeOverlap, Detail: fmt.Sprintf("frame %d starts %v before frame %d ends", f+1, frames[f-1].End()-fr.Start, f)}}
		}
	}
	return nil
}
