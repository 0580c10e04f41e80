package config

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A Protocol says what to do with the scans of one tracer. As JSON it is kept
// with every result, so names in JSON do not change.
type Protocol struct {
	Tracer      string              `yaml:"tracer" json:"tracer" doc:"Label in subjects and file names: lower-case letters, digits and hyphens."`
	Name        string              `yaml:"name" json:"name,omitempty" doc:"As people write it."`
	Match       string              `yaml:"match" json:"match,omitempty" doc:"Regular expression, case ignored, looked for in Radiopharmaceutical, its code meaning, SeriesDescription, ProtocolName and a trc- part of the key."`
	Reference   string              `yaml:"reference" json:"reference,omitempty" doc:"Name of the reference region; * and ? as in file names, case ignored; of several, separated by |, the first that there is. Left and right parts are merged before."`
	Models      []string            `yaml:"models" json:"models,omitempty" doc:"Models to run, see 'tacstream fit --help'."`
	K2Prime     float64             `yaml:"k2prime,omitempty" json:"k2prime,omitempty" doc:"Efflux rate of the reference region in 1/min, where it is known; else it is estimated."`
	TStar       Duration            `yaml:"t_star,omitempty" json:"t_star,omitempty" doc:"Start of the linear phase after injection; else it is chosen."`
	Uncorrected bool                `yaml:"allow_uncorrected,omitempty" json:"allow_uncorrected,omitempty" doc:"Fit images that are not corrected for attenuation as well. BPND of regions at different depths is then not comparable."`
	Atlas       string              `yaml:"atlas,omitempty" json:"atlas,omitempty" doc:"Key of an atlas, a label image with its table in the series' bucket. It serves series that have no regions of their own once nothing has come for the quiet time, if an affine *_from-*_to-pet*_xfm.txt, .tfm, .mat, .1D or .lta lies where regions would."`
	Merge       map[string][]string `yaml:"merge,omitempty" json:"merge,omitempty" doc:"Regions to merge: new name to a list of names. Left and right are merged by themselves."`
	Erode       map[string]float64  `yaml:"erode,omitempty" json:"erode,omitempty" doc:"Regions to erode: name, or pattern, to the depth in mm that is taken off all round. Left and right are eroded before they are merged."`
}

// DefaultProtocols returns the protocols that are shipped: the two tracers of
// the study of ketamine and NBQX.
func DefaultProtocols() []Protocol {
	models := []string{"srtm", "mrtm", "logan-ref"}
	const cerebellum = "*cerebell*cortex*|*cerebell*gr?y*|*cerebell*" // its grey matter where it is told apart
	return []Protocol{
		{Tracer: "az10419369", Name: "[11C]AZ10419369", Match: `az[-_ ]?10419369`, Reference: cerebellum, Models: models},
		{Tracer: "dasb", Name: "[11C]DASB", Match: `(^|[^a-z])dasb([^a-z]|$)`, Reference: cerebellum, Models: models},
	}
}

func (p Protocol) check(at string, add adder) {
	add(!label.MatchString(p.Tracer), at+".tracer", "%q is no label: lower-case letters, digits and hyphens", p.Tracer)
	_, err := regexp.Compile("(?i)" + p.Match)
	add(err != nil, at+".match", "no regular expression: %v", err)
	add(p.Match == "", at+".match", "an expression is needed, or every scan would match")
	_, err = path.Match(p.Reference, "x")
	add(err != nil || p.Reference == "", at+".reference", "%q is no pattern", p.Reference)
	add(len(p.Models) == 0, at+".models", "at least one model is needed")
	add(p.Atlas != "" && !ingest.IsLabels(p.Atlas), at+".atlas", "%q is not the key of a *dseg.nii or *dseg.nii.gz", p.Atlas)
	add(p.K2Prime < 0, at+".k2prime", "must not be negative")
	add(p.TStar < 0, at+".t_star", "must not be negative")
	for name, mm := range p.Erode {
		_, err := path.Match(name, "x")
		add(err != nil || !(mm > 0), at+".erode", "%q by %g mm: a pattern and a depth above 0 are needed", name, mm)
	}
	for i, m := range p.Models {
		model, err := p.model(m)
		add(err != nil, fmt.Sprintf("%s.models[%d]", at, i), "%v", err)
		add(err == nil && fit.NeedsBlood(model), fmt.Sprintf("%s.models[%d]", at, i), "%s needs arterial blood, which a protocol cannot give; use 'tacstream fit --blood' on the curves", m)
	}
}

// reference returns the reference region of the protocol.
func (p Protocol) reference(tacs []extract.TAC) (extract.Region, error) {
	return Reference(p.Reference, tacs)
}

// Reference returns the region that a pattern of path.Match names, case
// ignored: one that is called exactly so, else the only one that matches. Left
// and right count as the region that they are merged into. Where several match
// none is taken: which one is right only a person knows, and a wrong one looks
// as good. Of several patterns, separated by |, the first counts that any region
// matches.
func Reference(patterns string, tacs []extract.TAC) (extract.Region, error) {
	var names []string
	for _, t := range tacs {
		if names = append(names, string(t.Region)); string(t.Region) == patterns {
			return t.Region, nil
		}
	}
	for pattern := range strings.SplitSeq(patterns, "|") {
		r, err := referenceLike(strings.TrimSpace(pattern), tacs)
		if err != nil && ingest.ReasonOf(err).Code == ingest.CodeReferenceAbsent {
			continue
		}
		return r, err
	}
	return "", ingest.Reject(ingest.CodeReferenceAbsent, "no region is called like the reference %q; there are %s", patterns, strings.Join(names, ", "))
}

// referenceLike returns the region that one pattern names.
func referenceLike(pattern string, tacs []extract.TAC) (extract.Region, error) {
	matches := map[extract.Region]bool{}
	for _, t := range tacs {
		if strings.EqualFold(pattern, string(t.Region)) {
			return t.Region, nil
		}
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(string(t.Region)))
		if err != nil {
			return "", fmt.Errorf("the reference %q is no pattern: %w", pattern, err)
		}
		if ok {
			matches[t.Region] = true
		}
	}
	for _, t := range tacs {
		for _, part := range t.Parts {
			if matches[t.Region] {
				delete(matches, part)
			}
		}
	}
	found := slices.Sorted(maps.Keys(matches))
	switch len(found) {
	case 0:
		return "", ingest.Reject(ingest.CodeReferenceAbsent, "no region is called like the reference %q", pattern)
	case 1:
		return found[0], nil
	}
	return "", ingest.Reject(ingest.CodeReferenceUnclear, "several regions are called like the reference %q: %s; make one of them the reference, of the protocol or by --reference, or merge them by a rule: see 'tacstream config'", pattern, joined(found))
}

func joined(regions []extract.Region) string {
	var names []string
	for _, r := range regions {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// Fit runs the protocol's models on the curves. A model that cannot be fitted
// does not keep the others from being so, and a warning names it; an error
// means that none could.
func (p Protocol) Fit(curves extract.Curves) (reference extract.Region, all []fit.Estimate, failed []ingest.Warning, err error) {
	if err = p.usable(curves); err != nil {
		return "", nil, nil, err
	}
	if reference, err = p.reference(curves.TACs); err != nil {
		return "", nil, nil, err
	}
	scan := fit.Scan{Frames: curves.Frames, TACs: curves.TACs, Reference: reference, HalfLife: curves.HalfLife}
	var models []fit.Model
	for _, name := range p.Models {
		model, err := p.model(name)
		if err != nil {
			return reference, nil, nil, err
		}
		models = append(models, model)
	}
	all, failed, err = FitAll(models, scan)
	return reference, all, failed, err
}

// usable refuses images that are not corrected for attenuation, unless the
// protocol allows them.
func (p Protocol) usable(curves extract.Curves) error {
	for _, w := range curves.Warnings {
		if w.Code == ingest.WarnCorrections && w.Level == ingest.LevelDoubt && !p.Uncorrected {
			return ingest.Reject(w.Code, "%s The curves are there, but no model ran: send a corrected reconstruction, or set allow_uncorrected in the protocol", w.Detail)
		}
	}
	return nil
}

// FitAll fits every model and compares them. A model that gives nothing while
// others do is named by a warning; where none gives anything that is an error.
func FitAll(models []fit.Model, scan fit.Scan) (all []fit.Estimate, failed []ingest.Warning, err error) {
	if !slices.ContainsFunc(scan.TACs, func(t extract.TAC) bool { return t.Region != scan.Reference }) {
		return nil, nil, ingest.Reject(ingest.CodeFit, "no region is left to fit: there is but the reference, %q", scan.Reference)
	}
	var errs []error
	for _, model := range models {
		estimates, err := model.Fit(scan)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", model.Name(), err))
			failed = append(failed, ingest.Warn(ingest.WarnModelFailed, ingest.LevelWarn, 1, 0, "The model %s gave no estimate: %v.", model.Name(), err))
		}
		all = append(all, estimates...)
	}
	if len(all) == 0 {
		return nil, nil, ingest.Reject(ingest.CodeFit, "%v", errors.Join(errs...))
	}
	return fit.Agree(all), failed, nil
}

func (p Protocol) model(name string) (fit.Model, error) {
	return fit.ByName(name, fit.Settings{K2PrimePerMin: p.K2Prime, TStar: time.Duration(p.TStar)})
}
