package extract

import "tacstream/ingest"

// cutLayers brings layers onto the PET grid. Each counts by itself, wherever
// others lie.
func cutLayers(layers ingest.Layers, pet ingest.Geometry, limit int) (census, error) {
	grid, err := newOverlay(layers.Geometry, pet)
	if err != nil {
		return census{}, err
	}
	if len(layers.Regions) > limit {
		return census{}, ingest.Reject(ingest.CodeRegionsUnreadable, "the source has more than %d different regions", limit)
	}
	named, err := nameLayers(layers)
	if err != nil {
		return census{}, err
	}
	c, aligned := newCover(pet.Size), grid.aligned()
	portions := make([]portion, len(named.extents))
	for at, l := range layers.Regions {
		b := block{first: l.First, size: l.Size, values: l.Weight}
		if !b.within(layers.Geometry.Size) {
			return census{}, ingest.Reject(ingest.CodeRegionsUnreadable, "a layer does not fit its grid")
		}
		n := named.of[at]
		portions[n-1].add(grid, b)
		if s := newSampler(grid, b); aligned {
			c.addAligned(s, n)
		} else {
			c.addWeights(s, n)
		}
	}
	return census{extents: named.extents, slices: c.joined()}, cutBy(named.extents, portions)
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
