package bids

import (
	"fmt"
	"math"

	"tacstream/extract"
	"tacstream/fit"
)

// models adds the files of each model.
func (d *dataset) models() error {
	seen := map[string]bool{}
	for _, group := range d.ByModel() {
		name := modelLabel(group[0].Model)
		if name == "" || seen[name] {
			return fmt.Errorf("model %q: %w", group[0].Model, ErrLabel)
		}
		seen[name] = true
		m := model{dataset: d, stem: d.stem + "_model-" + name, group: group}
		if err := m.kinpar(); err != nil {
			return err
		}
		if err := m.fitted(); err != nil {
			return err
		}
	}
	return nil
}

// A model is what one model says of the scan.
type model struct {
	*dataset
	stem  string
	group []fit.Estimate
}

// A field is one column of the table of estimates.
type field struct {
	name string
	column
	of func(fit.Estimate) float64
}

// fields returns the columns that have a number in any region.
func (m model) fields() []field {
	var all []field
	add := func(f field) {
		for _, e := range m.group {
			if number(f.of(e)) != "n/a" {
				all = append(all, f)
				return
			}
		}
	}
	for _, q := range fit.Quantities() {
		add(field{string(q.Symbol), column{q.Meaning, q.Unit}, func(e fit.Estimate) float64 { v, _ := e.Get(q.Symbol); return v }})
	}
	for _, q := range fit.Quantities() {
		add(field{string(q.Symbol) + "-se", column{"Standard error of " + string(q.Symbol) + ".", q.Unit}, func(e fit.Estimate) float64 { _, se := e.Get(q.Symbol); return se }})
	}
	add(field{"tstar", column{"Start of the linear phase after TimeZero.", "s"}, func(e fit.Estimate) float64 {
		if e.TStar == 0 {
			return math.NaN()
		}
		return seconds(e.TStar)
	}})
	add(field{"AIC", column{"Akaike's information criterion.", ""}, func(e fit.Estimate) float64 { return e.AIC }})
	add(field{"BIC", column{"Bayesian information criterion.", ""}, func(e fit.Estimate) float64 { return e.BIC }})
	add(field{"RSS", column{"Weighted residual sum of squares.", ""}, func(e fit.Estimate) float64 { return e.RSS }})
	return all
}

// A kinpar describes a table of estimates.
type kinpar struct {
	Description     string
	ModelName       string
	ReferenceRegion extract.Region `json:",omitempty"`
	SoftwareName    string
	SoftwareVersion string
	Parameters      parameters
	Warnings        map[string][]warning `json:",omitempty"` // by region
	Columns         map[string]column    `json:"columns"`
}

// parameters are what the whole scan was fitted with.
type parameters struct {
	Settings             string   `json:",omitempty"` // digest
	RadionuclideHalfLife *float64 `json:",omitempty"` // s; left out where nothing is known to decay
}

// kinpar adds the table of estimates and its sidecar.
func (m model) kinpar() error {
	fields := m.fields()
	names := []string{"name"}
	side := kinpar{
		Description: "Estimates of one model, a row for each region.", ModelName: m.group[0].Model, ReferenceRegion: m.Reference,
		SoftwareName: "tacstream", SoftwareVersion: m.version(), Warnings: map[string][]warning{},
		Parameters: parameters{m.Cause.Settings, given(seconds(m.Curves.HalfLife), m.Curves.HalfLife > 0)},
		Columns:    map[string]column{"name": {"Name of the region, as its look-up table spells it.", ""}},
	}
	for _, f := range fields {
		names = append(names, f.name)
		side.Columns[f.name] = f.column
	}
	var rows [][]string
	for _, e := range m.group {
		name, err := regionName(e.Region)
		if err != nil {
			return err
		}
		row := []string{name}
		for _, f := range fields {
			row = append(row, number(f.of(e)))
		}
		rows = append(rows, row)
		for _, w := range e.Warnings {
			side.Warnings[name] = append(side.Warnings[name], warningOf(w))
		}
	}
	m.table(m.stem+"_kinpar.tsv", names, rows)
	return m.json(m.stem+"_kinpar.json", side)
}

// fitted adds the table of what was measured and what the model makes of it,
// both corrected for decay as the table of curves.
func (m model) fitted() error {
	factors, err := m.Curves.Factors(m.origin)
	if err != nil {
		return err
	}
	measured := map[extract.Region][]float64{}
	for _, t := range m.tacs {
		measured[t.Region] = t.BqPerML
	}
	var rows [][]string
	for _, e := range m.group {
		for f, frame := range m.Curves.Frames {
			rows = append(rows, []string{
				string(e.Region), number(seconds(frame.Start) + seconds(frame.Duration)/2),
				number(at(measured[m.Reference], f)), number(at(measured[e.Region], f)), number(at(e.Fitted, f) * factors[f]), number(at(e.Weights, f)),
			})
		}
	}
	m.table(m.stem+"_desc-fitted_tacs.tsv", []string{"name", "frame_mid", "Reference", "TAC", "TAC_fitted", "weights"}, rows)
	unit := string(m.Curves.Units)
	return m.json(m.stem+"_desc-fitted_tacs.json", map[string]column{
		"name":       {"Name of the region; its frames follow each other.", ""},
		"frame_mid":  {"Middle of the frame after TimeZero.", "s"},
		"Reference":  {"Mean of the reference region in the frame.", unit},
		"TAC":        {"Mean of the region in the frame.", unit},
		"TAC_fitted": {"What the model has for it; n/a in a frame that it leaves out.", unit},
		"weights":    {"Weight of the frame in the fit, 1 on average.", ""},
	})
}

// at returns a value of a curve, NaN where it is shorter.
func at(values []float64, i int) float64 {
	if i >= len(values) {
		return math.NaN()
	}
	return values[i]
}
