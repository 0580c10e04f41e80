package publish

import (
	"strings"

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
}

// newWarnings returns the first maxWarnings. A rule that compares nothing has
// neither value nor threshold.
func newWarnings(list []ingest.Warning) []Warning {
	var all []Warning
	for _, w := range list[:min(len(list), maxWarnings)] {
		n := Warning{Code: w.Code, Level: w.Level, Detail: plain(w.Detail)}
		if w.Value != 0 || w.Threshold != 0 {
			n.Value, n.Threshold = finite(w.Value), finite(w.Threshold)
		}
		all = append(all, n)
	}
	return all
}

// line returns a warning in one printable line.
func (w Warning) line() string {
	return plain(string(w.Code) + ": " + w.Detail)
}

func codes(list []Warning) string {
	var all []string
	for _, w := range list {
		code := string(w.Code)
		if w.Level == "doubt" {
			code += "!"
		}
		all = append(all, code)
	}
	return plain(strings.Join(all, " "))
}
