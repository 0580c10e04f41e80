package publish

import (
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A Result is what one job has found out about a series: what events and files
// are made of.
type Result struct {
	Cause      Cause
	Tracer     string // label; "" means TracerUnknown
	TracerName string // as people write it, such as [11C]DASB
	Reference  extract.Region
	Curves     extract.Curves
	// Origin is the time to which curves are corrected for decay; "" means
	// Curves.DefaultOrigin.
	Origin    extract.Origin
	Estimates []fit.Estimate   // model by model
	Warnings  []ingest.Warning // of the scan, beside Curves.Warnings
}

// CorrectedTo returns the time to which the result's curves are corrected for
// decay.
func (r Result) CorrectedTo() extract.Origin {
	if r.Origin == "" {
		return r.Curves.DefaultOrigin()
	}
	return r.Origin
}

// AllWarnings returns the warnings of the curves and of the scan.
func (r Result) AllWarnings() []ingest.Warning {
	return append(append([]ingest.Warning{}, r.Curves.Warnings...), r.Warnings...)
}

// ByModel returns the estimates of each model, in the order in which the
// models come first.
func (r Result) ByModel() [][]fit.Estimate {
	at := map[string]int{}
	var groups [][]fit.Estimate
	for _, e := range r.Estimates {
		i, known := at[e.Model]
		if !known {
			i = len(groups)
			at[e.Model] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], e)
	}
	return groups
}
