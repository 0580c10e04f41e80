package publish

import (
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// maxWarnings bounds the warnings of one list in an event.
const maxWarnings = 200

// A Warning is doubt about a number that exists.
type Warning struct {
	Code      ingest.Code  `json:"code" doc:"The rule that was broken, such as NOISE."`
	Level     ingest.Level `json:"level" enum:"notice,warn,doubt" doc:"notice: worth knowing; warn: look at it; doubt: do not rely on it."`
	Value     *float64     `json:"value,omitempty" doc:"What was found; detail names its unit."`
	Threshold *float64     `json:"threshold,omitempty" doc:"The limit that value was compared with."`
	Detail    string       `json:"detail,omitempty" doc:"A whole sentence with the number and its unit; before results version 3 the end of a sentence that began with value."`

	Regions []extract.Region `json:"regions,omitempty" doc:"Of the estimates that share the warning, the first 100 regions; left out where these are all, or the warning is of one estimate or of the curves."`
	Models  []string         `json:"models,omitempty" doc:"Of the estimates that share the warning, the models; left out where these are all, or the warning is of one estimate or of the curves."`
}

// newWarning returns a warning as it goes out. A rule that compares nothing has
// neither value nor threshold.
func newWarning(w ingest.Warning) Warning {
	n := Warning{Code: w.Code, Level: w.Level, Detail: plain(w.Detail)}
	if w.Value != 0 || w.Threshold != 0 {
		n.Value, n.Threshold = finite(w.Value), finite(w.Threshold)
	}
	return n
}

// most returns the first maxWarnings.
func most(list []Warning) []Warning { return list[:min(len(list), maxWarnings)] }

// line returns a warning in one printable line.
func (w Warning) line() string {
	return plain(string(w.Code) + ": " + w.Detail)
}

// codes returns the codes that concern an estimate, in one printable text.
func (e Estimate) codes() string {
	var all []string
	for _, c := range e.Codes {
		all = append(all, string(c))
	}
	text := strings.Join(all, " ")
	if e.Level == ingest.LevelDoubt {
		text += " !"
	}
	return plain(text)
}
