package fit

import (
	"fmt"
	"time"
)

// startAt returns the first frame whose middle is not before t*, or an error
// where fewer than least frames follow.
func (p *prepared) startAt(tStar time.Duration, least int) (int, error) {
	if tStar < 0 {
		return 0, fmt.Errorf("t* = %v is before model zero: %w", tStar, ErrFrames)
	}
	first := 0
	for first < len(p.mid) && p.mid[first] < tStar.Minutes() {
		first++
	}
	if left := len(p.mid) - first; left < least {
		return 0, fmt.Errorf("%d frames after t* = %v are fewer than %d: %w", left, tStar, least, ErrTooFewFrames)
	}
	return first, nil
}
