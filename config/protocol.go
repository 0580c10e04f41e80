package config

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A Protocol says what to do with the scans of one tracer.
type Protocol struct {
	Tracer    string              `yaml:"tracer" doc:"Label in subjects and file names: lower-case letters, digits and hyphens."`
	Name      string              `yaml:"name" doc:"As people write it."`
	Match     string              `yaml:"match" doc:"Regular expression, case ignored, looked for in Radiopharmaceutical, its code meaning, SeriesDescription, ProtocolName and a trc- part of the key."`
	Reference string              `yaml:"reference" doc:"Name of the reference region; * and ? as in file names, case ignored. Left and right parts are merged before."`
	Models    []string            `yaml:"models" doc:"Models to run, see 'tacstream fit --help'."`
	K2Prime   float64             `yaml:"k2prime,omitempty" doc:"Efflux rate of the reference region in 1/min, where it is known; else it is estimated."`
	TStar     Duration            `yaml:"t_star,omitempty" doc:"Start of the linear phase after injection; else it is chosen."`
	Merge     map[string][]string `yaml:"merge,omitempty" doc:"Regions to merge: new name to a list of names. Left and right are merged by themselves."`
}

// DefaultProtocols returns the protocols that are shipped: the two tracers of
// the study of ketamine and NBQX.
func DefaultProtocols() []Protocol {
	models := []string{"srtm", "mrtm", "logan-ref"}
	return []Protocol{
		{Tracer: "az10419369", Name: "[11C]AZ10419369", Match: `az[-_ ]?10419369`, Reference: "*cerebell*", Models: models},
		{Tracer: "dasb", Name: "[11C]DASB", Match: `(^|[^a-z])dasb([^a-z]|$)`, Reference: "*cerebell*", Models: models},
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
	add(p.K2Prime < 0, at+".k2prime", "must not be negative")
	add(p.TStar < 0, at+".t_star", "must not be negative")
	for i, m := range p.Models {
		_, err := fit.ByName(m, p.K2Prime)
		add(err != nil, fmt.Sprintf("%s.models[%d]", at, i), "%v", err)
	}
}

// protocolOf returns the protocol whose expression matches one of the texts,
// the earlier text and then the earlier protocol first.
func (c Config) protocolOf(texts []string) (Protocol, bool) {
	for _, text := range texts {
		for _, p := range c.Protocols {
			if re, err := regexp.Compile("(?i)" + p.Match); err == nil && re.MatchString(text) {
				return p, true
			}
		}
	}
	return Protocol{}, false
}

// tracerTexts returns where the tracer of a series may be named, most telling
// first.
func tracerTexts(h ingest.Header, slots []ingest.Record) []string {
	texts := append([]string{}, h.Soft.TracerTexts...)
	if len(slots) == 0 {
		return texts
	}
	for _, part := range strings.FieldsFunc(slots[0].Key, func(r rune) bool { return r == '/' || r == '_' }) {
		if name, ok := strings.CutPrefix(strings.ToLower(part), "trc-"); ok {
			texts = append(texts, name)
		}
	}
	return texts
}

// reference returns the reference region of the protocol.
func (p Protocol) reference(tacs []extract.TAC) (extract.Region, error) {
	return Reference(p.Reference, tacs)
}

// Reference returns the region that a pattern of path.Match names, case
// ignored, a merged one before its parts.
func Reference(pattern string, tacs []extract.TAC) (extract.Region, error) {
	var found extract.Region
	merged := false
	var names []string
	for _, t := range tacs {
		names = append(names, string(t.Region))
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(string(t.Region)))
		if err != nil {
			return "", err
		}
		if isMerged := len(t.Parts) > 0; ok && (found == "" || isMerged && !merged) {
			found, merged = t.Region, isMerged
		}
	}
	if found == "" {
		return "", ingest.Reject(ingest.CodeReferenceAbsent, "no region is called like the reference %q; there are %s", pattern, strings.Join(names, ", "))
	}
	return found, nil
}

// fit runs the protocol's models on the curves. A model that cannot be fitted
// does not keep the others from being so; an error means that none could.
func (p Protocol) fit(curves extract.Curves) (extract.Region, []fit.Estimate, error) {
	reference, err := p.reference(curves.TACs)
	if err != nil {
		return "", nil, err
	}
	scan := fit.Scan{Frames: curves.Frames, TACs: curves.TACs, Reference: reference, HalfLife: curves.HalfLife}
	var all []fit.Estimate
	var errs []error
	for _, name := range p.Models {
		model, err := p.model(name)
		if err != nil {
			return reference, nil, err
		}
		estimates, err := model.Fit(scan)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		all = append(all, estimates...)
	}
	if len(all) == 0 {
		return reference, nil, ingest.Reject(ingest.CodeFit, "%v", errors.Join(errs...))
	}
	return reference, fit.Agree(all), nil
}

func (p Protocol) model(name string) (fit.Model, error) {
	model, err := fit.ByName(name, p.K2Prime)
	if err != nil || p.TStar == 0 {
		return model, err
	}
	switch m := model.(type) {
	case fit.Logan:
		m.TStar = time.Duration(p.TStar)
		return m, nil
	case fit.MRTM:
		m.TStar = time.Duration(p.TStar)
		return m, nil
	}
	return model, nil
}
