package regions

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tacstream/ingest"
)

// A naming says where the names of a source's regions come from.
type naming int

const (
	bySource naming = iota // the source itself, as in DICOM, or the key of its image
	byFormat               // the format, as the standard numbers of FreeSurfer: most are not in any one image
	byTable                // a look-up table
)

// Described is what is said of the regions of a source.
type described struct {
	names map[int32]string
	blank map[int32]bool // indices that are described without a name
	by    naming
}

// A part is what a source holds under one index.
type part struct {
	index  int32
	name   string
	voxels int    // in which there is any of it; of a drawn region its contours
	noun   string // of these
}

// check refuses a source that gives one name to several of its regions or whose
// table is that of another image, and says which regions have no voxel and which
// voxels no name. All of it would go unseen: left and right merged, or a column
// missing.
func check(s *ingest.Segmentation, d described) error {
	parts := partsOf(s)
	if err := checkDoubles(parts, d.by); err != nil {
		return err
	}
	if err := d.checkShared(parts); err != nil {
		return err
	}
	s.Warnings = append(s.Warnings, d.emptyRegions(parts)...)
	s.Warnings = append(s.Warnings, d.unnamed(parts)...)
	return nil
}

// partsOf returns what a source holds, by rising index. An image of labels holds
// the indices that have voxels; layers may have none.
func partsOf(s *ingest.Segmentation) (list []part) {
	switch {
	case s.Labels != nil:
		counts := countsOf(s.Labels.Index)
		for _, index := range slices.Sorted(maps.Keys(counts)) {
			list = append(list, part{index, strings.TrimSpace(s.Labels.Names[index]), counts[index], "voxel"})
		}
	case s.Layers != nil:
		for _, l := range s.Layers.Regions {
			list = append(list, part{l.Index, strings.TrimSpace(l.Name), voxelsOf(l), "voxel"})
		}
	case s.Outlines != nil:
		for _, o := range s.Outlines.Regions {
			list = append(list, part{o.Index, strings.TrimSpace(o.Name), len(o.Contours), "contour"})
		}
	}
	slices.SortStableFunc(list, func(a, b part) int { return cmp.Compare(a.index, b.index) })
	return list
}

// countsOf counts the voxels of each index but the background.
func countsOf(voxels []int32) map[int32]int {
	counts := map[int32]int{}
	for at := 0; at < len(voxels); {
		end := at + 1
		for end < len(voxels) && voxels[end] == voxels[at] {
			end++
		}
		if voxels[at] != 0 {
			counts[voxels[at]] += end - at
		}
		at = end
	}
	return counts
}

// voxelsOf counts the voxels in which there is any of a layer.
func voxelsOf(l ingest.Layer) (n int) {
	for _, w := range l.Weight {
		if w > 0 {
			n++
		}
	}
	return n
}

// checkDoubles refuses one name for two regions that have voxels.
func checkDoubles(parts []part, by naming) error {
	what := "regions %d and %d of the source"
	if by == byTable {
		what = "indices %d and %d of the table"
	}
	called := map[string]int32{}
	for _, p := range parts {
		if p.voxels == 0 || p.name == "" {
			continue
		}
		if other, known := called[p.name]; known {
			return ingest.Reject(ingest.CodeRegionsUnreadable,
				"the "+what+" are both called %s; %s", other, p.index, p.name, tellApart)
		}
		called[p.name] = p.index
	}
	return nil
}

// tellApart says what to do about one name for two regions.
const tellApart = "give each a name of its own, and merge them by a rule if they are one region"

// emptyRegions names the regions without a voxel: those of the table or, without
// one, those of the source.
func (d described) emptyRegions(parts []part) []ingest.Warning {
	seen := map[int32]bool{}
	var empty []string
	for _, p := range parts {
		if p.voxels > 0 {
			seen[p.index] = true
		} else if d.by == bySource {
			seen[p.index], empty = true, append(empty, p.name)
		}
	}
	if d.by != byFormat {
		for _, index := range slices.Sorted(maps.Keys(d.names)) {
			if name := strings.TrimSpace(d.names[index]); index != 0 && name != "" && !seen[index] {
				empty = append(empty, name)
			}
		}
	}
	if len(empty) == 0 {
		return nil
	}
	n := float64(len(empty))
	if d.by == byTable {
		return []ingest.Warning{ingest.Warn(ingest.WarnRegionEmpty, ingest.LevelWarn, n, 0,
			"The image has no voxel of %s of the table: %s.", ingest.Count(len(empty), "region"), some(empty))}
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnRegionEmpty, ingest.LevelWarn, n, 0,
		"The source describes %s without a voxel: %s.", ingest.Count(len(empty), "region"), some(empty))}
}

// most is how many names a sentence holds.
const most = 10

// some lists names, the first of many.
func some(names []string) string {
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
