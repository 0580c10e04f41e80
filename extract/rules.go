package extract

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tacstream/ingest"
)

// Rules say what to make of the regions of a source. Names are those of
// regions, or patterns as path.Match has them; case is ignored. What a left and
// a right region have in common names both.
type Rules struct {
	Merge map[string][]string // a new name to the regions that it is made of
	Erode map[string]float64  // a region to the depth in mm that it loses all round
}

// Under returns the mask with the rules applied: regions are eroded first.
//
// Erosion takes from each PET voxel the least weight that the region has
// within the depth around it, from centre to centre: of whole voxels a ball of
// that radius must fit in.
//
// Merged regions that overlap are added up here, voxel by voxel and up to a
// weight of 1, so that nothing counts twice; the others are left to
// Curves.WithMerged, for which it is the same.
func (m Mask) Under(rules Rules, pet ingest.Geometry) (Mask, error) {
	m.Regions, m.Warnings, m.slices = slices.Clone(m.Regions), slices.Clone(m.Warnings), slices.Clone(m.slices)
	for _, name := range slices.Sorted(maps.Keys(rules.Erode)) {
		if err := m.erodeAll(name, rules.Erode[name], pet); err != nil {
			return Mask{}, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rules.Merge)) {
		if err := m.unite(name, rules.Merge[name]); err != nil {
			return Mask{}, err
		}
	}
	m.uniteSides(rules)
	return m, nil
}

// uniteSides adds the unions of left and right regions that overlap, which
// Curves.WithBilateral could only average. Rules come first.
func (m *Mask) uniteSides(rules Rules) {
	for at, pair := range pairs(m.names()) {
		ruled := slices.ContainsFunc(slices.Collect(maps.Keys(rules.Merge)), func(name string) bool { return strings.EqualFold(name, pair.base) })
		if pair.other > at && !ruled {
			m.union(pair.base, []uint16{uint16(at + 1), uint16(pair.other + 1)})
		}
	}
}

// names returns the regions as curves without values.
func (m *Mask) names() []TAC {
	tacs := make([]TAC, len(m.Regions))
	for i, e := range m.Regions {
		tacs[i] = TAC{Region: e.Region, Parts: e.Parts}
	}
	return tacs
}

// matching returns the numbers of the regions that one of the patterns names.
func (m *Mask) matching(patterns []string) ([]uint16, error) {
	var list []uint16
	for at, called := range callings(m.names()) {
		for _, p := range patterns {
			ok, err := called.match(p)
			if err != nil {
				return nil, fmt.Errorf("rule for %q: %w", p, err)
			}
			if ok {
				list = append(list, uint16(at+1))
				break
			}
		}
	}
	return list, nil
}

// maxErosionMM bounds the depth of an erosion: no region of a brain is deeper.
const maxErosionMM = 100

// erodeAll erodes every region that a pattern names and says what that left.
func (m *Mask) erodeAll(pattern string, mm float64, pet ingest.Geometry) error {
	if !(mm > 0 && mm <= maxErosionMM) {
		return ingest.Reject(ingest.CodeRegionsUnreadable, "the rule to erode %q says %g mm; give more than 0 and at most %d", pattern, mm, maxErosionMM)
	}
	numbers, err := m.matching([]string{pattern})
	if err != nil {
		return err
	}
	if len(numbers) == 0 {
		m.Warnings = append(m.Warnings, ruleNotice("erode", pattern, "has no effect: no region has that name"+thereAre(m.names())))
	}
	ball := ballRows(mm, pet)
	for _, n := range numbers {
		e := &m.Regions[n-1]
		was := e.Voxels
		left := m.eroded(n, ball, pet.Size)
		voxels := 0.0
		for _, runs := range left {
			for _, r := range runs {
				voxels += float64(r.Weight) * float64(r.End-r.First)
			}
		}
		if voxels == 0 {
			return ingest.Reject(ingest.CodeRegionsUnreadable, "nothing is left of %s when it is eroded by %g mm; erode it by less", e.Region, mm)
		}
		m.replace(n, left)
		e.VolumeMM3 *= voxels / was
		e.Voxels = voxels
		m.Warnings = append(m.Warnings, ruleNotice("erode", string(e.Region), fmt.Sprintf("took %g mm off all round and left %.4g of %.4g voxels", mm, voxels, was)))
	}
	return nil
}

// ruleNotice says what a rule did.
func ruleNotice(verb, name, did string) ingest.Warning {
	return ingest.Warn(ingest.WarnLabels, ingest.LevelNotice, 0, 0, "The rule to %s %q %s.", verb, name, did)
}

// replace puts other runs in the place of a region's.
func (m *Mask) replace(n uint16, with [][]ingest.Run) {
	c := cover{slices: make([][]ingest.Run, len(m.slices))}
	for k, runs := range m.slices {
		c.slices[k] = append(slices.DeleteFunc(slices.Clone(runs), func(r ingest.Run) bool { return r.Region == n }), with[k]...)
	}
	m.slices = c.sorted()
}

// unite adds the union of the regions that patterns name.
func (m *Mask) unite(name string, patterns []string) error {
	parts, err := m.matching(patterns)
	if err == nil {
		m.union(name, parts)
	}
	return err
}

// union adds the union of regions, where any of them overlap.
func (m *Mask) union(name string, parts []uint16) {
	if len(parts) < 2 || !UsableName(name) || len(m.Regions) == math.MaxUint16 {
		return
	}
	for _, e := range m.Regions {
		if strings.EqualFold(string(e.Region), name) {
			return // Curves.WithMerged says so
		}
	}
	n := uint16(len(m.Regions) + 1)
	union := cover{slices: make([][]ingest.Run, len(m.slices))}
	overlapping := false
	for k, runs := range m.slices {
		for _, r := range runs {
			if slices.Contains(parts, r.Region) {
				r.Region = n
				union.slices[k] = append(union.slices[k], r)
			}
		}
		overlapping = overlapping || overlap(union.slices[k])
	}
	if !overlapping {
		return
	}
	first := m.Regions[parts[0]-1]
	e := Extent{Region: Region(name)}
	for _, p := range parts {
		e.Parts = append(e.Parts, m.Regions[p-1].Region)
	}
	added := union.joined()
	for _, runs := range added {
		for _, r := range runs {
			e.Voxels += float64(r.Weight) * float64(r.End-r.First)
		}
	}
	e.VolumeMM3 = e.Voxels * first.VolumeMM3 / first.Voxels
	m.Regions = append(m.Regions, e)
	m.replace(n, added)
}
