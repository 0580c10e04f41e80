package ingest

import (
	"slices"
	"time"
)

// TimingOfParts works out the time axis of each part of one acquisition, in order
// of time, and how long after model zero of the first part that of each lies.
//
// A scanner that exports an acquisition in parts corrects all of them for decay to
// the start of the first, and may still give each a SeriesTime of its own. Decay
// factors that say so contradict nothing: the warning that their origin is not
// the one of the header is left out where it is that of the first part.
func TimingOfParts(parts []Assembly) (axes []Timing, zeros []time.Duration, err error) {
	for k, a := range parts {
		t, err := a.Timing()
		if err != nil {
			return nil, nil, err
		}
		zero := time.Duration(0)
		if k > 0 {
			first := axes[0]
			zero = a.Starts[0].Sub(parts[0].Starts[0]) - t.Frames[0].Start + first.Frames[0].Start
			if !t.StoredNone && !first.StoredNone && (t.Stored+zero-first.Stored).Abs() <= decayRefTolerance {
				t.Warnings = slices.DeleteFunc(slices.Clone(t.Warnings), func(w Warning) bool { return w == t.otherOrigin })
			}
		}
		axes, zeros = append(axes, t), append(zeros, zero)
	}
	return axes, zeros, nil
}
