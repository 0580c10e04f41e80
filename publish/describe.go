package publish

import (
	"fmt"
	"io"
	"strings"
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
