package bids

import "fmt"

// morph adds the table of regions and its sidecar.
func (d *dataset) morph() error {
	var rows [][]string
	for _, t := range d.Curves.TACs {
		index := "n/a"
		if len(t.Parts) == 0 && t.Index != 0 {
			index = fmt.Sprint(t.Index)
		}
		rows = append(rows, []string{index, string(t.Region), known(t.VolumeMM3), known(t.Voxels)})
	}
	d.table(d.stem+"_morph.tsv", []string{"index", "name", "volume-mm3", "voxels"}, rows)
	return d.json(d.stem+"_morph.json", map[string]column{
		"index":      {"Index of the region in its source; n/a for a merged region.", ""},
		"name":       {"Name of the region, as its look-up table spells it.", ""},
		"volume-mm3": {"Volume of the PET voxels that were averaged.", "mm^3"},
		"voxels":     {"Effective number of those voxels.", ""},
	})
}
