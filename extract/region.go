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
	if !usable(name) {
		return "", ingest.Reject(ingest.CodeRegionsUnreadable, "the name of region %d cannot be that of a column", index)
	}
	return Region(name), nil
}

// usable reports whether a region can be called so: the name of a column is
// text of moderate length, does not begin with a quote and means no time.
func usable(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name) && name[0] != '"' &&
		!strings.ContainsFunc(name, unicode.IsControl) && timeColumn(name) == notTime
}

// A meaning says what a column of a table of curves tells of time.
type meaning int

const (
	notTime  meaning = iota // a region
	start                   // in seconds
	end                     // in seconds
	duration                // in seconds
	ignored                 // what the others tell as well
)

// timeColumn returns what a column means, by the names that PETPrep, petfit
// and the PET extension of BIDS use.
func timeColumn(name string) meaning {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "")) {
	case "framestart", "frametimesstart":
		return start
	case "frameend":
		return end
	case "frameduration", "framedur":
		return duration
	case "framemid":
		return ignored
	}
	return notTime
}
