package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tacstream/extract"
	"tacstream/fit"
)

// The models that fit runs without a choice, by what the scan has.
func defaultReferenceModels() []string { return []string{"srtm2", "srtm", "mrtm", "logan-ref"} }
func defaultBloodModels() []string     { return []string{"1tcm", "2tcm", "logan", "ma1"} }

// fitNames are the names in the help of fit.
func fitNames() kong.Vars {
	var weightings []string
	for _, w := range fit.Weightings() {
		weightings = append(weightings, string(w))
	}
	return kong.Vars{
		"models_reference": strings.Join(defaultReferenceModels(), ", "),
		"models_blood":     strings.Join(defaultBloodModels(), ", "),
		"weightings":       strings.Join(weightings, ", "),
	}
}

// modelNames returns the names of the models that need a reference region, or
// none, and arterial blood, or none.
func modelNames(reference, blood bool) string {
	var names []string
	for _, m := range fit.Models() {
		if in := m.Input(); (in&fit.ReferenceCurve != 0) == reference && in.Arterial() == blood {
			names = append(names, m.Name())
		}
	}
	return strings.Join(names, ", ")
}

// namesOf returns the names of the regions of curves.
func namesOf(tacs []extract.TAC) string {
	var names []string
	for _, t := range tacs {
		names = append(names, string(t.Region))
	}
	return strings.Join(names, ", ")
}

// fittedNames returns the names of the regions of estimates, each once.
func fittedNames(all []fit.Estimate) string {
	var names []string
	for _, e := range all {
		if name := string(e.Region); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
