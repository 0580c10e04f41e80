package ingest

import (
	"cmp"
	"math"
)

// A tally counts the instances of a series against what its headers say, so
// that a series that is still arriving can be told from one that is complete.
// An instance counts once, sound or not, however many copies of it there are;
// an object that does not say which instance it is does not count.
type tally struct {
	have       int  // slots that sound instances fill
	want       int  // slots of the series, 0 where the headers leave the counts out
	complete   bool // no instance is known to be missing
	multiframe bool // one object may fill many slots
}

// A headCount is the tally of the objects that are one slice of one frame.
type headCount struct {
	have, seen int
	wants      map[int]int // how many instances state each count
}

// A planeCount is the tally of multi-frame objects.
type planeCount struct {
	have, seen    int // planes of sound objects, and of all
	objects       int
	parts         int // the largest InConcatenationTotalNumber
	slices, times int // the largest counts that a header states
	whole         bool
	places        map[[3]float64]bool
}

// tallyOf counts records that are sorted by compareRecords.
func tallyOf(present []*Record) tally {
	heads := headCount{wants: map[int]int{}}
	planes := planeCount{places: map[[3]float64]bool{}}
	for first := 0; first < len(present); {
		end := first + 1
		for end < len(present) && present[end].uid() == present[first].uid() {
			end++
		}
		if copies := present[first:end]; present[first].uid() != "" {
			if r := bestOf(copies); r.Instance.Planes != nil {
				planes.add(r)
			} else {
				heads.add(r)
			}
		}
		first = end
	}
	t := tally{have: heads.have + planes.have, multiframe: planes.objects > 0, complete: heads.seen+planes.objects > 0}
	if heads.seen > 0 {
		t.want = heads.want()
		t.complete = t.want > 0 && heads.seen >= t.want
	}
	if planes.objects > 0 {
		want, complete := planes.want()
		t.want, t.complete = max(t.want, want), t.complete && complete
	}
	return t
}

// bestOf returns a sound one among the copies of an instance, or else the first
// whose header counts, or else the first.
func bestOf(copies []*Record) *Record {
	best := copies[0]
	for _, r := range copies {
		switch {
		case r.sound():
			return r
		case best.Header == nil || best.Header.Strict.Want() == 0:
			best = r
		}
	}
	return best
}

func (c *headCount) add(r *Record) {
	c.seen++
	if r.sound() {
		c.have++
	}
	// How many gates a gated series has is not read.
	if r.Header != nil && r.Header.Strict.Want() > 0 && r.Header.Strict.SeriesType != "GATED" {
		c.wants[r.Header.Strict.Want()]++
	}
}

// want returns the count that most instances state, the larger one of two that
// are stated as often: a stray object with a count of its own neither ends nor
// holds up a series.
func (c headCount) want() (want int) {
	for n, times := range c.wants {
		if cmp.Or(cmp.Compare(times, c.wants[want]), cmp.Compare(n, want)) > 0 {
			want = n
		}
	}
	return want
}

func (c *planeCount) add(r *Record) {
	p := r.Instance.Planes
	c.objects++
	c.parts = max(c.parts, p.Parts)
	if p.valid() {
		c.seen += len(p.At)
	}
	if r.sound() {
		c.have += len(p.At)
	}
	for _, at := range p.Positions {
		for i, mm := range at {
			at[i] = math.Round(mm / planeTolerance) // headers round
		}
		c.places[at] = true
	}
	c.whole = c.whole || len(p.Times) > 1
	if r.Header != nil {
		s := r.Header.Strict
		c.slices, c.times = max(c.slices, s.NumberOfSlices), max(c.times, s.times())
		c.whole = c.whole || s.SeriesType == "STATIC"
	}
}

// want returns how many planes the headers count, 0 where they do not, and
// whether no object is missing, by the rules of countPlanes.
func (c planeCount) want() (want int, complete bool) {
	switch {
	case c.parts > 0:
		return 0, c.objects >= c.parts
	case c.times > 0:
		want = c.times * max(c.slices, len(c.places))
		return want, c.seen >= want
	}
	return 0, c.whole
}

// partsMissing returns how many objects of a concatenation have not come and
// how many there are in all.
func partsMissing(objects []*Record) (missing, all int) {
	for _, r := range objects {
		if r.Instance.Planes != nil {
			all = max(all, r.Instance.Planes.Parts)
		}
	}
	return max(all-len(objects), 0), all
}
