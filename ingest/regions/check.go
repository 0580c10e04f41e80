package regions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tacstream/ingest"
)

// check refuses a table that gives one name to several regions of the image, and
// names the regions of the table that have no voxel there. Both would go unseen:
// left and right merged, or a column missing. Of names that came with the format
// itself most are not in any one image.
func check(s *ingest.Segmentation, names map[int32]string, given bool) error {
	if s.Labels == nil {
		s.Warnings = append(s.Warnings, layersCalled(s.Layers)...)
		return nil
	}
	there := map[int32]bool{}
	last := int32(0)
	for _, index := range s.Labels.Index {
		if index != last {
			last, there[index] = index, true
		}
	}
	called := map[string]int32{}
	var empty []string
	for _, index := range slices.Sorted(maps.Keys(names)) {
		name := strings.TrimSpace(names[index])
		switch other, known := called[name]; {
		case index == 0 || name == "":
		case !there[index]:
			empty = append(empty, name)
		case known:
			return ingest.Reject(ingest.CodeRegionsUnreadable,
				"the indices %d and %d of the table are both called %s; give each a name of its own, and merge them by a rule if they are one region", other, index, name)
		default:
			called[name] = index
		}
	}
	if given {
		s.Warnings = append(s.Warnings, emptyRegions(empty)...)
	}
	return nil
}

// emptyRegions names regions without a voxel.
func emptyRegions(names []string) []ingest.Warning {
	if len(names) == 0 {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnRegionEmpty, ingest.LevelWarn, float64(len(names)), 0,
		"The image has no voxel of %s of the table: %s.", ingest.Count(len(names), "region"), some(names))}
}

// layersCalled says which regions that may overlap are taken as one because they
// are called alike, and which have nothing.
func layersCalled(layers *ingest.Layers) (list []ingest.Warning) {
	if layers == nil {
		return nil
	}
	called := map[string]int{}
	var empty, twice []string
	for _, l := range layers.Regions {
		name := strings.TrimSpace(l.Name)
		if !slices.ContainsFunc(l.Weight, func(w uint16) bool { return w > 0 }) {
			empty = append(empty, name)
			continue
		}
		if called[name]++; name != "" && called[name] == 2 {
			twice = append(twice, name)
		}
	}
	if n := len(twice); n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, float64(n), 0,
			"Several regions of the source have one name and are taken as one: %s.", some(twice)))
	}
	return append(list, emptyRegions(empty)...)
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
