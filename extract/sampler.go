package extract

import (
	"math"
	"slices"

	"tacstream/ingest"
)

// A block is the voxels of a grid between two corners and a value for each;
// outside of it every value is 0.
type block struct {
	first, size [3]int
	values      []uint16 // column fastest, then row, then slice
}

// at returns the value of a voxel of the grid.
func (b *block) at(i, j, k int) uint16 {
	i, j, k = i-b.first[0], j-b.first[1], k-b.first[2]
	if uint(i) >= uint(b.size[0]) || uint(j) >= uint(b.size[1]) || uint(k) >= uint(b.size[2]) {
		return 0
	}
	return b.values[(k*b.size[1]+j)*b.size[0]+i]
}

// How many samples a PET voxel has: so many for each voxel of the regions' grid
// that fits into it, within bounds.
const (
	samplesPerVoxel = 32
	leastSamples    = 512
	mostSamples     = 4096
)

// samples returns n points of a voxel, each coordinate from -0.5 to 0.5. Those
// of an octant are reflected into the others, so that a boundary through the
// middle halves the voxel exactly.
//
// A lattice would lie along the faces of regions and count them as a whole too
// far in or out. The points of a sequence of low discrepancy do not: projected
// onto an axis they are evenly spaced.
//
// Source: the additive recurrence with the generalised golden ratio in three
// dimensions, M. Roberts, The unreasonable effectiveness of quasirandom
// sequences, 2018.
func samples(n int) []ingest.Vec {
	const golden = 1.2207440846057596 // x⁴ = x + 1
	points := make([]ingest.Vec, 0, n)
	for n := range n / 8 {
		var p ingest.Vec
		step := 1.0
		for a := range p {
			step /= golden
			_, part := math.Modf(0.5 + float64(n)*step)
			p[a] = part / 2
		}
		for corner := range 8 {
			q := p
			for a := range q {
				if corner>>a&1 == 1 {
					q[a] = -q[a]
				}
			}
			points = append(points, q)
		}
	}
	return points
}

// A sampler lays a block over the PET grid.
type sampler struct {
	overlay
	block
	half    ingest.Vec   // half of what a PET voxel spans, in voxels of the block
	offsets []ingest.Vec // of the samples from the centre of a PET voxel
	tally   []int32      // samples by value
	met     []uint16     // values that the tally holds
}

func newSampler(o overlay, b block) *sampler {
	s := &sampler{overlay: o, block: b}
	for r := range 3 {
		for a := range 3 {
			s.half[r] += math.Abs(o.toLabels[r][a]) / 2
		}
	}
	linear := o.toLabels
	linear[0][3], linear[1][3], linear[2][3] = 0, 0, 0
	fit := math.Abs(linear.Determinant())
	for _, p := range samples(int(min(max(samplesPerVoxel*fit, leastSamples), mostSamples))) {
		s.offsets = append(s.offsets, linear.Apply(p[0], p[1], p[2]))
	}
	return s
}

// reach returns the PET voxels that the block may touch, the far corner
// excluded.
func (s *sampler) reach() (from, to [3]int) {
	from, to = s.pet, [3]int{}
	for corner := range 8 {
		var p [3]float64
		for a := range 3 {
			p[a] = float64(s.first[a]) - 1
			if corner>>a&1 == 1 {
				p[a] = float64(s.first[a] + s.block.size[a])
			}
		}
		at := s.toPET.Apply(p[0], p[1], p[2])
		for a := range 3 {
			x := min(max(at[a], -1), float64(s.pet[a]))
			from[a], to[a] = min(from[a], max(int(x)-1, 0)), max(to[a], min(int(x)+2, s.pet[a]))
		}
	}
	return from, to
}

// each calls emit for every PET voxel that the block touches: with the only
// value that it meets, or with 0 after it was sampled.
func (s *sampler) each(emit func(i, j, k int, value uint16, sampled bool)) {
	from, to := s.reach()
	for k := from[2]; k < to[2]; k++ {
		for j := from[1]; j < to[1]; j++ {
			for i := from[0]; i < to[0]; i++ {
				c := s.toLabels.Apply(float64(i), float64(j), float64(k))
				value, only := s.only(c)
				switch {
				case !only:
					s.sample(c)
					emit(i, j, k, 0, true)
				case value != 0:
					emit(i, j, k, value, false)
				}
			}
		}
	}
}

// only returns the value of all voxels of the block that the PET voxel about c
// touches, if it is the same.
func (s *sampler) only(c ingest.Vec) (value uint16, ok bool) {
	var lo, hi [3]int
	for a := range 3 {
		lo[a] = int(math.Floor(c[a] - s.half[a] + 0.5 + tie))
		hi[a] = int(math.Floor(c[a] + s.half[a] + 0.5 - tie))
		if hi[a] < s.first[a] || lo[a] >= s.first[a]+s.block.size[a] {
			return 0, true
		}
	}
	value = s.at(lo[0], lo[1], lo[2])
	for k := lo[2]; k <= hi[2]; k++ {
		for j := lo[1]; j <= hi[1]; j++ {
			for i := lo[0]; i <= hi[0]; i++ {
				if s.at(i, j, k) != value {
					return 0, false
				}
			}
		}
	}
	return value, true
}

// sample counts the values at the samples of the PET voxel about c.
func (s *sampler) sample(c ingest.Vec) {
	if s.tally == nil {
		s.tally = make([]int32, math.MaxUint16+1)
	}
	for _, v := range s.met {
		s.tally[v] = 0
	}
	s.met = s.met[:0]
	const half = 0.5
	for _, o := range s.offsets {
		v := s.at(int(math.Floor(c[0]+o[0]+half)), int(math.Floor(c[1]+o[1]+half)), int(math.Floor(c[2]+o[2]+half)))
		if s.tally[v]++; s.tally[v] == 1 {
			s.met = append(s.met, v)
		}
	}
	slices.Sort(s.met)
}

// within reports whether the block lies in a grid and has a value for each of
// its voxels.
func (b *block) within(size [3]int) bool {
	n := 1
	for a := range 3 {
		if b.first[a] < 0 || b.size[a] < 0 || b.size[a] > size[a]-b.first[a] {
			return false
		}
		n *= b.size[a]
	}
	return n == len(b.values)
}
