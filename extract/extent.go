package extract

import "tacstream/ingest"

// slightCut is the fraction of a region up to which its being outside the PET
// volume is only worth a notice.
const slightCut = 0.01

// An Extent says what a region takes up of the PET volume.
type Extent struct {
	Region    Region
	Index     int32    // in the region source; the smallest where several share the name
	Voxels    float64  // effective number of PET voxels
	VolumeMM3 float64  // of those voxels
	Parts     []Region // what it was merged from; nil for a region of the source
	Cut       float64  // fraction of the region, by the source's voxels, that lies outside the PET volume
}

// census are what a source holds of the PET grid, before those that hold
// nothing are left out.
type census struct {
	extents  []Extent       // number n is extents[n−1], still without voxels
	slices   [][]ingest.Run // each by rising First, then Region
	warnings []ingest.Warning
}

// doubts returns what is to be said of a region that got so many PET voxels.
func (e Extent) doubts(voxels float64) []ingest.Warning {
	switch {
	case voxels == 0 && e.Cut == 1:
		return []ingest.Warning{ingest.Warn(ingest.WarnRegionCut, ingest.LevelWarn, e.Cut, 0, "Region %s lies outside the field of view and is left out.", e.Region)}
	case voxels == 0:
		return []ingest.Warning{ingest.Warn(ingest.WarnSmallRegion, ingest.LevelWarn, 0, smallRegion, "Region %s holds no PET voxel and is left out.", e.Region)}
	case e.Cut == 0:
		return nil
	}
	level := ingest.LevelWarn
	if e.Cut <= slightCut {
		level = ingest.LevelNotice
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnRegionCut, level, e.Cut, 0, "Of region %s %.3g %% lies outside the field of view.", e.Region, 100*e.Cut)}
}

// A portion is the weight of a region in all and inside the PET volume.
type portion struct{ total, inside float64 }

// add adds the weights of a block.
func (h *portion) add(o overlay, b block) {
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
func cutBy(extents []Extent, portions []portion) error {
	total, inside := 0.0, 0.0
	for at, h := range portions {
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
	extents []Extent // number n is extents[n−1]
	of      []uint16 // number of each part
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
