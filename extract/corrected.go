package extract

import (
	"slices"
	"time"

	"tacstream/ingest"
)

// A CorrectedTAC is the time-activity curve of one region with values that are
// corrected for decay. It is not a TAC, so that it cannot reach a model, which
// works on the activity as it decayed: with corrected values a model would
// give a binding that looks sound and is wrong many times over.
type CorrectedTAC TAC

// CorrectedCurves hold the curves of a table. FromCorrected turns them into
// Curves. Where a sidecar says that the values are not corrected after all,
// FromDecayed does.
type CorrectedCurves struct {
	Frames   []ingest.Frame
	TACs     []CorrectedTAC
	Units    Units
	Warnings []ingest.Warning
}

// FromCorrected takes the values of c for values corrected for decay to the
// time origin, after model zero, and returns the curves as they decayed. A
// half-life of 0 leaves the values as they are.
func FromCorrected(c CorrectedCurves, halfLife, origin time.Duration) (Curves, error) {
	curves := c.taken(halfLife)
	curves.Decay.Stored = origin
	factors, err := curves.Factors(AsStored)
	if err != nil {
		return Curves{}, err
	}
	for r := range curves.TACs {
		for f := range curves.TACs[r].BqPerML {
			curves.TACs[r].BqPerML[f] /= factors[f]
		}
	}
	return curves, nil
}

// FromDecayed takes the values of c for activity as it decayed, corrected for
// nothing. A warning LOOKS_CORRECTED says where they look corrected all the
// same; scans of less than two half-lives never do, and longer ones not always.
func FromDecayed(c CorrectedCurves, halfLife time.Duration) Curves {
	curves := c.taken(halfLife)
	curves.Decay.StoredNone = true
	judge := curves.Judge(Thresholds{})
	curves.Warnings = append(curves.Warnings, judge.looksCorrected(curves.TACs)...)
	return curves
}

// taken returns the curves with the values of c and a half-life. It shares no
// values with c.
func (c CorrectedCurves) taken(halfLife time.Duration) Curves {
	curves := Curves{Frames: c.Frames, HalfLife: max(halfLife, 0), Units: c.Units}
	for _, t := range c.TACs {
		t.BqPerML = slices.Clone(t.BqPerML)
		curves.TACs = append(curves.TACs, TAC(t))
	}
	curves.Warnings = slices.DeleteFunc(slices.Clone(c.Warnings), func(w ingest.Warning) bool { return w.Code == ingest.WarnNoDecayKnown })
	if curves.HalfLife == 0 {
		curves.Warnings = append(curves.Warnings, NoHalfLife())
	}
	return curves
}
