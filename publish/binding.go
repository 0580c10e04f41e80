package publish

import (
	"cmp"
	"fmt"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A Binding holds what every model says of the regions of one series.
//
// An event longer than MaxEventBytes leaves out the estimates; LeftOut says
// so, and Files says which tables have them.
type Binding struct {
	Cause      Cause             `json:"cause"`
	Tracer     string            `json:"tracer" doc:"Label of the tracer, as in the subject."`
	Reference  extract.Region    `json:"reference" doc:"The reference region."`
	Units      map[string]string `json:"units" doc:"Unit of each parameter that occurs."`
	Models     []ModelEstimates  `json:"models"`
	LeftOut    []string          `json:"left_out,omitempty" enum:"estimates" doc:"What would make the event too long and is only in the files."`
	Warnings   []Warning         `json:"warnings,omitempty" doc:"Doubts about the whole scan."`
	Files      *Files            `json:"files,omitempty"`
	Supersedes string            `json:"supersedes,omitempty" doc:"Id of the event of the same series and kind whose place this one takes; left out where it is the first."`
}

// ModelEstimates are one model's estimates.
type ModelEstimates struct {
	Name           string     `json:"name" doc:"Of the model, such as srtm."`
	TStarS         *float64   `json:"t_star_s,omitempty" doc:"Start of the linear phase, s after model zero; left out where the model has none or regions differ."`
	EstimatesTotal int        `json:"estimates_total" doc:"Number of regions that were estimated."`
	Estimates      []Estimate `json:"estimates,omitempty"`
}

// An Estimate is what one model says of one region.
type Estimate struct {
	Region extract.Region `json:"region"`
	Values                // a parameter that the model does not have is left out
	SE     Values         `json:"se,omitzero" doc:"Standard errors; left out where the model gives none."`
	TStarS *float64       `json:"t_star_s,omitempty" doc:"Start of the linear phase, s after model zero, where regions differ."`
	AIC    *float64       `json:"aic,omitempty" doc:"Akaike's criterion; compare within a region and series only."`
	Voxels float64        `json:"voxels,omitempty" doc:"Effective number of voxels; left out where not known."`

	Warnings []Warning `json:"warnings,omitempty" doc:"Doubts about this estimate."`
}

// Values holds one number for each parameter, nil where there is none. Symbols
// are those of Innis et al. as fit.Symbol has them; Units has their units.
type Values struct {
	BPND    *float64 `json:"BPnd,omitempty" doc:"Binding potential, unitless."`
	R1      *float64 `json:"R1,omitempty" doc:"K1 over K1 of the reference, unitless."`
	K2      *float64 `json:"k2,omitempty" doc:"Efflux rate of the region, 1/min."`
	K2Prime *float64 `json:"k2prime,omitempty" doc:"Efflux rate of the reference, 1/min."`
	K2A     *float64 `json:"k2a,omitempty" doc:"Apparent efflux rate, 1/min."`
	DVR     *float64 `json:"DVR,omitempty" doc:"Distribution volume ratio, unitless."`
	K1      *float64 `json:"K1,omitempty" doc:"Influx rate from plasma, mL/cm3/min."`
	K3      *float64 `json:"k3,omitempty" doc:"Rate of binding, 1/min."`
	K4      *float64 `json:"k4,omitempty" doc:"Rate of release, 1/min."`
	VB      *float64 `json:"vB,omitempty" doc:"Fraction of the region that is blood, unitless."`
	VT      *float64 `json:"VT,omitempty" doc:"Total distribution volume, mL/cm3."`
	KI      *float64 `json:"Ki,omitempty" doc:"Net influx rate, mL/cm3/min from plasma and 1/min from a reference."`
}

// field returns where the number of a parameter is kept, nil for a symbol that
// events do not know.
func (v *Values) field(s fit.Symbol) **float64 {
	switch s {
	case fit.BPND:
		return &v.BPND
	case fit.R1:
		return &v.R1
	case fit.K2:
		return &v.K2
	case fit.K2Prime:
		return &v.K2Prime
	case fit.K2A:
		return &v.K2A
	case fit.DVR:
		return &v.DVR
	case fit.K1:
		return &v.K1
	case fit.K3:
		return &v.K3
	case fit.K4:
		return &v.K4
	case fit.VB:
		return &v.VB
	case fit.VT:
		return &v.VT
	case fit.KI:
		return &v.KI
	}
	return nil
}

// Unit returns the unit of a parameter.
func Unit(s fit.Symbol) string {
	switch s {
	case fit.K2, fit.K2Prime, fit.K2A, fit.K3, fit.K4, fit.KI:
		return "1/min"
	case fit.K1:
		return "mL/cm³/min"
	case fit.VT:
		return "mL/cm³"
	}
	return "unitless"
}

// NewBinding returns the event with the estimates of a result.
func NewBinding(r Result, files Files) (Event, error) {
	b := &Binding{
		Cause: r.Cause, Tracer: r.tracer(), Reference: r.Reference, Units: map[string]string{},
		Warnings: newWarnings(r.AllWarnings()), Files: files.orNil(),
	}
	voxels := map[extract.Region]float64{}
	for _, t := range r.Curves.TACs {
		voxels[t.Region] = t.Voxels
	}
	for _, group := range r.ByModel() {
		m, err := b.newModel(group, voxels)
		if err != nil {
			return Event{}, fmt.Errorf("series %s: %w", r.Cause.Series, err)
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
		e := Estimate{Region: g.Region, AIC: finite(g.AIC), Voxels: voxels[g.Region], Warnings: newWarnings(g.Warnings)}
		if !common {
			e.TStarS = tStarS(g.TStar)
		}
		for _, p := range g.Parameters {
			if e.Values.field(p.Symbol) == nil {
				return m, fmt.Errorf("model %s has a parameter that events do not know: %s", m.Name, p.Symbol)
			}
			*e.Values.field(p.Symbol), *e.SE.field(p.Symbol) = finite(p.Value), finite(p.SE)
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

func (b *Binding) because() Cause      { return b.Cause }
func (b *Binding) about() ingest.Token { return b.Cause.Series }
func (b *Binding) subject() (string, error) {
	return BindingSubject(b.Cause.Site, b.Tracer, b.Cause.Series)
}
