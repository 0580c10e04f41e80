package extract

import "tacstream/ingest"

// cutOutlines brings contours onto the PET grid.
//
// Contours parallel to the slices of PET are filled where they are: a voxel
// belongs to the region if its centre lies inside an odd number of the
// contours of the slab that holds it, see slabsOf. Where slabs are thinner than
// slices a voxel belongs to the region by the part of its height that they
// cover. Contours that are tilted against the slices are filled likewise on a
// grid of their own, finer than that of PET, which is then overlaid as layers
// are. A contour that is there twice counts once.
func cutOutlines(outlines ingest.Outlines, pet ingest.Geometry, limit int) (census, error) {
	if len(outlines.Regions) > limit {
		return census{}, ingest.Reject(ingest.CodeRegionsUnreadable, "the source has more than %d different regions", limit)
	}
	toPET, err := pet.Affine.Inverse()
	if err != nil {
		return census{}, ingest.Reject(ingest.CodeGeometry, "the PET voxels have no volume")
	}
	var named naming
	c := newCover(pet.Size)
	var parts []portion
	var warnings []ingest.Warning
	for _, o := range outlines.Regions {
		if err := named.add(o.Name, o.Index); err != nil {
			return census{}, err
		}
		parts = append(parts, make([]portion, len(named.extents)-len(parts))...)
		n := named.of[len(named.of)-1]
		contours, level := draw(o.Contours, toPET)
		var odd oddities
		if level {
			parts[n-1].count(contours, pet.Size)
			odd = c.fill(contours, pet.Size, n)
		} else if odd, err = c.fillTilted(o, pet, n, &parts[n-1]); err != nil {
			return census{}, err
		}
		warnings = append(warnings, odd.warnings(named.extents[n-1].Region)...)
	}
	return census{extents: named.extents, slices: c.joined(), warnings: warnings}, cutBy(named.extents, parts)
}
