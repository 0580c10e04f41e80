package publish

import (
	"fmt"
	"strings"

	"tacstream/ingest"
)

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
	return line + RelativesLine(o.Relatives)
}

// RelativesLine says which series go with one, empty where none does or where the
// reason says it.
func RelativesLine(f ingest.Relatives) string {
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
