package fit

import (
	"strings"

	"tacstream/extract"
)

// beside are the words by which segmentations call what is no tissue of the
// brain. Such regions are fitted like any, but say nothing of what the others
// share.
var beside = map[string]bool{
	"csf": true, "ventricle": true, "ventricles": true, "vent": true, "choroid": true, "vessel": true, "vessels": true,
	"skull": true, "bone": true, "air": true, "aircavity": true, "cavity": true, "extracerebral": true,
	"background": true, "unknown": true,
}

// tissue reports whether a region is tissue of the brain, as far as its name
// tells.
func tissue(name extract.Region) bool {
	for word := range strings.FieldsFuncSeq(string(name), func(r rune) bool { return strings.ContainsRune("-_. ", r) }) {
		if beside[strings.ToLower(word)] {
			return false
		}
	}
	return true
}
