package extract

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"tacstream/ingest"
)

// A cover is the runs of each slice, in the making.
type cover struct {
	columns int
	slices  [][]ingest.Run
}

func newCover(pet [3]int) cover { return cover{columns: pet[0], slices: make([][]ingest.Run, pet[2])} }

// add adds a voxel to a region.
func (c *cover) add(i, j, k int, region uint16, weight float32) {
	if weight > 0 {
		c.slices[k] = extend(c.slices[k], int32(j*c.columns+i), region, weight)
	}
}

// sorted returns the runs of each slice by rising First and then Region.
func (c *cover) sorted() [][]ingest.Run {
	for _, runs := range c.slices {
		slices.SortFunc(runs, func(a, b ingest.Run) int {
			return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Region, b.Region))
		})
	}
	return c.slices
}

// addNumbers adds the voxels of a block whose values are numbers of regions.
func (c *cover) addNumbers(s *sampler) {
	all := float32(len(s.offsets))
	s.each(func(i, j, k int, value uint16, sampled bool) {
		if !sampled {
			c.add(i, j, k, value, 1)
			return
		}
		for _, v := range s.met {
			if v != 0 {
				c.add(i, j, k, v, float32(s.tally[v])/all)
			}
		}
	})
}

// addWeights adds the voxels of a block whose values are weights in a region.
func (c *cover) addWeights(s *sampler, region uint16) {
	all := float64(len(s.offsets)) * ingest.FullWeight
	s.each(func(i, j, k int, value uint16, sampled bool) {
		if !sampled {
			c.add(i, j, k, region, float32(float64(value)/ingest.FullWeight))
			return
		}
		sum := 0.0
		for _, v := range s.met {
			sum += float64(v) * float64(s.tally[v])
		}
		c.add(i, j, k, region, float32(sum/all))
	})
}

// addAligned adds the voxels of a block of which each is one PET voxel.
func (c *cover) addAligned(s *sampler, region uint16) {
	from, to := s.reach()
	for k := from[2]; k < to[2]; k++ {
		for j := from[1]; j < to[1]; j++ {
			for i := from[0]; i < to[0]; i++ {
				p := s.toLabels.Apply(float64(i), float64(j), float64(k))
				v := s.at(int(math.Round(p[0])), int(math.Round(p[1])), int(math.Round(p[2])))
				c.add(i, j, k, region, float32(float64(v)/ingest.FullWeight))
			}
		}
	}
}

// extend adds a pixel behind the last run, or to it if it goes on alike.
func extend(runs []ingest.Run, pixel int32, region uint16, weight float32) []ingest.Run {
	if end := len(runs) - 1; end >= 0 && runs[end].End == pixel && runs[end].Region == region && runs[end].Weight == weight {
		runs[end].End++
		return runs
	}
	return append(runs, ingest.Run{First: pixel, End: pixel + 1, Region: region, Weight: weight})
}

// joined returns the runs of each slice in order, with the weights of parts of
// one region that fall on one pixel added, up to 1.
func (c *cover) joined() [][]ingest.Run {
	all := c.sorted()
	for k, runs := range all {
		if overlap(runs) {
			all[k] = merge(runs)
		}
	}
	return all
}

// overlap reports whether two runs of one region share a pixel.
func overlap(runs []ingest.Run) bool {
	end := map[uint16]int32{}
	for _, r := range runs {
		if r.First < end[r.Region] {
			return true
		}
		end[r.Region] = max(end[r.Region], r.End)
	}
	return false
}

// merge adds up runs of one region pixel by pixel.
func merge(runs []ingest.Run) []ingest.Run {
	weight := map[uint16]map[int32]float32{}
	for _, r := range runs {
		if weight[r.Region] == nil {
			weight[r.Region] = map[int32]float32{}
		}
		for p := r.First; p < r.End; p++ {
			weight[r.Region][p] = float32(math.Min(1, float64(weight[r.Region][p]+r.Weight)))
		}
	}
	merged := cover{slices: make([][]ingest.Run, 1)}
	for _, region := range sortedKeys(weight) {
		for _, pixel := range sortedKeys(weight[region]) {
			merged.slices[0] = extend(merged.slices[0], pixel, region, weight[region][pixel])
		}
	}
	return merged.sorted()[0]
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
