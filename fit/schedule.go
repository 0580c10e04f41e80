package fit

import (
	"slices"
	"sync/atomic"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A schedule is what fits with the same frames and half-life share. It does
// not change.
type schedule struct {
	frames   []ingest.Frame
	halfLife time.Duration
	grid     *grid     // of the frames that are used
	means    []float64 // of the curve by which what lies between frames is told
	whole    bool      // nothing lies between frames
	judge    extract.Judge
}

// schedules keep the schedule that was made last for the models of a scan, which
// mostly have the same. They are safe for concurrent use; nil keeps nothing.
type schedules struct{ last atomic.Pointer[schedule] }

// of returns the schedule of frames of which those from one on are used, which
// teller gives the means of a curve of the scan.
func (k *schedules) of(frames []ingest.Frame, from int, halfLife time.Duration, teller func() []float64) *schedule {
	var last *schedule
	if k != nil {
		last = k.last.Load()
	}
	same := last != nil && last.halfLife == halfLife && slices.Equal(last.frames, frames)
	if same && last.whole {
		return last
	}
	means := teller()
	if same && slices.Equal(last.means, means) {
		return last
	}
	s := &schedule{frames: slices.Clone(frames), halfLife: halfLife, means: means}
	s.grid = newGrid(newPartition(s.frames[from:], 60*ingest.DecayPerSecond(halfLife), means))
	s.whole = len(s.grid.pieces) == len(s.grid.mid)
	s.judge = extract.Curves{Frames: s.frames, HalfLife: halfLife}.Judge(extract.Thresholds{})
	if k != nil {
		k.last.Store(s)
	}
	return s
}
