package fit

import (
	"strings"

	"tacstream/extract"
)

// tissue reports whether a region is tissue of the brain, as far as its name
// tells. Other regions are fitted like any, but say nothing of what the regions
// share.
func tissue(name extract.Region) bool {
	for word := range strings.FieldsFuncSeq(string(name), func(r rune) bool { return strings.ContainsRune("-_. ", r) }) {
		switch strings.ToLower(word) { // as segmentations call what is no tissue
		case "csf", "ventricle", "ventricles", "vent", "choroid", "vessel", "vessels", "skull", "bone", "air", "aircavity", "cavity",
			"extracerebral", "background", "unknown":
			return false
		}
	}
	return true
}
