package extract

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tacstream/ingest"
)

// A Region is the name of a region, as its look-up table spells it.
type Region string

// maxNameBytes bounds the name of a region.
const maxNameBytes = 200

// nameOf returns the name of an index, and an error where it cannot be the
// name of a column in a table.
func nameOf(name string, index int32) (Region, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return Region(fmt.Sprintf("label-%d", index)), nil
	}
	if !UsableName(name) {
		return "", ingest.Reject(ingest.CodeRegionsUnreadable, "the name of region %d cannot be a column name; it must be text without tabs", index)
	}
	return Region(name), nil
}

// UsableName reports whether a region can be called so: the name of a column is
// text of moderate length, does not begin with a quote and means no time.
func UsableName(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name) && name[0] != '"' &&
		!strings.ContainsFunc(name, unicode.IsControl) && TimeColumnOf(name) == NotTime
}

// A TimeColumn is what a column of a table of curves tells of the time of the
// frames.
type TimeColumn int

// What a column can tell of time.
const (
	NotTime TimeColumn = iota // nothing: the column is a region's
	FrameStart
	FrameEnd
	FrameDuration
	FrameMid
)

// TimeColumnOf returns what a column tells of time, by the names that PETPrep,
// petfit and the PET extension of BIDS use.
func TimeColumnOf(name string) TimeColumn {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "")) {
	case "framestart", "frametimesstart":
		return FrameStart
	case "frameend":
		return FrameEnd
	case "frameduration", "framedur":
		return FrameDuration
	case "framemid":
		return FrameMid
	}
	return NotTime
}
