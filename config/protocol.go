package config

import (
	"fmt"
	"path"
	"regexp"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A Protocol says what to do with the scans of one tracer. As JSON it is kept
// with every result, so names in JSON do not change.
type Protocol struct {
	Tracer        string              `yaml:"tracer" json:"tracer" doc:"Label in subjects and file names: lower-case letters, digits and hyphens."`
	Name          string              `yaml:"name" json:"name,omitempty" doc:"Name for display."`
	Match         string              `yaml:"match" json:"match,omitempty" doc:"Regular expression, case ignored, looked for in Radiopharmaceutical, its code meaning, SeriesDescription, ProtocolName and a trc- part of the key."`
	Reference     string              `yaml:"reference" json:"reference,omitempty" doc:"Name of the reference region; * and ? as in file names, case ignored; of several, separated by |, the first that exists is used. Left and right parts are merged first."`
	Models        []string            `yaml:"models" json:"models,omitempty" doc:"Models to run; see 'tacstream fit --help'."`
	K2PrimePerMin float64             `yaml:"k2prime,omitempty" json:"k2prime,omitempty" doc:"Efflux rate of the reference region in 1/min. Left out: estimated."`
	K2PrimeSD     float64             `yaml:"k2prime_sd,omitempty" json:"k2prime_sd,omitempty" doc:"Spread of k2prime in 1/min, as over a population; it goes into standard errors. Left out: k2prime counts as known."`
	K2PrimeFrom   []string            `yaml:"k2prime_from,omitempty" json:"k2prime_from,omitempty" doc:"Regions from which k2′ is estimated; * and ? as in file names, case ignored. Left out: regions of high binding that agree with each other."`
	TStar         Duration            `yaml:"t_star,omitempty" json:"t_star,omitempty" doc:"Start of the linear phase after injection, where the header says when that was and the curves agree, else after the start of the scan. Left out: chosen from the curves, one for all regions, not before 10 min."`
	Uncorrected   bool                `yaml:"allow_uncorrected,omitempty" json:"allow_uncorrected,omitempty" doc:"Also fit images without attenuation correction. BPND of regions at different depths is then not comparable."`
	Atlas         string              `yaml:"atlas,omitempty" json:"atlas,omitempty" doc:"Key of an atlas, a label image with its table in the series' bucket. Used for a series without regions of its own, after the quiet time, if an affine *_from-*_to-pet*_xfm.txt, .tfm, .mat, .1D or .lta is where regions would be."`
	Merge         map[string][]string `yaml:"merge,omitempty" json:"merge,omitempty" doc:"Regions to merge: new name to a list of names. Left and right parts are always merged."`
	Erode         map[string]float64  `yaml:"erode,omitempty" json:"erode,omitempty" doc:"Regions to erode: name or pattern to the depth in mm that is removed from every side. Left and right parts are eroded before they are merged."`
}

// DefaultProtocols returns the protocols that are shipped: the two tracers of
// the study of ketamine and NBQX.
func DefaultProtocols() []Protocol {
	models := []string{"srtm2", "srtm", "mrtm", "logan-ref"}
	const cerebellum = "*cerebell*cortex*|*cerebell*gr?y*|*cerebell*" // its grey matter where it is told apart
	return []Protocol{
		{Tracer: "az10419369", Name: "[11C]AZ10419369", Match: `az[-_ ]?10419369`, Reference: cerebellum, Models: models},
		{Tracer: "dasb", Name: "[11C]DASB", Match: `(^|[^a-z])dasb([^a-z]|$)`, Reference: cerebellum, Models: models},
	}
}

func (p Protocol) check(at string, add adder) {
	add(!label.MatchString(p.Tracer), at+".tracer", "%q is not a label; use lower-case letters, digits and hyphens", p.Tracer)
	_, err := regexp.Compile("(?i)" + p.Match)
	add(err != nil, at+".match", "not a valid regular expression: %v", err)
	add(p.Match == "", at+".match", "must not be empty, because it would match every scan")
	_, err = path.Match(p.Reference, "x")
	add(err != nil || p.Reference == "", at+".reference", "%q is not a valid pattern", p.Reference)
	add(len(p.Models) == 0, at+".models", "needs at least one model")
	add(p.Atlas != "" && !ingest.IsLabels(p.Atlas), at+".atlas", "%q must be the key of a *dseg.nii or *dseg.nii.gz", p.Atlas)
	add(p.K2PrimePerMin < 0, at+".k2prime", "must not be negative")
	add(!(p.K2PrimeSD >= 0 && 2*p.K2PrimeSD <= p.K2PrimePerMin), at+".k2prime_sd", "must lie between 0 and half of k2prime")
	add(p.K2PrimePerMin > 0 && len(p.K2PrimeFrom) > 0, at+".k2prime_from", "has no effect with k2prime; leave out one of them")
	for _, pattern := range p.K2PrimeFrom {
		_, err := path.Match(pattern, "x")
		add(err != nil || pattern == "", at+".k2prime_from", "%q is not a valid pattern", pattern)
	}
	add(p.TStar < 0, at+".t_star", "must not be negative")
	for name, mm := range p.Erode {
		_, err := path.Match(name, "x")
		add(err != nil || !(mm > 0), at+".erode", "%q by %g mm: needs a valid pattern and a depth above 0", name, mm)
	}
	for i, m := range p.Models {
		model, err := p.model(m, nil, 0)
		add(err != nil, fmt.Sprintf("%s.models[%d]", at, i), "%v", err)
		add(err == nil && model.Input().Arterial(), fmt.Sprintf("%s.models[%d]", at, i), "%s needs arterial blood, which the line does not have; use 'tacstream fit --blood' on the curves", m)
	}
}

// Rules returns what the protocol makes of regions.
func (p Protocol) Rules() extract.Rules { return extract.Rules{Merge: p.Merge, Erode: p.Erode} }

// Fit runs the protocol's models on the curves. A model that cannot be fitted
// does not keep the others from being so, and a warning names it; an error
// means that none could. Fitted is called after each model; it may be nil.
func (p Protocol) Fit(curves extract.Curves, fitted func(model string)) (reference extract.Region, all []fit.Estimate, failed []ingest.Warning, err error) {
	if err = p.usable(curves); err != nil {
		return "", nil, nil, err
	}
	if reference, err = extract.Reference(p.Reference, curves.TACs); err != nil {
		return "", nil, nil, err
	}
	injection, doubts := curves.InjectionTime()
	if p.TStar == 0 {
		doubts = nil
	}
	k2PrimeFrom := p.k2PrimeRegions(curves.TACs)
	var models []fit.Model
	for _, name := range p.Models {
		model, err := p.model(name, k2PrimeFrom, injection)
		if err != nil {
			return reference, nil, nil, err
		}
		models = append(models, announced{model, fitted})
	}
	all, failed, err = fit.All(models, fit.NewScan(curves, reference))
	return reference, all, append(failed, doubts...), err
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

// model returns the model of that name for scans with the injection at a time
// after model zero.
func (p Protocol) model(name string, k2PrimeFrom []extract.Region, injection time.Duration) (fit.Model, error) {
	return fit.ByName(name, fit.Settings{
		K2PrimePerMin: p.K2PrimePerMin, K2PrimeSDPerMin: p.K2PrimeSD, K2PrimeFrom: k2PrimeFrom, TStar: time.Duration(p.TStar), Injection: injection,
	})
}

// k2PrimeRegions returns the regions that k2′ is estimated from, nil where the
// protocol leaves that to the models. A pattern that matches no region stands for
// itself: without any region the models that need k2′ then fail, and say so.
func (p Protocol) k2PrimeRegions(tacs []extract.TAC) []extract.Region {
	var list []extract.Region
	for _, pattern := range p.K2PrimeFrom {
		found, err := extract.RegionsLike(pattern, tacs)
		if err != nil || len(found) == 0 {
			found = []extract.Region{extract.Region(pattern)}
		}
		list = append(list, found...)
	}
	return list
}

// An announced model says when it was fitted.
type announced struct {
	fit.Model
	fitted func(model string)
}

// Fit fits the model, and says so.
func (a announced) Fit(scan fit.Scan) ([]fit.Estimate, error) {
	if a.fitted != nil {
		defer a.fitted(a.Name())
	}
	return a.Model.Fit(scan)
}
