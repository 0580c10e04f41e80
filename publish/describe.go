package publish

import (
	"fmt"
	"io"
	"strings"

	"tacstream/ingest"
)

// Describe returns an event in one printable line.
func Describe(e Event) string {
	if e.Data == nil {
		return "no event"
	}
	return fmt.Sprintf("%s  %-12s  %s", e.Data.about(), verb(e.Type), plain(describe(e.Data)))
}

// verb is the part of a type that changes: estimated, or dead in fit.
func verb(t Type) string {
	parts := strings.Split(string(t), ".")
	if len(parts) != 4 {
		return plain(string(t))
	}
	if parts[2] == "dead" {
		return parts[1] + " dead"
	}
	return parts[2]
}

func describe(data Data) string {
	switch d := data.(type) {
	case *SeriesState:
		return stateDetail(d.outcome())
	case *Progress:
		return d.line()
	case *TACs:
		return fmt.Sprintf("%s and %s, %s%s", count(d.RegionsTotal, "region"), count(d.FramesTotal, "frame"), d.Units, doubts(len(d.Warnings)))
	case *Binding:
		return d.line()
	case *Failed:
		return d.Tracer + ": " + d.Reason.String()
	case *Withdrawn:
		return d.Tracer + ": " + d.Reason.String()
	case *Dead:
		return d.line()
	}
	return ""
}

// outcome returns what the event states.
func (s *SeriesState) outcome() ingest.Outcome {
	o := ingest.Outcome{
		Series: s.Cause.Series, Site: s.Cause.Site, Condition: s.State, Have: s.Counted.Have, Want: s.Counted.Want,
		Frames: s.Frames, Slices: s.Slices, Missing: s.Missing, Unverified: s.Unverified,
		Family: ingest.Family{Lead: s.Lead, Parts: s.Parts, Twins: s.Twins},
	}
	if s.Reason != nil {
		o.Reason = ingest.Reason{Code: s.Reason.Code, Detail: s.Reason.Detail}
	}
	return o
}

// StateLine returns an outcome in one printable line: the condition, how much
// there is, and why that does not suffice.
func StateLine(o ingest.Outcome) string {
	return plain(string(o.Condition) + ": " + stateDetail(o))
}

func stateDetail(o ingest.Outcome) string {
	line := count(o.Have, "slot") + " filled"
	if o.Want > 0 {
		line = fmt.Sprintf("%d of %d slots filled", o.Have, o.Want)
	}
	switch {
	case o.Condition == ingest.Absent:
		line = "no object is left"
	case o.Frames > 0 && o.Slices > 0:
		line += fmt.Sprintf(" (%s of %s)", count(o.Frames, "frame"), count(o.Slices, "slice"))
	}
	if o.Unverified {
		line += ", taken as whole: the header leaves the counts out"
	}
	if o.Reason.Code != "" {
		line += "; " + o.Reason.String()
	}
	return line + FamilyLine(o.Family)
}

// FamilyLine says which series go with one, empty where none does or where the
// reason says it.
func FamilyLine(f ingest.Family) string {
	line := ""
	if len(f.Parts) > 0 {
		line += "; fitted with the series that continue it: " + tokens(f.Parts)
	}
	if len(f.Twins) > 0 {
		line += "; other reconstructions of the same acquisition: " + tokens(f.Twins)
	}
	return line
}

func tokens(list []ingest.Token) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
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

func (d *Dead) line() string {
	line := d.Reason.String()
	if d.Count > 0 {
		line += fmt.Sprintf(" (%s)", count(d.Count, "object"))
	}
	if d.Attempts > 0 {
		line += fmt.Sprintf(" (%s)", count(d.Attempts, "attempt"))
	}
	return line + "; " + d.Redrive
}

func doubts(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + count(n, "warning")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Print writes an encoded event for people: estimates as a table, everything
// else as one line.
func Print(w io.Writer, body []byte) error {
	e, err := Decode(body)
	if err != nil {
		return err
	}
	if b, ok := e.Data.(*Binding); ok {
		return WriteTable(w, b)
	}
	_, err = fmt.Fprintln(w, Describe(e))
	return err
}
