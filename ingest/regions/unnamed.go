package regions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tacstream/ingest"
)

// checkShared refuses a table that has no row for any index of the image: it is
// that of another one, and all regions would be called by their numbers.
func (d described) checkShared(parts []part) error {
	if d.by != byTable || len(parts) == 0 {
		return nil
	}
	var image, table []string
	for _, p := range parts {
		if _, named := d.names[p.index]; named || d.blank[p.index] {
			return nil
		}
		image = append(image, fmt.Sprint(p.index))
	}
	for _, index := range slices.Sorted(maps.Keys(d.names)) {
		table = append(table, fmt.Sprint(index))
	}
	if len(table) == 0 {
		table = []string{"none"}
	}
	return ingest.Reject(ingest.CodeRegionsUnreadable,
		"the table names no index of the image; the image has %s, the table %s: give the table of this image",
		some(image), some(table))
}

// unnamed says which regions are called by their numbers because nothing names
// them, and which rows of a table name nothing or the background.
func (d described) unnamed(parts []part) (list []ingest.Warning) {
	voxels := map[int32]int{}
	var lacking, blank []string
	for _, p := range parts {
		voxels[p.index] = p.voxels
		if p.name == "" && p.voxels > 0 && !d.blank[p.index] {
			lacking = append(lacking, fmt.Sprintf("%d (%s)", p.index, ingest.Count(p.voxels, p.noun)))
		}
	}
	if n := len(lacking); n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, float64(n), 0,
			"The source has %s %s, called label-N by the index N: %s.", ingest.Count(n, "region"), d.by.lacks(), some(lacking)))
	}
	for _, index := range slices.Sorted(maps.Keys(d.blank)) {
		if index != 0 && d.names[index] == "" {
			blank = append(blank, fmt.Sprintf("%d (%s)", index, ingest.Count(voxels[index], "voxel")))
		}
	}
	if n := len(blank); n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, float64(n), 0,
			"The table has %s with a blank name, called label-N by the index N if there are voxels: %s.",
			ingest.Count(n, "row"), some(blank)))
	}
	if name := strings.TrimSpace(d.names[0]); d.by == byTable && !likeBackground(name) {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelDoubt, 1, 0,
			"The table calls index 0 %s, but voxels of index 0 are background and belong to no region.", name))
	}
	return list
}

// lacks says what a region lacks that has no name.
func (by naming) lacks() string {
	switch by {
	case byTable:
		return "without a row in its table"
	case byFormat:
		return "outside the standard numbers of FreeSurfer"
	}
	return "without a name"
}

// likeBackground reports whether a table may call index 0 so: as FreeSurfer,
// ITK-SNAP, 3D Slicer, BIDS and others call what belongs to no region.
func likeBackground(name string) bool {
	plain := strings.NewReplacer(" ", "", "-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	switch plain {
	case "", "unknown", "background", "bg", "back", "clearlabel", "clear", "none", "null", "zero", "nothing", "empty", "void",
		"outside", "exterior", "unlabeled", "unlabelled", "nolabel", "notlabeled", "undefined", "unassigned", "air", "???", "other", "rest":
		return true
	}
	return strings.HasPrefix(plain, "background") || strings.HasSuffix(plain, "background")
}
