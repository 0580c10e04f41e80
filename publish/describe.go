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
	return fmt.Sprintf("%s  %-12s  %s", e.Data.about(), verb(e.Type), plain(e.Data.line()))
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

// Print writes an encoded event for people: estimates as a table, everything
// else as one line.
func Print(w io.Writer, body []byte) error {
	e, err := Decode(body)
	if err != nil {
		return err
	}
	return e.print(w)
}

func (e Event) print(w io.Writer) error {
	if d, ok := e.Data.(printing); ok {
		return d.print(w)
	}
	_, err := fmt.Fprintln(w, Describe(e))
	return err
}
