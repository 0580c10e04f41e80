package ingest

import (
	"cmp"
	"slices"
	"time"
)

// A grid is the slots of a series: slices along the normal, frames in time.
type grid struct {
	positions [][3]float64
	starts    []time.Time
	slot      []int // of each record: frame × slices + slice
	filled    map[int]int
}

// newGrid finds the slices and frames of the records.
func newGrid(s Strict, records []*Record) (grid, Reason) {
	g := grid{slot: make([]int, len(records)), filled: map[int]int{}}
	n := normal(s.Orientation)
	along := make([]float64, len(records))
	when := make([]float64, len(records))
	var base time.Time
	for _, r := range records {
		if t, ok := r.Instance.frameTime(); !ok {
			return g, Reason{Code: CodeTiming, Detail: "an instance without AcquisitionTime and FrameReferenceTime"}
		} else if base.IsZero() {
			base = t
		}
	}
	for i, r := range records {
		t, _ := r.Instance.frameTime()
		p := r.Instance.Position
		along[i] = n[0]*p[0] + n[1]*p[1] + n[2]*p[2]
		when[i] = t.Sub(base).Seconds()
	}
	slice, slices := cluster(along, sliceTolerance)
	frame, frames := cluster(when, frameTolerance.Seconds())
	g.positions, g.starts = make([][3]float64, slices), make([]time.Time, frames)
	for i, r := range records {
		g.slot[i] = frame[i]*slices + slice[i]
		g.filled[g.slot[i]]++
		g.positions[slice[i]] = r.Instance.Position
		if t, _ := r.Instance.frameTime(); g.starts[frame[i]].IsZero() || t.Before(g.starts[frame[i]]) {
			g.starts[frame[i]] = t
		}
	}
	return g, Reason{}
}

// frameTime returns what tells the instance's frame from others: its
// acquisition time or, where there is none, its frame reference time.
func (i Instance) frameTime() (time.Time, bool) {
	if !i.AcquisitionTime.IsZero() {
		return i.AcquisitionTime, true
	}
	return time.Unix(0, 0).UTC().Add(i.FrameReferenceTime), i.HasReferenceTime
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

// missing counts the empty slots of a series of frames × slices and names the
// first MaxMissing. Where whole slices or frames have not been seen they are
// taken to be the last ones.
func (g grid) missing(frames, slices int) (total int, first []Slot) {
	for f := range frames {
		for s := range slices {
			if s < len(g.positions) && f < len(g.starts) && g.filled[f*len(g.positions)+s] > 0 {
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
