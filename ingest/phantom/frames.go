package phantom

import (
	"time"

	"tacstream/ingest"
)

// DefaultFrames returns 23 frames over 90 min: 4 × 15 s, 4 × 30 s, 3 × 1 min,
// 2 × 2 min, 4 × 5 min and 6 × 10 min.
func DefaultFrames() []ingest.Frame {
	var frames []ingest.Frame
	for _, run := range []struct {
		n int
		d time.Duration
	}{
		{4, 15 * time.Second}, {4, 30 * time.Second}, {3, time.Minute},
		{2, 2 * time.Minute}, {4, 5 * time.Minute}, {6, 10 * time.Minute},
	} {
		frames = append(frames, following(frames, run.n, run.d)...)
	}
	return frames
}

// EvenFrames returns n frames of one duration without gaps.
func EvenFrames(n int, d time.Duration) []ingest.Frame { return following(nil, n, d) }

// following returns n frames that begin where the given ones end.
func following(frames []ingest.Frame, n int, d time.Duration) []ingest.Frame {
	next := time.Duration(0)
	if len(frames) > 0 {
		next = frames[len(frames)-1].End()
	}
	more := make([]ingest.Frame, n)
	for i := range more {
		more[i] = ingest.Frame{Start: next + time.Duration(i)*d, Duration: d}
	}
	return more
}
