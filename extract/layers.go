package extract

import (
	"math"

	"tacstream/ingest"
)

// cutLayers takes the slices of the mask from layers. Each counts by itself,
// wherever others lie.
func (m *Mask) cutLayers(layers ingest.Layers, pet ingest.Geometry, limit int) (regions, error) {
	grid, err := newOverlay(layers.Geometry, pet)
	if err != nil {
		return regions{}, err
	}
	if len(layers.Regions) > limit {
		return regions{}, ingest.Reject(ingest.CodeRegionsUnreadable, "more than %d different regions", limit)
	}
	named, err := nameLayers(layers)
	if err != nil {
		return regions{}, err
	}
	c, aligned := newCover(pet.Size), grid.aligned()
	held := make([]held, len(named.extents))
	for at, l := range layers.Regions {
		b := block{first: l.First, size: l.Size, values: l.Weight}
		if !b.within(layers.Geometry.Size) {
			return regions{}, ingest.Reject(ingest.CodeRegionsUnreadable, "a layer that does not fit its grid")
		}
		n := named.of[at]
		held[n-1].add(grid, b)
		if s := newSampler(grid, b); aligned {
			c.addAligned(s, n)
		} else {
			c.addWeights(s, n)
		}
	}
	m.slices = c.joined()
	return named.regions, cutBy(named.extents, held)
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

// A held is the weight of a region in all and inside the PET volume.
type held struct{ total, inside float64 }

// add adds the weights of a block.
func (h *held) add(o overlay, b block) {
	at := 0
	for k := range b.size[2] {
		for j := range b.size[1] {
			for i := range b.size[0] {
				w := float64(b.values[at])
				at++
				if w == 0 {
					continue
				}
				h.total += w
				p := o.toPET.Apply(float64(b.first[0]+i), float64(b.first[1]+j), float64(b.first[2]+k))
				if _, _, _, ok := voxel(p, o.pet); ok {
					h.inside += w
				}
			}
		}
	}
}

// cutBy notes how much of each region lies outside. Regions that all do are
// an error.
func cutBy(extents []Extent, held []held) error {
	total, inside := 0.0, 0.0
	for at, h := range held {
		if h.total > 0 {
			extents[at].Cut = max(1-h.inside/h.total, 0)
		}
		total, inside = total+h.total, inside+h.inside
	}
	switch {
	case total == 0:
		return ingest.Reject(ingest.CodeRegionsUnreadable, "every region is empty")
	case inside == 0:
		return ingest.Reject(ingest.CodeRegionsElsewhere, "every region lies outside the PET volume")
	}
	return nil
}

// A naming is regions whose parts are known by their place in a list.
type naming struct {
	regions
	of []uint16 // number of each part
}

// add names the next part. Parts of one name are one region.
func (n *naming) add(name string, index int32) error {
	region, err := nameOf(name, index)
	if err != nil {
		return err
	}
	for at, e := range n.extents {
		if e.Region == region {
			n.of = append(n.of, uint16(at+1))
			return nil
		}
	}
	n.extents = append(n.extents, Extent{Region: region, Index: index})
	n.of = append(n.of, uint16(len(n.extents)))
	return nil
}

func nameLayers(layers ingest.Layers) (naming, error) {
	var n naming
	for _, l := range layers.Regions {
		if err := n.add(l.Name, l.Index); err != nil {
			return n, err
		}
	}
	return n, nil
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
