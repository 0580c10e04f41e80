package phantom

import (
	"maps"
	"slices"

	"tacstream/ingest"
)

// Cerebellum is the name of the reference region. It lies on the midline and
// has one label; all other regions have one on each side.
const Cerebellum = "Cerebellum"

// The box that holds the head, in mm along right, anterior and superior. The
// head fills a volume of any size in the same proportions.
const (
	boxWide = 96.0
	boxLong = 96.0
	boxHigh = 48.0
)

// A shape is an ellipsoid in the box, in mm right of, anterior of and
// superior to its centre.
type shape struct {
	centre ingest.Vec
	axes   ingest.Vec // half its length along each axis
}

// holds reports whether a point of the box lies in the ellipsoid.
func (s shape) holds(p ingest.Vec) bool {
	sum := 0.0
	for a := range p {
		d := (p[a] - s.centre[a]) / s.axes[a]
		sum += d * d
	}
	return sum <= 1
}

// mirrored returns the same ellipsoid on the other side.
func (s shape) mirrored() shape {
	s.centre[0] = -s.centre[0]
	return s
}

// An organ is a region as nature has it: on the right, with a twin on the
// left, except for the cerebellum.
type organ struct {
	region      string
	left, right int32 // indices in the region source; left is 0 without a twin
	shape       shape
	// pc is the noise constant of the region in kBq/mL min; see the
	// package comment.
	pc float64
}

func organs() []organ {
	return []organ{
		{"Nucleus-Accumbens", 552, 52, shape{ingest.Vec{6, 12, -3}, ingest.Vec{2.8, 3.2, 3.2}}, 0.1},
		{"Ventral-Pallidum", 560, 60, shape{ingest.Vec{9, 3, -6}, ingest.Vec{3, 3.5, 3}}, 0.05},
		{"Putamen", 548, 48, shape{ingest.Vec{16, 6, 2}, ingest.Vec{3.5, 9, 7}}, 0.02},
		{"Caudate", 546, 46, shape{ingest.Vec{7, 8, 7.5}, ingest.Vec{3.5, 8, 5}}, 0.02},
		{"Thalamus", 605, 105, shape{ingest.Vec{5.5, -8, 5}, ingest.Vec{4.5, 6, 5}}, 0.02},
		{"Frontal-Cortex", 512, 12, shape{ingest.Vec{12, 28, 6}, ingest.Vec{9, 9, 10}}, 0.01},
		{"Occipital-Cortex", 533, 33, shape{ingest.Vec{10, -32, 6}, ingest.Vec{8, 7, 8}}, 0.01},
		{Cerebellum, 0, 276, shape{ingest.Vec{0, -21, -10}, ingest.Vec{16, 10, 7}}, 0.01},
	}
}

// head is the outline of the head.
func head() shape { return shape{axes: ingest.Vec{36, 44, 22.5}} }

// The parts of a body that have no label.
const (
	air  = 0 // outside the head
	rest = 1 // of the head
)

// A part is a piece of the body in which activity is the same everywhere.
type part struct {
	index    int32 // in the region source; 0 where it has none
	name     string
	shape    shape
	kinetics Kinetics
	pc       float64 // noise constant of the region, in kBq/mL min
	voxelPc  float64 // and of one voxel of it: pc times the region's number of voxels
}

// A body is the head on the grid of a series.
type body struct {
	geometry ingest.Geometry
	parts    []part
	voxels   []uint8 // the part of each voxel, column fastest, then row, then slice
}

// body puts the regions that the series has kinetics for on its grid.
func (s Series) body() body {
	b := body{geometry: s.Geometry()}
	b.parts = []part{air: {}, rest: {shape: head(), kinetics: elsewhere()}}
	for _, o := range organs() {
		if k, ok := s.kineticsOf(o.region); ok {
			b.parts = append(b.parts, o.parts(k)...)
		}
	}
	b.fill()
	b.spread()
	return b
}

// parts returns the organ's sides, left first.
func (o organ) parts(k Kinetics) []part {
	right := part{index: o.right, name: "Right-" + o.region, shape: o.shape, kinetics: k, pc: o.pc}
	if o.left == 0 {
		right.name = o.region
		return []part{right}
	}
	left := right
	left.index, left.name, left.shape = o.left, "Left-"+o.region, o.shape.mirrored()
	return []part{left, right}
}

// elsewhere is what the tracer does in tissue that has no label: some blood
// flow and hardly any binding.
func elsewhere() Kinetics { return Kinetics{R1: 0.7, K2PerMin: 0.06, BPND: 0.1} }

// kineticsOf returns the kinetics of a region, and whether there are any. The
// cerebellum is the reference itself.
func (s Series) kineticsOf(region string) (Kinetics, bool) {
	if region == Cerebellum {
		return Kinetics{Region: region, R1: 1}, true
	}
	i := slices.IndexFunc(s.Kinetics, func(k Kinetics) bool { return k.Region == region })
	if i < 0 {
		return Kinetics{}, false
	}
	return s.Kinetics[i], true
}

// fill says of each voxel which part its centre lies in. Where parts meet the
// later one wins; regions do not overlap.
func (b *body) fill() {
	n := b.geometry.Size
	b.voxels = make([]uint8, b.geometry.Voxels())
	at := 0
	for k := range n[2] {
		for j := range n[1] {
			for i := range n[0] {
				b.voxels[at] = b.partAt(ingest.Vec{
					-(float64(i)+0.5)/float64(n[0])*boxWide + boxWide/2, // columns run to the left
					-(float64(j)+0.5)/float64(n[1])*boxLong + boxLong/2, // rows run to the back
					(float64(k)+0.5)/float64(n[2])*boxHigh - boxHigh/2,
				})
				at++
			}
		}
	}
}

func (b *body) partAt(p ingest.Vec) uint8 {
	if !b.parts[rest].shape.holds(p) {
		return air
	}
	for i := len(b.parts) - 1; i > rest; i-- {
		if b.parts[i].shape.holds(p) {
			return uint8(i)
		}
	}
	return rest
}

// spread turns the noise constants of regions into those of a voxel. Left and
// right are one region, and the rest of the head is like the cerebellum.
func (b *body) spread() {
	count := map[string]int{}
	for _, v := range b.voxels {
		count[b.parts[v].kinetics.Region]++
	}
	for i := range b.parts {
		p := &b.parts[i]
		p.voxelPc = p.pc * float64(count[p.kinetics.Region])
		if p.name == Cerebellum {
			b.parts[rest].voxelPc = p.voxelPc
		}
	}
}

// labels returns the body as a region source.
func (b body) labels() ingest.Labels {
	l := ingest.Labels{Geometry: b.geometry, Index: make([]int32, len(b.voxels)), Names: map[int32]string{}}
	for i, v := range b.voxels {
		l.Index[i] = b.parts[v].index
	}
	for _, p := range b.parts[rest+1:] {
		l.Names[p.index] = p.name
	}
	return l
}

// indices returns the indices of the labels in rising order.
func indices(l ingest.Labels) []int32 { return slices.Sorted(maps.Keys(l.Names)) }
