package ingest

import (
	"path"
	"regexp"
	"strings"
)

// kindByName tells region sources by their names, as BIDS does.
func kindByName(key string) Kind {
	name := strings.ToLower(path.Base(key))
	switch {
	case IsLabels(key), IsProbabilities(key):
		return KindRegions
	case strings.HasSuffix(name, "dseg.tsv"), strings.HasSuffix(name, "probseg.tsv"):
		return KindLUT
	case IsTransform(key):
		return KindTransform
	}
	return KindOther
}

// toPET is the name of a transform from somewhere to PET, after BIDS.
var toPET = regexp.MustCompile(`(?:^|_)from-[^_]+_to-pet[^_]*(?:_.*)?_xfm\.(?:txt|tfm|mat|1d|lta)$`)

// IsTransform reports whether an object brings something into the space of a
// PET series by its name, as BIDS names it.
func IsTransform(key string) bool { return toPET.MatchString(strings.ToLower(path.Base(key))) }

// IsLabels reports whether an object is a label image by its name, as BIDS
// names it.
func IsLabels(key string) bool {
	name := strings.ToLower(path.Base(key))
	return strings.HasSuffix(name, "dseg.nii") || strings.HasSuffix(name, "dseg.nii.gz")
}

// IsProbabilities reports whether an object holds the probabilities of regions
// by its name, as BIDS names it.
func IsProbabilities(key string) bool {
	name := strings.ToLower(path.Base(key))
	return strings.HasSuffix(name, "probseg.nii") || strings.HasSuffix(name, "probseg.nii.gz")
}

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
