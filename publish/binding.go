package publish

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// BindingEstimated is the type of Binding.
const BindingEstimated Type = "tacstream.binding.estimated.v1"

// A Binding holds what every model says of the regions of one series.
//
// An event longer than MaxEventBytes leaves out the estimates; LeftOut says
// so, and Files says which tables have them.
type Binding struct {
	Cause      Cause             `json:"cause"`
	Tracer     string            `json:"tracer" doc:"Label of the tracer, as in the subject."`
	Reference  extract.Region    `json:"reference" doc:"The reference region."`
	Units      map[string]string `json:"units" doc:"Unit of each parameter in this event."`
	Models     []ModelEstimates  `json:"models"`
	LeftOut    []string          `json:"left_out,omitempty" enum:"estimates" doc:"What was left out because the event would be too long; it is in the files."`
	Warnings   []Warning         `json:"warnings,omitempty" doc:"Doubts about the whole scan, and those that several estimates share, once each."`
	Files      *Files            `json:"files,omitempty"`
	Supersedes string            `json:"supersedes,omitempty" doc:"Id of the event that this one replaces, of the same series and kind; left out in the first."`
}

// ModelEstimates are one model's estimates.
type ModelEstimates struct {
	Name           string     `json:"name" doc:"Name of the model, such as srtm."`
	TStarS         *float64   `json:"t_star_s,omitempty" doc:"Start of the linear phase, s after model zero; left out where the model has none or regions differ."`
	EstimatesTotal int        `json:"estimates_total" doc:"Number of regions that were estimated."`
	Estimates      []Estimate `json:"estimates,omitempty"`
}

// An Estimate is what one model says of one region.
type Estimate struct {
	Region extract.Region `json:"region"`
	Values Values         `json:"-"` // in JSON fields of the estimate; a parameter that the model does not have is left out
	SE     Values         `json:"se,omitzero" doc:"Standard errors; left out where the model gives none."`
	TStarS *float64       `json:"t_star_s,omitempty" doc:"Start of the linear phase, s after model zero, where regions differ."`
	AIC    *float64       `json:"aic,omitempty" doc:"Akaike's information criterion; comparable within one region of one series only."`
	Voxels float64        `json:"voxels,omitempty" doc:"Effective number of voxels; left out where not known."`

	Codes    []ingest.Code `json:"codes,omitempty" doc:"Code of every warning that concerns this estimate, those of the scan that it shares with others among them."`
	Level    ingest.Level  `json:"level,omitempty" enum:"notice,warn,doubt" doc:"Gravest level of those warnings; left out where there is none. doubt: do not rely on it."`
	Warnings []Warning     `json:"warnings,omitempty" doc:"Doubts about this estimate alone."`
}

// NewBinding returns the event with the estimates of a result.
func NewBinding(r Result, files Files) (Event, error) {
	b := &Binding{
		Cause: r.Cause, Tracer: r.tracer(), Reference: r.Reference, Units: map[string]string{},
		Files: files.orNil(),
	}
	var alone map[spot][]Warning
	b.Warnings, alone = statements(r.AllWarnings(), r.Estimates)
	voxels := map[extract.Region]float64{}
	for _, t := range r.Curves.TACs {
		voxels[t.Region] = t.Voxels
	}
	for _, group := range r.ByModel() {
		m, err := b.newModel(group, voxels)
		if err != nil {
			return Event{}, fmt.Errorf("series %s: %w", r.Cause.Series, err)
		}
		for i := range m.Estimates {
			m.Estimates[i].Warnings = alone[spot{m.Estimates[i].Region, m.Name}]
		}
		b.Models = append(b.Models, m)
	}
	e, err := newEvent(BindingEstimated, r.Cause.ID(BindingEstimated), b)
	if err != nil {
		return Event{}, err
	}
	return shrink(e, func(what string) { b.LeftOut = append(b.LeftOut, what) },
		func() string {
			for i := range b.Models {
				b.Models[i].Estimates = nil
			}
			return "estimates"
		})
}

func (r Result) tracer() string { return cmp.Or(r.Tracer, TracerUnknown) }

// newModel returns the estimates of one model.
func (b *Binding) newModel(group []fit.Estimate, voxels map[extract.Region]float64) (ModelEstimates, error) {
	m := ModelEstimates{Name: group[0].Model, EstimatesTotal: len(group)}
	tStar, common := commonTStar(group)
	if common {
		m.TStarS = tStarS(tStar)
	}
	for _, g := range group {
		e := Estimate{Region: g.Region, Values: Values{}, SE: Values{}, AIC: finite(g.AIC), Voxels: voxels[g.Region]}
		e.Codes, e.Level = ingest.CodesOf(g.Warnings), gravest(g.Warnings)
		if !common {
			e.TStarS = tStarS(g.TStar)
		}
		for _, p := range g.Parameters {
			if _, known := p.Symbol.Quantity(); !known {
				return m, fmt.Errorf("model %s has a parameter that events do not know: %s", m.Name, p.Symbol)
			}
			e.Values.set(p.Symbol, p.Value)
			e.SE.set(p.Symbol, p.SE)
			b.Units[string(p.Symbol)] = Unit(p.Symbol)
		}
		m.Estimates = append(m.Estimates, e)
	}
	return m, nil
}

// commonTStar returns the start of the linear phase if all regions share it.
func commonTStar(group []fit.Estimate) (time.Duration, bool) {
	for _, e := range group {
		if e.TStar != group[0].TStar {
			return 0, false
		}
	}
	return group[0].TStar, true
}

func tStarS(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	return finite(seconds(d))
}

func (b *Binding) line() string {
	var models []string
	warned := len(b.Warnings)
	for _, m := range b.Models {
		models = append(models, fmt.Sprintf("%s in %s", m.Name, count(m.EstimatesTotal, "region")))
		for _, e := range m.Estimates {
			warned += len(e.Warnings)
		}
	}
	return fmt.Sprintf("%s: %s against %s%s", b.Tracer, strings.Join(models, ", "), b.Reference, doubts(warned))
}

func (b *Binding) because() Cause                  { return b.Cause }
func (b *Binding) about() ingest.Token             { return b.Cause.Series }
func (b *Binding) channel() Channel                { return bindingChannel() }
func (b *Binding) result() (ingest.Result, *Files) { return ingest.Estimated, b.Files }
func (b *Binding) labels() map[string]string       { return map[string]string{"tracer": b.Tracer} }

func (b *Binding) superseding(id string) Data {
	c := *b
	c.Supersedes = id
	return &c
}

// bindingChannel carries the results of a series. Estimates, failures and
// withdrawals share it, so that their order is kept.
func bindingChannel() Channel {
	return Channel{"binding", Prefix + "{site}.binding.{tracer}.{series}", "Results of a series, in order: the last one holds."}
}

// BindingSubject returns where the results of a series go.
func BindingSubject(site ingest.Site, tracer string, series ingest.Token) (string, error) {
	return subjectOf(&Binding{Cause: Cause{Site: site, Series: series}, Tracer: tracer})
}

// AnyBindingSubject matches the results of a series under whichever tracer.
func AnyBindingSubject(site ingest.Site, series ingest.Token) (string, error) {
	return bindingChannel().with("tracer", "*").subject(labelsOf(&Binding{Cause: Cause{Site: site, Series: series}}))
}
