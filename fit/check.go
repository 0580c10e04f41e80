package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// minFrames is the least number of frames, after model zero, that a model is
// fitted to.
const minFrames = 6

// The longest times that a scan may last before and after model zero.
const (
	longestBefore = 24 * time.Hour
	longestAfter  = 7 * 24 * time.Hour
)

// mostHalfLives is how many half-lives a scan may last: after that the nuclide
// is not the one.
const mostHalfLives = 100

// maxFrames bounds the work on a scan: it grows with the square of the frames.
const maxFrames = 2000

// check returns what is wrong with a scan before anything is computed.
func (s Scan) check() error {
	if s.HalfLife < 0 || s.HalfLife > 0 && s.HalfLife < time.Second {
		return ErrHalfLife.With("%v", s.HalfLife)
	}
	if err := checkFrames(s.Frames); err != nil {
		return err
	}
	if last := s.Frames[len(s.Frames)-1].End(); s.HalfLife > 0 && last.Seconds() > mostHalfLives*s.HalfLife.Seconds() {
		return ErrHalfLife.With("a scan until %v is longer than %d times %v", last, mostHalfLives, s.HalfLife)
	}
	names := make(map[extract.Region]bool, len(s.TACs))
	for _, t := range s.TACs {
		if err := checkCurve(t, len(s.Frames)); err != nil {
			return err
		}
		if names[t.Region] && t.Region != s.Reference { // of two references prepareReference speaks
			return ErrValues.With("two regions are called %q", t.Region)
		}
		names[t.Region] = true
	}
	return nil
}

func checkFrames(frames []ingest.Frame) error {
	if len(frames) < minFrames {
		return ErrTooFewFrames.With("%d frames", len(frames))
	}
	if len(frames) > maxFrames {
		return ErrFrames.With("%d frames are more than %d", len(frames), maxFrames)
	}
	for i, f := range frames {
		if f.Start < -longestBefore || f.Start > longestAfter || f.Duration > longestAfter {
			return ErrFrames.With("frame %d starts at %v and lasts %v", i+1, f.Start, f.Duration)
		}
		if f.Duration < shortest {
			return ErrFrames.With("frame %d lasts %v", i+1, f.Duration)
		}
	}
	if err := ingest.CheckFrames(frames); err != nil {
		return fmt.Errorf("%w: %w", err, ErrFrames)
	}
	return nil
}

// shortest is the shortest frame that anyone makes.
const shortest = time.Millisecond

// largest bounds the values of curves in whatever unit, so that sums of
// squares stay numbers.
const largest = 1e100

func checkCurve(t extract.TAC, frames int) error {
	if len(t.BqPerML) != frames {
		return ErrFrames.With("%s has %d values for %d frames", t.Region, len(t.BqPerML), frames)
	}
	for f, v := range t.BqPerML {
		if math.Float64bits(v)&^(1<<63) >= math.Float64bits(largest) { // or it is no number
			return ErrValues.With("%s frame %d: %g", t.Region, f+1, v)
		}
	}
	return nil
}
