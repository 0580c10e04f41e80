package publish

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tacstream/ingest"
)

// maxDetail bounds a text for people, in bytes.
const maxDetail = 600

// maxWarnings bounds the warnings of one list in an event.
const maxWarnings = 200

// A Warning is doubt about a number that exists.
type Warning struct {
	Code      ingest.Code  `json:"code" doc:"The rule, such as NOISE."`
	Level     ingest.Level `json:"level" enum:"notice,warn,doubt" doc:"notice: worth knowing; warn: look at it; doubt: do not rely on it."`
	Value     *float64     `json:"value,omitempty" doc:"What was found; its unit is in detail."`
	Threshold *float64     `json:"threshold,omitempty" doc:"What would have been right."`
	Detail    string       `json:"detail,omitempty" doc:"Plain words."`
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

// A Reason says why something is as it is.
type Reason struct {
	Code   ingest.Code `json:"code" doc:"For programs, such as REGIONS_ABSENT."`
	Detail string      `json:"detail,omitempty" doc:"For people."`
}

func newReason(r ingest.Reason) Reason { return Reason{Code: r.Code, Detail: plain(r.Detail)} }

// String returns the code and the detail in one printable line.
func (r Reason) String() string {
	return plain(ingest.Reason{Code: r.Code, Detail: r.Detail}.String())
}

// Files says where the files of a result lie.
type Files struct {
	Bucket string   `json:"bucket" doc:"The results bucket."`
	Prefix string   `json:"prefix" doc:"Folder of the files: the series, then the id of the result's event. It ends with a slash."`
	Curves string   `json:"curves,omitempty" doc:"Name of the table of all curves, after the prefix."`
	Names  []string `json:"names,omitempty" doc:"Names of all files, after the prefix."`
}

// orNil returns nil where there are no files.
func (f Files) orNil() *Files {
	if f.Prefix == "" {
		return nil
	}
	return &f
}

// finite returns nil for what is no number, so that it is left out.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// seconds returns d in s: the nearest number, so that 1221.66 s has no other
// digits.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }

// plain makes one printable line of a text and bounds its length.
func plain(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		s = s[:max(len(s)-1, 0)] + "…"
	}
	s = strings.ToValidUTF8(s, "�")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// reservedBytes are left for what an event is given later: its time and what it
// supersedes.
const reservedBytes = 128

// shrink leaves out what is longest, step by step, until the event is no
// longer than MaxEventBytes. Each step returns the name of what it left out.
func shrink(e Event, note func(string), steps ...func() string) (Event, error) {
	for _, step := range steps {
		body, err := e.Encode()
		if err != nil {
			return Event{}, err
		}
		if len(body) <= MaxEventBytes-reservedBytes {
			return e, nil
		}
		note(step())
	}
	_, err := e.Encode()
	return e, err
}
