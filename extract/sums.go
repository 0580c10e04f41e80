package extract

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"tacstream/ingest"
)

// maxSums bounds the numbers that Sums holds: half a gigabyte.
const maxSums = 1 << 26

// Sums holds the sums of a series over its regions, one for each frame, slice
// and region.
//
// Slices come in any order and from many goroutines. Floating-point sums
// depend on the order of their terms, so each slice is summed by itself and
// the slices are added in order at the end: the curves are the same to the
// last bit however the slices came.
type Sums struct {
	mask   Mask
	frames int
	sums   []float64 // frame slowest, then slice, then region number
	filled []bool    // frame slowest, then slice

	mu   sync.Mutex
	lost map[int][]float64 // by slot, where something is
}

// NewSums returns the sums, all of them still empty, of a series with so many
// frames.
func NewSums(frames int, mask Mask) (*Sums, error) {
	stride := len(mask.Regions) + 1
	slots := frames * mask.Slices()
	if frames < 1 || frames > maxSums || slots > maxSums/stride {
		return nil, ingest.Reject(ingest.CodeTooLarge, "%d frames of %d slices and %d regions are more than can be summed", frames, mask.Slices(), len(mask.Regions))
	}
	return &Sums{mask: mask, frames: frames, sums: make([]float64, slots*stride), filled: make([]bool, slots)}, nil
}

// Slot returns where the sums of one slice in one frame belong, both counted
// from 0: sums[n] is the sum over the voxels of region number n, in the units
// in which the series is stored. All of them are 0 at first, also where the
// slot was filled before, so that reading a slice again does no harm.
//
// Slot may be called concurrently for different slots.
func (s *Sums) Slot(frame, slice int) []float64 {
	slot := frame*s.mask.Slices() + slice
	s.filled[slot] = true
	sums := s.at(slot)
	clear(sums)
	return sums
}

// Lose notes which part of each region holds no measurement in a slot: so many
// voxels are no part of its mean there. It keeps voxels, and may be called
// concurrently.
func (s *Sums) Lose(frame, slice int, voxels []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil {
		s.lost = map[int][]float64{}
	}
	s.lost[frame*s.mask.Slices()+slice] = voxels
}

func (s *Sums) at(slot int) []float64 {
	stride := len(s.mask.Regions) + 1
	return s.sums[slot*stride : (slot+1)*stride : (slot+1)*stride]
}

// means returns the mean of each region in each frame, region slowest, in the
// units of the series, and warnings of what is left out of them.
func (s *Sums) means() ([][]float64, []ingest.Warning, error) {
	means, lost := s.table(), s.table()
	for slot, filled := range s.filled {
		frame, slice := slot/s.mask.Slices(), slot%s.mask.Slices()
		if !filled {
			return nil, nil, fmt.Errorf("frame %d slice %d was not read", frame+1, slice+1)
		}
		for n, sum := range s.at(slot)[1:] {
			means[n][frame] += sum
		}
		if voxels := s.lost[slot]; voxels != nil {
			for n, v := range voxels[1:] {
				lost[n][frame] += v
			}
		}
	}
	var warnings []ingest.Warning
	for n, e := range s.mask.Regions {
		for frame, v := range lost[n] {
			if !(e.Voxels-v > leastLeft*e.Voxels) {
				return nil, nil, ingest.Reject(ingest.CodeRegionsElsewhere, "frame %d: %s lies where the image holds its padding value, outside the field of view", frame+1, e.Region)
			}
			means[n][frame] /= e.Voxels - v
		}
		if most := slices.Max(lost[n]) / e.Voxels; most > 0 {
			warnings = append(warnings, ingest.Warn(ingest.WarnRegionCut, ingest.LevelWarn, most, 0,
				"Of region %s up to %.3g %% holds the image's padding value, outside the field of view; that part is left out of the mean.", e.Region, 100*most))
		}
	}
	return means, warnings, nil
}

// leastLeft is the fraction of a region below which what is left is rounding.
const leastLeft = 1e-6

// table returns a number for each region and frame, region slowest.
func (s *Sums) table() [][]float64 {
	all := make([][]float64, len(s.mask.Regions))
	for r := range all {
		all[r] = make([]float64, s.frames)
	}
	return all
}

// Curves returns the curves of a series of which every slot has been filled.
//
// BqPerMLPerUnit turns the units in which the series is stored into Bq/mL.
// Where it is 0, not known, the curves stay in the series' own units and are
// called Arbitrary.
//
// What is stored is corrected for decay: U·DF with DF as in
// ingest.Frame.DecayFactor. Curves hold U. Where the half-life is not known
// DF is taken as 1, and a warning says so.
func (s *Sums) Curves(t ingest.Timing, bqPerMLPerUnit float64) (Curves, error) {
	if len(t.Frames) != s.frames {
		return Curves{}, fmt.Errorf("%d frames timed where %d were summed", len(t.Frames), s.frames)
	}
	if err := ingest.CheckFrames(t.Frames); err != nil {
		return Curves{}, err
	}
	means, cut, err := s.means()
	if err != nil {
		return Curves{}, err
	}
	c := newCurves(t, bqPerMLPerUnit)
	c.Warnings = append(append(c.Warnings, s.mask.Warnings...), cut...)
	factors, err := c.Factors(AsStored)
	if err != nil {
		return Curves{}, err
	}
	scale := bqPerMLPerUnit
	if c.Units == Arbitrary {
		scale = 1
	}
	for r, e := range s.mask.Regions {
		for f, mean := range means[r] {
			means[r][f] = mean * scale / factors[f]
			if !finite(means[r][f]) {
				return Curves{}, ingest.Reject(ingest.CodeUnits, "frame %d: the mean of %s is no number", f+1, e.Region)
			}
		}
		c.TACs = append(c.TACs, TAC{Region: e.Region, Index: e.Index, Voxels: e.Voxels, VolumeMM3: e.VolumeMM3, Parts: e.Parts, BqPerML: means[r]})
	}
	return c, nil
}

// newCurves returns curves without regions, and with the warnings that come
// with their time and units.
func newCurves(t ingest.Timing, bqPerMLPerUnit float64) Curves {
	c := Curves{
		Frames: t.Frames, HalfLife: t.HalfLife, Units: BqPerML,
		Decay: Decay{Stored: t.Stored, StoredNone: t.StoredNone, Injection: t.Injection, InjectionKnown: t.InjectionKnown},
	}
	c.Warnings = append(c.Warnings, t.Warnings...)
	if !(bqPerMLPerUnit > 0) || math.IsInf(bqPerMLPerUnit, 0) {
		c.Units = Arbitrary
		c.Warnings = append(c.Warnings, UnknownUnits())
	}
	if t.HalfLife <= 0 {
		c.Warnings = append(c.Warnings, NoHalfLife())
	}
	return c
}
