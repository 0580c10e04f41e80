package publish

import (
	"fmt"

	"tacstream/ingest"
)

// qualityChecked is a type of event that there is in tests alone: it shows
// what a new one takes, which is this file and a row.
const qualityChecked Type = "tacstream.quality.checked.v1"

// QualityChecked is its row.
var QualityChecked = Kind{
	Type: qualityChecked, Fact: "What somebody thinks of a series.", New: func() Data { return &quality{} },
	Only: map[string][]string{"verdict": {"good", "poor"}},
}

// quality is its data.
type quality struct {
	Cause      Cause  `json:"cause"`
	Tracer     string `json:"tracer"`
	Verdict    string `json:"verdict" doc:"In a word."`
	Supersedes string `json:"supersedes,omitempty"`
}

func (q *quality) because() Cause            { return q.Cause }
func (q *quality) about() ingest.Token       { return q.Cause.Series }
func (q *quality) labels() map[string]string { return map[string]string{"tracer": q.Tracer} }
func (q *quality) line() string              { return fmt.Sprintf("%s: %s", q.Tracer, q.Verdict) }

func (q *quality) channel() Channel {
	return Channel{"quality", Prefix + "{site}.quality.{tracer}.{series}", "Quality of a series."}
}

func (q *quality) superseding(id string) Data {
	c := *q
	c.Supersedes = id
	return &c
}

// NewQuality returns such an event.
func NewQuality(c Cause, tracer, verdict string) (Event, error) {
	return newEvent(qualityChecked, c.ID(qualityChecked, verdict), &quality{Cause: c, Tracer: tracer, Verdict: verdict})
}

// DecodeOf is Decode for more kinds than Kinds.
var DecodeOf = decode
