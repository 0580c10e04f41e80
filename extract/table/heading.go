package table

import (
	"strings"

	"tacstream/extract"
)

// A meaning says what a column of a table of curves holds.
type meaning extract.TimeColumn

const (
	notTime  = meaning(extract.NotTime) // a region
	start    = meaning(extract.FrameStart)
	end      = meaning(extract.FrameEnd)
	duration = meaning(extract.FrameDuration)
	ignored  = meaning(extract.FrameMid) // what the others tell as well
)

// What a column can mean besides what TimeColumnOf knows.
const (
	weight      meaning = ignored + 1 + iota // of a frame
	scanName                                 // of petfit's table
	regionName                               // of petfit's table
	regionValue                              // of petfit's table
	regionMM3                                // of petfit's table
)

// A heading is what the name of a column says.
type heading struct {
	name  string // without the unit
	unit  string // as found in brackets or at the end of the name; "" where there is none
	means meaning
}

// readHeading reads the name of a column of a table with a row per frame.
// What is no time and no weight is a region.
func readHeading(text string) heading {
	if name, unit, ok := bracketed(text); ok {
		if m := wideMeaning(name); m != notTime {
			return heading{name, unit, m}
		}
		if _, factor := concentrationOf(unit); factor > 0 {
			return heading{name, unit, notTime}
		}
	}
	if m := wideMeaning(text); m != notTime {
		return heading{name: text, means: m}
	}
	if at := strings.LastIndexAny(text, "_ ."); at > 0 {
		_, known := timeUnitOf(text[at+1:])
		if m := wideMeaning(text[:at]); known && m != notTime {
			return heading{text[:at], text[at+1:], m}
		}
	}
	return heading{name: text}
}

// bracketed cuts "name[unit]" and "name (unit)".
func bracketed(text string) (name, unit string, ok bool) {
	for _, pair := range []string{"[]", "()"} {
		inner, closed := strings.CutSuffix(text, pair[1:])
		if at := strings.LastIndex(inner, pair[:1]); closed && at > 0 {
			return strings.TrimSpace(inner[:at]), strings.TrimSpace(inner[at+1:]), true
		}
	}
	return "", "", false
}

// wideMeaning returns what a column of a table with a row per frame means, by
// the names that PETPrep, petfit, kinfitr, PMOD and TPCCLIB use.
func wideMeaning(name string) meaning {
	switch plainly(name) {
	case "start", "starttime", "framestarttime":
		return start
	case "end", "endtime", "stop", "stoptime", "frametimesend", "frameendtime":
		return end
	case "dur", "duration":
		return duration
	case "mid", "midtime", "time", "times", "frame", "framenum", "framenumber", "frameindex":
		return ignored
	case "weight", "weights":
		return weight
	}
	return meaning(extract.TimeColumnOf(name))
}

// longMeaning returns what a column of a table with a row per region and frame
// means. Everything else that petfit writes of a scan is ignored.
func longMeaning(h heading) meaning {
	switch plainly(h.name) {
	case "pet":
		return scanName
	case "region":
		return regionName
	case "tac":
		return regionValue
	case "volumemm3":
		return regionMM3
	}
	if h.means == notTime {
		return ignored
	}
	return h.means
}

// plainly returns a name in lower case, without what joins its words.
func plainly(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}
