package publish

import (
	"fmt"
	"slices"

	"tacstream/ingest"
)

// SeriesProgressed is the type of Progress: how far a series is. It may be lost.
const SeriesProgressed Type = "tacstream.series.progressed.v1"

// A Progress says how far the work on a series is. It may be lost, repeated
// and out of order.
type Progress struct {
	Cause Cause        `json:"cause"`
	Stage ingest.Stage `json:"stage" enum:"ingest,extract,fit,publish" doc:"What is being done."`
	Done  int          `json:"done" doc:"Slots received, objects read or models fitted."`
	Total int          `json:"total,omitempty" doc:"How many there will be; left out where not known."`
	Model string       `json:"model,omitempty" doc:"The model that was fitted last; left out where none was."`
}

// NewProgress returns the event that says how far a series is.
func NewProgress(c Cause, p Progress) (Event, error) {
	p.Cause = c
	if !isStage(p.Stage) {
		return Event{}, fmt.Errorf("stage: %w", ErrLabel)
	}
	id := c.ID(SeriesProgressed, string(p.Stage), fmt.Sprint(p.Done, " ", p.Total), p.Model)
	return newEvent(SeriesProgressed, id, &p)
}

func (p *Progress) line() string {
	line := fmt.Sprintf("%s: %d", p.Stage, p.Done)
	if p.Total > 0 {
		line += fmt.Sprintf(" of %d", p.Total)
	}
	if p.Model != "" {
		line += ", " + p.Model
	}
	return line
}

func (p *Progress) because() Cause      { return p.Cause }
func (p *Progress) about() ingest.Token { return p.Cause.Series }
func (p *Progress) channel() Channel {
	return Channel{"progress", Prefix + "{site}.progress.{series}", "How far a series is. Core NATS only: no stream keeps it."}
}

// ProgressSubject returns where the progress of a series goes. No stream keeps
// it.
func ProgressSubject(site ingest.Site, series ingest.Token) (string, error) {
	return subjectOf(&Progress{Cause: Cause{Site: site, Series: series}})
}

func isStage(s ingest.Stage) bool { return slices.Contains(ingest.Stages(), s) }
