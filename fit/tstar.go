package fit

import (
	"fmt"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

const (
	// MinPoints is the least number of points that t* leaves where it is chosen.
	MinPoints = 5
	// EarliestTStar is the earliest start of a linear phase after model zero where
	// it is chosen, unless fewer points than MinPoints would be left.
	EarliestTStar = 10 * time.Minute
	// startsShare is the share of the regions whose own start is not later than
	// the one that is chosen for all.
	startsShare = 0.8
	// mostScatter is the time over which the starts of the regions may scatter,
	// leaving out a tenth at either end.
	mostScatter = 20 * time.Minute
)

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

// chooseStart chooses one t* for all regions, as long as none was given: the
// earliest that is late enough for startsShare of them. A region's own start is the
// earliest after which no point of its expected curve lies more than straight off the
// line. Regions without a guess have no say.
func (r *regression) chooseStart(guesses map[extract.Region]*guess) {
	if !r.lined() || r.tStar > 0 {
		return
	}
	last := len(r.mid) - MinPoints
	r.first = 0
	for r.first < last && r.scan.Frames[r.from+r.first].Start < EarliestTStar {
		r.first++
	}
	var own []int
	for _, from := range guesses {
		r.lay(from.expected)
		first := r.first
		for first < last && r.bend(from, first) > r.straight() {
			first++
		}
		own = append(own, first)
	}
	if len(own) == 0 {
		return
	}
	slices.Sort(own)
	at := func(share float64) int { return own[min(int(share*float64(len(own))), len(own)-1)] }
	r.first = at(startsShare)
	early, late := r.startOf(at(0.1)), r.startOf(at(0.9))
	if late-early > mostScatter {
		r.scattered = []ingest.Warning{rule{true, ingest.WarnTStar, ingest.LevelWarn, (late - early).Minutes(), mostScatter.Minutes(), fmt.Sprintf(
			"By themselves the regions would start their linear phase from %.3g to %.3g min, which is {value} min apart, more than {limit}; all start at %.3g min.",
			early.Minutes(), late.Minutes(), r.startOf(r.first).Minutes())}.warning()}
	}
}

// startOf returns the start of a frame that is fitted, from model zero on.
func (r *regression) startOf(frame int) time.Duration {
	return max(r.scan.Frames[r.from+frame].Start, 0)
}
