package bids

// bidsIgnore names what validators of the released standard do not know.
const bidsIgnore = "*_tacs.tsv\n*_tacs.json\n*_morph.tsv\n*_morph.json\n*_kinpar.tsv\n*_kinpar.json\n"

// describe adds what every dataset has.
func (d *dataset) describe() error {
	d.add(".bidsignore", typeText, []byte(bidsIgnore))
	return d.json("dataset_description.json", struct {
		Name        string
		BIDSVersion string
		DatasetType string
		GeneratedBy []generator
	}{"tacstream: regional time-activity curves and binding of one PET series", "1.10.0", "derivative", []generator{{"tacstream", d.version()}}})
}

type generator struct{ Name, Version string }
