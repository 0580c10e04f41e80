package extract

import (
	"fmt"
	"strings"

	"tacstream/ingest"
)

// cutOutlines brings contours onto the PET grid.
//
// Contours parallel to the slices of PET are filled where they are: a voxel
// belongs to the region if its centre lies inside an odd number of the
// contours of the slab that holds it, see slabsOf. Where slabs are thinner than
// slices a voxel belongs to the region by the part of its height that they
// cover. Contours that are tilted against the slices are filled likewise on a
// grid of their own, finer than that of PET, which is then overlaid as layers
// are. A contour that is there twice counts once. Contours between two slices,
// as those that were drawn on another image, are filled in the nearest, which is
// said.
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
	moved := movedRegions{sliceMM: length(ingest.Vec{pet.Affine[0][2], pet.Affine[1][2], pet.Affine[2][2]})}
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
		moved.add(named.extents[n-1].Region, odd.off)
	}
	warnings = append(warnings, moved.warnings()...)
	return census{extents: named.extents, slices: c.joined(), warnings: warnings}, cutBy(named.extents, parts)
}

// Distances between a contour and a slice that rounding explains: header and
// contours have 0.01 mm or better, and a part of a slice adds up over a volume.
const (
	roundedMM     = 0.05
	roundedSlices = samePlane
)

// MovedRegions are those whose contours lie between the slices of PET.
type movedRegions struct {
	sliceMM    float64 // from slice to slice
	names      []string
	farthestMM float64
}

// tolerance is the distance in mm up to which a contour lies in a slice.
func (m *movedRegions) tolerance() float64 { return max(roundedMM, roundedSlices*m.sliceMM) }

// add notes a region of which a contour lies so many slices off the nearest.
func (m *movedRegions) add(name Region, off float64) {
	if mm := off * m.sliceMM; mm > m.tolerance() {
		m.names = append(m.names, fmt.Sprintf("%s (%.3g mm)", name, mm))
		m.farthestMM = max(m.farthestMM, mm)
	}
}

func (m *movedRegions) warnings() []ingest.Warning {
	const most = 10 // names
	n, names := len(m.names), m.names
	if n == 0 {
		return nil
	}
	if n > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", n-most))
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnContours, ingest.LevelDoubt, m.farthestMM, m.tolerance(),
		"Contours of %s lie between the slices of the image, up to %.3g mm off, where rounding explains %.3g mm; "+
			"they are filled in the nearest slice: %s.",
		ingest.Count(n, "region"), m.farthestMM, m.tolerance(), strings.Join(names, ", "))}
}
