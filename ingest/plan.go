package ingest

import "encoding/json"

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

// Key tells plans apart that give other results.
func (p Plan) Key() string { return p.Settings + "|" + p.ResultsVersion }

// An Ask is what the operator wants of a series.
type Ask string

// What the operator can ask for.
const (
	AskRedrive Ask = "redrive" // try again what failed
	AskRefit   Ask = "refit"   // replace a result by one of today's configuration
)
