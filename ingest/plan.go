package ingest

import (
	"encoding/json"
	"slices"
)

// A Plan is everything beside its input that decides the result of a series. A
// revision is made with one, keeps it in its State and hands it on in its Job,
// so that what changes later in a configuration or in a release changes
// nothing that stands.
type Plan struct {
	// Protocol is the whole protocol of the tracer, as the configuration
	// encodes it; nil where no protocol matches.
	Protocol json.RawMessage `json:"protocol,omitempty"`
	// Decay is to what published curves are corrected for decay.
	Decay string `json:"decay,omitempty"`
	// Settings is the digest of Protocol and Decay.
	Settings string `json:"settings,omitempty"`
	// ResultsVersion changes whenever any byte of a result does.
	ResultsVersion string `json:"results_version,omitempty"`
	// Atlas is the key of the atlas that may serve the series, "" for none.
	Atlas string `json:"atlas,omitempty"`
}

// key tells plans apart that give other results.
func (p Plan) key() string { return p.Settings + "|" + p.ResultsVersion }

// LookFormula numbers the way in which State.Look is made. Formula 0 digested
// the settings and the version of the code too.
const LookFormula = 2

// An Ask is what the operator wants of a series.
type Ask string

// What the operator can ask for.
const (
	AskRedrive Ask = "redrive" // try again what failed
	AskRefit   Ask = "refit"   // replace a result by one of today's configuration
)

// Whole reports whether the series was whole when it was judged last.
func (s State) Whole() bool { return s.Look != "" }

// Unfinished reports whether a result is due: then a job exists.
func (s State) Unfinished() bool { return s.Look != "" && s.Done < s.Number }

// Stands reports whether the series has a result that rests on its present
// input.
func (s State) Stands() bool { return s.Look != "" && s.Done == s.Number }

// Waits reports whether the series may still change by itself once nothing has
// come for the quiet time: then a timer runs.
func (s State) Waits() bool {
	return s.Held || !s.Quiet && (s.Condition == Receiving || s.Outcome().lacksRegions())
}

// WantsProtocol reports whether all that is missing is a protocol for the
// tracer of the series. Earlier releases called that a failure.
func (s State) WantsProtocol() bool {
	return s.Stands() && (s.Result == Unfitted || s.Result == Failed && s.Why.Code == CodeNoProtocol)
}

// Outdated reports whether a result that stands was made otherwise than by a
// plan.
func (s State) Outdated(today Plan) bool {
	switch {
	case !s.Stands() || s.Result == Conflict || s.Result == Dead:
		return false
	case s.WantsProtocol() && len(today.Protocol) == 0:
		return false // it still waits for a protocol
	}
	return s.Plan.key() != today.key()
}

// mayFollow reports whether an unfinished revision may be made anew by another
// plan. Of two configurations side by side each gets its way once: otherwise
// they would raise each other's revisions for ever.
func (s State) mayFollow(today Plan) bool {
	switch {
	case len(today.Protocol) == 0 && len(s.Protocol) > 0:
		return false // a protocol that is missing takes nothing away
	case s.Formula < LookFormula:
		return true
	}
	return today.key() != s.Plan.key() && !slices.Contains(s.Tried, today.key())
}
