package phantom

import "tacstream/ingest"

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

// Labels returns the regions on the grid of the series. A region that has no
// kinetics has no label, and one that the grid is too coarse for no voxel.
func (s Series) Labels() ingest.Labels { return s.filled().body().labels() }
