package ingest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// A grid is the slots of a series: slices along the normal, frames in time.
type grid struct {
	positions [][3]float64
	starts    []time.Time
	ends      []time.Time // of the frames; those of the starts where durations are missing
	index     []int       // of the frames, by ImageIndex, from 0; nil where it does not tell
	slot      []int       // of each record: frame × slices + slice
	filled    map[int]int
	// byReference means that the frames were told apart by their reference
	// times.
	byReference bool
}

// newGrid finds the slices and frames of the records. Frames are told apart by
// their acquisition times or, where these are missing or too coarse to tell frames
// apart that hold the same slice, by their frame reference times.
func newGrid(s Strict, records []*Record) (grid, Reason) {
	g, reason := gridBy(s, records, frameTimes)
	if reason.Code != "" || g.byReference || len(g.filled) == len(records) {
		return g, reason
	}
	if by, reason := gridBy(s, records, referenceTimes); reason.Code == "" && len(by.filled) == len(records) {
		return by, reason // no slot has two of them
	}
	return g, reason
}

// gridBy finds the slices and frames of the records by their times of one kind.
func gridBy(s Strict, records []*Record, by func(records []*Record, repeated bool) (times []time.Time, byReference, ok bool)) (grid, Reason) {
	along := make([]float64, len(records))
	n := normal(s.Orientation)
	for i, r := range records {
		p := r.Instance.Position
		along[i] = n[0]*p[0] + n[1]*p[1] + n[2]*p[2]
	}
	slice, slices := cluster(along, sliceTolerance)
	times, byReference, ok := by(records, len(records) > slices)
	if !ok {
		return grid{}, Reason{Code: CodeTiming, Detail: "neither AcquisitionTime nor FrameReferenceTime is present in every image"}
	}
	if reason := joinDays(times, records); reason.Code != "" {
		return grid{}, reason
	}
	frame, frames := cluster(since(times), jitter(records).Seconds())
	g := grid{
		positions: make([][3]float64, slices), starts: make([]time.Time, frames), ends: make([]time.Time, frames),
		slot: make([]int, len(records)), filled: map[int]int{}, byReference: byReference,
	}
	placed := make([]bool, slices)
	for i, r := range records {
		g.slot[i] = frame[i]*slices + slice[i]
		g.filled[g.slot[i]]++
		if at := r.Instance.Position; !placed[slice[i]] {
			g.positions[slice[i]], placed[slice[i]] = at, true
		} else if d := apart(at, g.positions[slice[i]]); d > planeTolerance {
			return grid{}, Reason{Code: CodeGeometry, Detail: fmt.Sprintf("slice %d is shifted by %.2f mm in some frames: the volume moved between frames, so no regions fit all of them", slice[i]+1, d)}
		}
		if t := times[i]; g.starts[frame[i]].IsZero() || t.Before(g.starts[frame[i]]) {
			g.starts[frame[i]], g.ends[frame[i]] = t, t.Add(r.Instance.Duration)
		}
	}
	g.index = indexed(s, records, frame, frames)
	return g, Reason{}
}

// jitter returns how far the times of the slices of one frame may lie apart.
func jitter(records []*Record) time.Duration {
	tolerance := frameTolerance
	for _, r := range records {
		if d := r.Instance.Duration; d > 0 {
			tolerance = min(tolerance, d/2)
		}
	}
	return max(tolerance, leastTolerance)
}

// frameTimes returns what tells the frame of each record. Repeated means that
// there are more records than slices, so that there must be several frames.
func frameTimes(records []*Record, repeated bool) (times []time.Time, byReference, ok bool) {
	times = make([]time.Time, len(records))
	reference := make([]time.Time, len(records))
	clocked, referred := true, true
	for i, r := range records {
		times[i] = r.Instance.AcquisitionTime
		reference[i] = time.Unix(0, 0).UTC().Add(r.Instance.FrameReferenceTime)
		clocked = clocked && !times[i].IsZero()
		referred = referred && r.Instance.HasReferenceTime
	}
	switch {
	case clocked && !(repeated && referred && within(times, frameTolerance) && !within(reference, frameTolerance)):
		return times, false, true
	case referred:
		return reference, true, true
	}
	return nil, false, false
}

// referenceTimes returns the frame reference times, which every record must have.
func referenceTimes(records []*Record, _ bool) (times []time.Time, byReference, ok bool) {
	for _, r := range records {
		if !r.Instance.HasReferenceTime {
			return nil, true, false
		}
		times = append(times, time.Unix(0, 0).UTC().Add(r.Instance.FrameReferenceTime))
	}
	return times, true, true
}

// within reports whether all times lie within tol of each other.
func within(times []time.Time, tol time.Duration) bool {
	first, last := edges(times)
	return last.Sub(first) <= tol
}

func edges(times []time.Time) (first, last time.Time) {
	return slices.MinFunc(times, time.Time.Compare), slices.MaxFunc(times, time.Time.Compare)
}

// since returns times in s after the first of them.
func since(times []time.Time) []float64 {
	list := make([]float64, len(times))
	if len(times) == 0 {
		return list
	}
	first, _ := edges(times)
	for i, t := range times {
		list[i] = t.Sub(first).Seconds()
	}
	return list
}

// halfDay is more than any scan pauses.
const halfDay = 12 * time.Hour

// joinDays mends, in place, the times of a scan over midnight whose header has
// but one date, or none: what seems to come hours before the rest then follows
// it, directly or by what its other times say. Where nothing says which came
// first, that is the reason returned.
func joinDays(times []time.Time, records []*Record) Reason {
	order := make([]int, len(times))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return times[a].Compare(times[b]) })
	for k := 1; k < len(order); k++ {
		early, late := order[k-1], order[k]
		if times[late].Sub(times[early]) < halfDay {
			continue
		}
		last := order[len(order)-1]
		end := times[last].Add(records[last].Instance.Duration)
		pause := times[order[0]].Add(day).Sub(end)
		switch follows, known := records[last].before(records[order[0]]); {
		case known && !follows:
			return Reason{}
		case !known && pause.Abs() > dayGap:
			return Reason{Code: CodeTiming, Detail: fmt.Sprintf(
				"frames lie %v apart: either the scan passed midnight under one date or it took two days, and FrameReferenceTime and DecayFactor do not tell which", times[late].Sub(times[early]).Round(time.Second))}
		}
		for _, i := range order[:k] {
			times[i] = times[i].Add(day)
		}
		return Reason{}
	}
	return Reason{}
}

// before reports whether, by their frame reference times or else their decay
// factors, r was measured before s; known is false where these do not tell.
func (r *Record) before(s *Record) (is, known bool) {
	a, b := r.Instance, s.Instance
	if a.HasReferenceTime && b.HasReferenceTime && (a.FrameReferenceTime-b.FrameReferenceTime).Abs() > Simultaneous {
		return a.FrameReferenceTime < b.FrameReferenceTime, true
	}
	lambda := math.Ln2 / r.Header.Strict.HalfLife
	if !(a.DecayFactor > 0 && b.DecayFactor > 0) || a.DecayFactor == 1 && b.DecayFactor == 1 || !(lambda > 0) || math.IsInf(lambda, 0) {
		return false, false
	}
	d := startOf(*b, lambda) - startOf(*a, lambda)
	return d > 0, math.Abs(d) > Simultaneous.Seconds()
}

const (
	day    = 24 * time.Hour
	dayGap = 10 * time.Second // between the last frame of a day and the first of the next
)

// mostOfAll is the largest part of the slots that several bed positions fill:
// beds overlap by half at most.
const mostOfAll = 0.8

// beds reports whether the series holds several bed positions: no time has
// every slice, those of each time follow each other without a hole, and the
// times neither begin nor end at one slice, as they do where a send broke off.
func (g grid) beds() bool {
	n := len(g.positions)
	if len(g.starts) < 2 || float64(len(g.filled)) > mostOfAll*float64(n*len(g.starts)) {
		return false
	}
	sameFirst, sameLast := true, true
	for f := range g.starts {
		first, last, count := n, -1, 0
		for s := range n {
			if g.filled[f*n+s] > 0 {
				first, last, count = min(first, s), s, count+1
			}
		}
		if count != last-first+1 {
			return false
		}
		sameFirst, sameLast = sameFirst && first == 0, sameLast && last == n-1
	}
	return !sameFirst && !sameLast
}

// normal is the cross product of the row and the column direction.
func normal(o [6]float64) [3]float64 {
	return [3]float64{o[1]*o[5] - o[2]*o[4], o[2]*o[3] - o[0]*o[5], o[0]*o[4] - o[1]*o[3]}
}

// cluster sorts values into groups that lie further apart than tol from their
// neighbours, and returns each value's group, in rising order, and their
// number.
func cluster(values []float64, tol float64) (group []int, n int) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	group = make([]int, len(values))
	for k, i := range order {
		if k > 0 && values[i]-values[order[k-1]] > tol {
			n++
		}
		group[i] = n
	}
	if len(values) > 0 {
		n++
	}
	return group, n
}

// doubled returns the first slot that two instances fill.
func (g grid) doubled() (Slot, bool) {
	for k := range len(g.starts) * len(g.positions) {
		if g.filled[k] > 1 {
			return Slot{Frame: k/len(g.positions) + 1, Slice: k%len(g.positions) + 1}, true
		}
	}
	return Slot{}, false
}

// surplus says which count of the header is too small.
func (g grid) surplus(out Outcome) Reason {
	switch s, f := len(g.positions), len(g.starts); {
	case s <= out.Slices:
		return Reason{Code: CodeSurplus, Detail: fmt.Sprintf("the images make %s, but the header counts %d", Count(f, "frame"), out.Frames)}
	case f <= out.Frames:
		return Reason{Code: CodeSurplus, Detail: fmt.Sprintf("the images lie at %s, but the header counts %d", Count(s, "slice position"), out.Slices)}
	default:
		return Reason{Code: CodeSurplus, Detail: fmt.Sprintf("the images make %d slices and %d frames, but the header counts %d and %d", s, f, out.Slices, out.Frames)}
	}
}

// miscounted reports whether every slot of a grid in which none is doubled is
// filled, and one count of the header is that of all images, as some programs
// write.
func (g grid) miscounted(s Strict) bool {
	all := len(g.positions) * len(g.starts)
	return len(g.starts) > 1 && len(g.filled) == all && (s.NumberOfSlices == all || s.NumberOfTimeSlices == all)
}

// missing counts the empty slots of a series of frames × slices and names the
// first MaxMissing. Where whole slices or frames have not been seen, the gaps
// between those that are there tell which they are.
func (g grid) missing(frames, slices int) (total int, first []Slot) {
	frame, slice := g.frameAt(frames), g.sliceAt(slices)
	for f := range frames {
		for s := range slices {
			if slice[s] >= 0 && frame[f] >= 0 && g.filled[frame[f]*len(g.positions)+slice[s]] > 0 {
				continue
			}
			total++
			if len(first) < MaxMissing {
				first = append(first, Slot{Frame: f + 1, Slice: s + 1})
			}
		}
	}
	return total, first
}

// fill returns the records in the order of their slots.
func (g grid) fill(records []*Record) []Record {
	slots := make([]Record, len(records))
	for i, r := range records {
		slots[g.slot[i]] = *r
	}
	return slots
}

// planeTolerance is how far a slice may lie aside between frames, in mm: headers
// round.
const planeTolerance = 0.1

// apart returns the largest difference of two positions along an axis.
func apart(a, b [3]float64) (most float64) {
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}

// Slices of one frame have acquisition times that jitter by microseconds
// (Siemens) or milliseconds (Philips): frameTolerance groups them, or half the
// shortest frame, but no less than leastTolerance.
const (
	frameTolerance = 200 * time.Millisecond
	leastTolerance = 10 * time.Millisecond
)

// sliceTolerance groups positions of one slice, in mm.
const sliceTolerance = 0.02

// planesOf returns one record for each plane: the records themselves, where
// each object is one slice of one frame.
func planesOf(objects []*Record) []*Record {
	planes := make([]*Record, 0, len(objects))
	for _, r := range objects {
		if r.Instance.Planes == nil {
			planes = append(planes, r)
			continue
		}
		for n := range r.Instance.Planes.At {
			plane, instance := *r, r.Instance.plane(n)
			plane.Instance = &instance
			planes = append(planes, &plane)
		}
	}
	return planes
}

// countPlanes returns how many slices and frames a series of multi-frame
// objects has. An object that holds several frames, or a concatenation of
// which every part is there, speaks for itself; of an object with one frame it
// is not known whether others follow, unless the header counts them, and then
// frames is 0.
func countPlanes(s Strict, g grid, objects []*Record) (slices, frames int) {
	whole := s.SeriesType == "STATIC"
	for _, r := range objects {
		if p := r.Instance.Planes; p != nil {
			whole = whole || len(p.Times) > 1 || p.Parts > 0
		}
	}
	switch {
	case s.times() > 0:
		return max(s.NumberOfSlices, len(g.positions)), s.times()
	case whole:
		return len(g.positions), len(g.starts)
	}
	return 0, 0
}
