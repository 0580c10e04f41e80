package regions

import (
	"path"
	"regexp"
	"strings"
)

// endsIn returns what reports whether a key ends in a name, in any case.
func endsIn(name string) func(key string) bool {
	return func(key string) bool { return strings.HasSuffix(strings.ToLower(path.Base(key)), name) }
}

// toPET is the name of a transform from somewhere to PET, after BIDS.
var toPET = regexp.MustCompile(`(?:^|_)from-[^_]+_to-pet[^_]*(?:_.*)?_xfm\.(?:txt|tfm|mat|1d|lta)$`)

// IsTransform reports whether an object brings something into the space of a
// PET series by its name, as BIDS names it.
func IsTransform(key string) bool { return toPET.MatchString(strings.ToLower(path.Base(key))) }

// label is a BIDS label, and a little more than BIDS allows.
var label = regexp.MustCompile(`(?:^|_)label-([A-Za-z0-9.+-]{1,100})_`)

// LabelOf returns the region that the name of an object says it holds, after
// BIDS: NAME of *_label-NAME_probseg.nii.gz, empty where it says none.
func LabelOf(key string) string {
	if found := label.FindStringSubmatch(path.Base(key)); found != nil {
		return found[1]
	}
	return ""
}

// SetName returns what the keys of images share that hold one region each and
// belong together: they differ in nothing but its name.
func SetName(key string) string {
	folder, name := path.Split(key)
	return folder + label.ReplaceAllString(stem(name), "_")
}

// standardSpace names the standard space that an object's name has as BIDS
// writes it, space-MNI152NLin6Asym, "" where it has none or a person's own.
func standardSpace(key string) string {
	for entity := range strings.SplitSeq(path.Base(key), "_") {
		space, found := strings.CutPrefix(entity, "space-")
		for _, known := range []string{"MNI", "Talairach", "fsaverage", "fsLR", "NMT", "D99", "INIA19"} {
			if found && strings.HasPrefix(strings.ToLower(space), strings.ToLower(known)) {
				return known
			}
		}
	}
	return ""
}

// besideNIfTI returns what names the tables of an image in NIfTI: that of the
// same stem, and the one that all images in the folder share.
func besideNIfTI(shared string) func(key string) []string {
	return func(key string) []string {
		folder, _ := path.Split(key)
		return []string{stem(key) + ".tsv", folder + shared}
	}
}

func stem(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, ".gz"), ".nii")
}
