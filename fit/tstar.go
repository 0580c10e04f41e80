package fit

import "time"

// startAt returns the first frame whose middle is not before t*, or an error
// where fewer than least frames follow.
func (p *prepared) startAt(tStar time.Duration, least int) (int, error) {
	if tStar < 0 {
		return 0, ErrFrames.With("t* = %v is before model zero", tStar)
	}
	first := 0
	for first < len(p.mid) && p.mid[first] < tStar.Minutes() {
		first++
	}
	if left := len(p.mid) - first; left < least {
		return 0, ErrTooFewFrames.With("%d frames after t* = %v are fewer than %d", left, tStar, least)
	}
	return first, nil
}
