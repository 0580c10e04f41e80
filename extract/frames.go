package extract

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tacstream/ingest"
)

// Limits of the rules for frames without data of their own.
const (
	// beforeArrival is the fraction of the peak below which earlier frames hold no
	// tracer yet: an empty frame within early is data then.
	beforeArrival = 0.02
	// repeatDigits is how many digits, over all regions, two frames must share
	// beyond those that neighbours share anyway: fewer can agree by chance.
	repeatDigits = 8
	// likeDigits are the leading digits that neighbours on a flat curve share.
	likeDigits = 2
	// sameDigits is to how many digits values are compared, sameTo the same as a
	// fraction: undoing a correction for decay leaves errors of rounding beyond.
	sameDigits = 12
	sameTo     = 1e-12
	// mostRepeats is the fraction of frames above which repeats are the shape
	// of the curve, such as a constant, and no fault.
	mostRepeats = 0.25
)

// A FrameFault is a frame that holds no data of its own.
type FrameFault struct {
	Frame int         // index into Curves.Frames
	Code  ingest.Code // ingest.WarnFrameEmpty or ingest.WarnFrameRepeated
}

// FrameFaults returns the frames without data of their own, in order.
//
// A frame is empty where every region is exactly 0, or no number, while the
// curves are above 0 elsewhere. Before the tracer arrives 0 is data: an empty
// frame that ends within the first minutes, with no tracer before it, is sound.
//
// A frame is a repeat where every region has the value of the frame before to
// all digits, as stored, as decayed, or corrected for decay, and the values have
// digits enough that this is no chance. The later of the two is named.
func (c Curves) FrameFaults() (list []FrameFault) {
	peak := c.peak()
	if !(peak > 0) {
		return nil
	}
	arrived := false
	for f, frame := range c.Frames {
		level, empty := c.levelOf(f)
		switch {
		case !empty:
			arrived = arrived || level > beforeArrival*peak
		case arrived || frame.End()-c.zero() > early:
			list = append(list, FrameFault{f, ingest.WarnFrameEmpty})
		}
	}
	if list = append(list, c.repeats()...); len(list) > 1 {
		slices.SortFunc(list, func(a, b FrameFault) int { return a.Frame - b.Frame })
	}
	return list
}

// zero returns the time of the injection as far as it lies before model zero.
func (c Curves) zero() time.Duration {
	if c.Decay.InjectionKnown {
		return min(c.Decay.Injection, 0)
	}
	return 0
}

// peak returns the highest value of all curves.
func (c Curves) peak() (peak float64) {
	for i := range c.TACs {
		for _, v := range c.TACs[i].BqPerML {
			if v > peak {
				peak = v
			}
		}
	}
	return peak
}

// levelOf returns the highest magnitude of a frame, and whether no region has a
// value other than 0 in it.
func (c Curves) levelOf(f int) (level float64, empty bool) {
	empty = true
	for i := range c.TACs {
		if v := math.Abs(c.TACs[i].BqPerML[f]); v > 0 {
			level, empty = max(level, v), false
		}
	}
	return level, empty
}

// repeats returns the frames that repeat the one before.
func (c Curves) repeats() []FrameFault {
	var found []int
	for _, origin := range []Origin{AsDecayed, AsStored, ToScanStart} {
		factors, err := c.Factors(origin)
		if err != nil {
			continue
		}
		for f := 1; f < len(c.Frames); f++ {
			if c.repeated(f, factors) && !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	if float64(len(found)) > mostRepeats*float64(len(c.Frames)) {
		return nil
	}
	var list []FrameFault
	for _, f := range found {
		list = append(list, FrameFault{f, ingest.WarnFrameRepeated})
	}
	return list
}

// repeated reports whether a frame has the values of the one before, times the
// factors.
func (c Curves) repeated(f int, factors []float64) bool {
	digits := 0
	for i := range c.TACs {
		t := &c.TACs[i]
		before, at := t.BqPerML[f-1]*factors[f-1], t.BqPerML[f]*factors[f]
		if at != before && !(math.Abs(at-before) <= math.Abs(at)*sameTo) {
			return false
		}
		if len(t.Parts) == 0 && at != 0 {
			digits += max(significant(at)-likeDigits, 0)
		}
	}
	return digits >= repeatDigits
}

// significant returns how many digits a value has, without zeros at its end.
func significant(v float64) int {
	mantissa, _, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'e', sameDigits-1, 64), "e")
	return len(strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0"))
}

// Sound returns the curves without the frames that FrameFaults names, the
// warnings that name these, and the indices of the frames that are kept. It
// shares no values with c, unless all frames are kept. A curve that does not
// have one value for each frame, which models refuse, leaves everything as it is.
func (c Curves) Sound() (sound Curves, kept []int, warnings []ingest.Warning) {
	for f := range c.Frames {
		kept = append(kept, f)
	}
	if slices.ContainsFunc(c.TACs, func(t TAC) bool { return len(t.BqPerML) != len(c.Frames) }) {
		return c, kept, nil
	}
	faults := c.FrameFaults()
	if len(faults) == 0 {
		return c, kept, nil
	}
	kept = slices.DeleteFunc(kept, func(f int) bool {
		return slices.ContainsFunc(faults, func(fault FrameFault) bool { return fault.Frame == f })
	})
	sound = c
	sound.Frames, sound.TACs = Kept(c.Frames, kept), slices.Clone(c.TACs)
	for i := range sound.TACs {
		sound.TACs[i].BqPerML = Kept(c.TACs[i].BqPerML, kept)
	}
	return sound, kept, c.frameWarnings(faults)
}

// Kept returns the elements with these indices; nil stays nil.
func Kept[T any](list []T, indices []int) (some []T) {
	if list == nil {
		return nil
	}
	some = make([]T, 0, len(indices))
	for _, i := range indices {
		some = append(some, list[i])
	}
	return some
}

// frameWarnings names the frames of each kind of fault, in one warning each.
func (c Curves) frameWarnings(faults []FrameFault) (list []ingest.Warning) {
	for _, kind := range []struct {
		code ingest.Code
		what string
	}{
		{ingest.WarnFrameEmpty, "no value other than 0 in any region"},
		{ingest.WarnFrameRepeated, "in every region the values of the frame before"},
	} {
		var names []string
		for _, fault := range faults {
			if frame := c.Frames[fault.Frame]; fault.Code == kind.code {
				from, to := frame.Start.Seconds(), frame.End().Seconds()
				names = append(names, fmt.Sprintf("%d (%.4g to %.4g s)", fault.Frame+1, from, to))
			}
		}
		switch len(names) {
		case 0:
		case 1:
			list = append(list, ingest.Warn(kind.code, ingest.LevelDoubt, 1, 0,
				"Frame %s has %s: it is left out of all fits.", names[0], kind.what))
		default:
			list = append(list, ingest.Warn(kind.code, ingest.LevelDoubt, float64(len(names)), 0,
				"Frames %s have %s: they are left out of all fits.", strings.Join(names, ", "), kind.what))
		}
	}
	return list
}
