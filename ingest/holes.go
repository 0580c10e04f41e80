package ingest

import (
	"fmt"
	"math"
	"time"
)

// frameAt returns, for each of so many frames of a series, which of the frames
// that are there it is, −1 for one that is missing.
func (g grid) frameAt(n int) []int {
	if at, ok := g.byIndex(n); ok {
		return at
	}
	room := make([]int, len(g.starts)) // for how many frames the gap before each has room
	for i := 1; i < len(g.starts); i++ {
		length := min(g.ends[i-1].Sub(g.starts[i-1]), g.ends[i].Sub(g.starts[i]))
		if g.ends[i].Sub(g.starts[i]) > 0 && length > 0 {
			room[i] = int(math.Round(float64(g.starts[i].Sub(g.ends[i-1])) / float64(length)))
		}
	}
	return spread(n, room)
}

// byIndex is frameAt by ImageIndex, which counts slices first and then frames.
func (g grid) byIndex(n int) (at []int, ok bool) {
	if g.index == nil || g.index[len(g.index)-1] >= n {
		return nil, false
	}
	at = absent(n)
	for i, frame := range g.index {
		at[frame] = i
	}
	return at, true
}

// indexed returns the number of each frame by ImageIndex, nil where an image has
// none or where they do not rise with time.
func indexed(s Strict, records []*Record, frame []int, frames int) []int {
	if s.NumberOfSlices <= 0 {
		return nil
	}
	index := absent(frames)
	for i, r := range records {
		if r.Instance.ImageIndex < 1 {
			return nil
		}
		n := (r.Instance.ImageIndex - 1) / s.NumberOfSlices
		if known := index[frame[i]]; known >= 0 && known != n {
			return nil
		}
		index[frame[i]] = n
	}
	for i := 1; i < frames; i++ {
		if index[i] <= index[i-1] {
			return nil
		}
	}
	return index
}

// sliceAt returns the same for slices: they are evenly spaced.
func (g grid) sliceAt(n int) []int {
	room := make([]int, len(g.positions))
	spacing := math.Inf(1)
	for i := 1; i < len(g.positions); i++ {
		spacing = min(spacing, distance(g.positions[i-1], g.positions[i]))
	}
	for i := 1; i < len(g.positions); i++ {
		room[i] = int(math.Round(distance(g.positions[i-1], g.positions[i])/spacing)) - 1
	}
	return spread(n, room)
}

// distance returns that of two points.
func distance(a, b [3]float64) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

// spread puts what is there into n places in order: one that is missing lies
// where there is room before what is there, the others at the end.
func spread(n int, room []int) []int {
	at := absent(n)
	spare := n - len(room)
	next := 0
	for i, r := range room {
		skip := min(max(r, 0), max(spare, 0))
		spare -= skip
		if next += skip; next < n {
			at[next] = i
		}
		next++
	}
	return at
}

// absent returns n places in which nothing is.
func absent(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = -1
	}
	return list
}

// gapAround returns the time, after the first frame's start, of the hole in which
// a frame is missing; ok is false at either end.
func (g grid) gapAround(frame int, at []int) (from, to time.Duration, ok bool) {
	before, after := frame-1, frame+1
	for before >= 0 && at[before] < 0 {
		before--
	}
	for after < len(at) && at[after] < 0 {
		after++
	}
	if before < 0 || after >= len(at) {
		return 0, 0, false
	}
	return g.ends[at[before]].Sub(g.starts[0]), g.starts[at[after]].Sub(g.starts[0]), true
}

// holes names what is missing: frames of which nothing is there with the time of
// the hole, and single slots of the others.
func (g grid) holes(frames, slices int, missing []Slot) (list []string) {
	at := g.frameAt(frames)
	for f, i := range at {
		if i >= 0 {
			continue
		}
		words := fmt.Sprintf("all of frame %d", f+1)
		if from, to, ok := g.gapAround(f, at); ok {
			words += fmt.Sprintf(" (between %g and %g s of the scan)", from.Seconds(), to.Seconds())
		}
		list = append(list, words)
	}
	for _, s := range missing {
		if at[s.Frame-1] >= 0 {
			list = append(list, s.String())
		}
	}
	return list
}

// torso returns what is there of a series of so many frames.
func (g grid) torso(a Assembly, planes []*Record, frames int) *Torso {
	a.Starts, a.Positions, a.ByReference = g.starts, g.positions[:1], g.byReference
	a.Slots = make([]Record, len(g.starts))
	for i := len(planes) - 1; i >= 0; i-- {
		a.Slots[g.slot[i]/len(g.positions)] = *planes[i]
	}
	return &Torso{Frames: a, At: g.frameAt(frames)}
}
