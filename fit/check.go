package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// The errors of Fit. All of them are ingest.ErrRejected: no retry cures them.
var (
	// ErrFrames means that frames and curves do not fit together, or that
	// frames are out of order, overlap or have no length.
	ErrFrames = fmt.Errorf("impossible frames: %w", ingest.ErrRejected)
	// ErrTooFewFrames means that the scan is too short for the model.
	ErrTooFewFrames = fmt.Errorf("too few frames to fit: %w", ingest.ErrRejected)
	// ErrReference means that the reference curve is absent or empty.
	ErrReference = fmt.Errorf("no usable reference curve: %w", ingest.ErrRejected)
	// ErrK2Prime means that k2′ is not given and cannot be estimated.
	ErrK2Prime = fmt.Errorf("no usable k2′: %w", ingest.ErrRejected)
	// ErrValues means that a curve holds what is no number, or numbers beyond
	// any scale.
	ErrValues = fmt.Errorf("impossible values in a curve: %w", ingest.ErrRejected)
	// ErrHalfLife means that the half-life is negative or shorter than a
	// second.
	ErrHalfLife = fmt.Errorf("impossible half-life: %w", ingest.ErrRejected)
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
		return fmt.Errorf("%v: %w", s.HalfLife, ErrHalfLife)
	}
	if err := checkFrames(s.Frames); err != nil {
		return err
	}
	if last := s.Frames[len(s.Frames)-1].End(); s.HalfLife > 0 && last.Seconds() > mostHalfLives*s.HalfLife.Seconds() {
		return fmt.Errorf("a scan until %v is longer than %d times %v: %w", last, mostHalfLives, s.HalfLife, ErrHalfLife)
	}
	names := make(map[extract.Region]bool, len(s.TACs))
	for _, t := range s.TACs {
		if err := checkCurve(t, len(s.Frames)); err != nil {
			return err
		}
		if names[t.Region] && t.Region != s.Reference { // of two references prepareReference speaks
			return fmt.Errorf("two regions are called %q: %w", t.Region, ErrValues)
		}
		names[t.Region] = true
	}
	return nil
}

func checkFrames(frames []ingest.Frame) error {
	if len(frames) < minFrames {
		return fmt.Errorf("%d frames: %w", len(frames), ErrTooFewFrames)
	}
	if len(frames) > maxFrames {
		return fmt.Errorf("%d frames are more than %d: %w", len(frames), maxFrames, ErrFrames)
	}
	for i, f := range frames {
		if f.Start < -longestBefore || f.Start > longestAfter || f.Duration > longestAfter {
			return fmt.Errorf("frame %d starts at %v and lasts %v: %w", i+1, f.Start, f.Duration, ErrFrames)
		}
		if f.Duration < shortest {
			return fmt.Errorf("frame %d lasts %v: %w", i+1, f.Duration, ErrFrames)
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
		return fmt.Errorf("%s has %d values for %d frames: %w", t.Region, len(t.BqPerML), frames, ErrFrames)
	}
	for f, v := range t.BqPerML {
		if math.Float64bits(v)&^(1<<63) >= math.Float64bits(largest) { // or it is no number
			return fmt.Errorf("%s frame %d: %g: %w", t.Region, f+1, v, ErrValues)
		}
	}
	return nil
}
