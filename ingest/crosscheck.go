package ingest

import (
	"math"
	"time"
)

// Bounds of the cross-checks.
const (
	// referenceSlack is by how much a FrameReferenceTime may lie outside its
	// frame: it is up to a second off on real scanners.
	referenceSlack = 2 * time.Second
	// factorDigits is how far rounding may move a decay factor.
	factorDigits = 1e-4
	// wrongFactor is by which part of the value, and wrongReference by which
	// time, a frame contradicts its times so far that nobody can rely on them.
	wrongFactor    = 0.01
	wrongReference = time.Minute
)

// crossCheck compares the axis with the decay factors and the frame reference
// times, frame by frame, and what is said of the correction with what was
// done.
func (t *Timing) crossCheck(h Header, instances []Instance) error {
	corrected, listed := h.Soft.corrected("DECY")
	if listed && corrected && t.StoredNone {
		if factor, rise := t.rising(instances); rise {
			return Reject(CodeDecay, "DecayCorrection is NONE, but CorrectedImage lists DECY and DecayFactor rises to %.4g as the half-life has it", factor)
		}
	}
	t.checkFactors(instances)
	t.checkReferences(instances)
	if listed && corrected == t.StoredNone {
		level := LevelWarn // some vendors leave DECY out
		if t.StoredNone {
			level = LevelDoubt
		}
		t.Warnings = append(t.Warnings, Warn(WarnDecayRef, level, 1, 0,
			"CorrectedImage and DecayCorrection contradict each other on whether the values are corrected for decay; DecayCorrection is followed."))
	}
	return nil
}

// rising reports whether the decay factors are those that the times and the
// half-life ask for, as far as their digits tell and in three frames of four, and
// the largest of them.
func (t *Timing) rising(instances []Instance) (largest float64, rise bool) {
	used, _, ok := t.usedOrigin(instances)
	if !ok {
		return 0, false
	}
	lambda := DecayPerSecond(t.HalfLife)
	agree := 0
	for f, i := range instances {
		open := seconds(max(factorDigits, rounding(i.DecayFactor)/i.DecayFactor) / lambda)
		if (t.Frames[f].Start - seconds(startOf(i, lambda)) - used).Abs() <= max(decayRefTolerance, open) {
			agree++
		}
		largest = max(largest, i.DecayFactor)
	}
	return largest, 4*agree >= 3*len(instances)
}

// checkFactors looks for frames whose decay factor says another time than the
// axis.
func (t *Timing) checkFactors(instances []Instance) {
	used, _, ok := t.usedOrigin(instances)
	if !ok {
		return
	}
	lambda := DecayPerSecond(t.HalfLife)
	tolerance := max(decayRefTolerance, seconds(factorDigits/lambda))
	off, at, n := time.Duration(0), 0, 0
	for f, i := range instances {
		d := t.Frames[f].Start - seconds(startOf(i, lambda)) - used
		if d.Abs() <= tolerance {
			continue
		}
		if n++; d.Abs() > off.Abs() {
			off, at = d, f+1
		}
	}
	if t.StoredNone {
		t.Warnings = append(t.Warnings, Warn(WarnDecayRef, LevelDoubt, 1, 0,
			"DecayCorrection is NONE, but the decay factors are not 1; the values are taken as not corrected."))
	}
	if n > 0 {
		level := LevelWarn
		if math.Expm1(lambda*off.Abs().Seconds()) > wrongFactor {
			level = LevelDoubt
		}
		t.Warnings = append(t.Warnings, Warn(WarnDecayRef, level, off.Seconds(), tolerance.Seconds(),
			"DecayFactor and the frame's times disagree in %s: that of frame %d puts it %s than its times do, where %.4g s are allowed.",
			Count(n, "frame"), at, sideOf(off, "later", "earlier"), tolerance.Seconds()))
	}
}

// checkReferences looks for frames whose FrameReferenceTime, counted from that
// of the first frame, lies outside the frame.
func (t *Timing) checkReferences(instances []Instance) {
	first := instances[0]
	if !first.HasReferenceTime {
		return
	}
	off, at, n := time.Duration(0), 0, 0
	for f, i := range instances {
		if !i.HasReferenceTime {
			return
		}
		since := i.FrameReferenceTime - first.FrameReferenceTime + t.Frames[0].Start
		out := max(t.Frames[f].Start-first.Duration-since, since-t.Frames[f].End())
		if out <= referenceSlack {
			continue
		}
		if n++; out > off {
			off, at = out, f+1
		}
	}
	if n > 0 {
		level := LevelWarn
		if off > wrongReference {
			level = LevelDoubt
		}
		t.Warnings = append(t.Warnings, Warn(WarnTimeAssumed, level, off.Seconds(), referenceSlack.Seconds(),
			"FrameReferenceTime lies outside its frame in %s, most in frame %d, by %.4g s, where %g s are allowed; AcquisitionTime is followed.",
			Count(n, "frame"), at, off.Seconds(), referenceSlack.Seconds()))
	}
}
