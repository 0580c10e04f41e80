package regions

import (
	"path"
	"regexp"
	"strings"

	"tacstream/ingest"
)

// KindByName tells region sources by their names, as BIDS does.
func KindByName(key string) ingest.Kind {
	name := strings.ToLower(path.Base(key))
	switch {
	case ingest.IsLabels(key), IsProbabilities(key):
		return ingest.KindRegions
	case strings.HasSuffix(name, "dseg.tsv"), strings.HasSuffix(name, "probseg.tsv"):
		return ingest.KindLUT
	case IsTransform(key):
		return ingest.KindTransform
	}
	return ingest.KindOther
}

// toPET is the name of a transform from somewhere to PET, after BIDS.
var toPET = regexp.MustCompile(`(?:^|_)from-[^_]+_to-pet[^_]*(?:_.*)?_xfm\.(?:txt|tfm|mat|1d|lta)$`)

// IsTransform reports whether an object brings something into the space of a
// PET series by its name, as BIDS names it.
func IsTransform(key string) bool { return toPET.MatchString(strings.ToLower(path.Base(key))) }

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

// TableNames returns the keys of the look-up tables that may say what the
// regions of an image are called, the first one first: that of the same stem,
// and the one that all images in the folder share.
func TableNames(key string) []string {
	shared := "dseg.tsv"
	if IsProbabilities(key) {
		shared = "probseg.tsv"
	}
	folder, _ := path.Split(key)
	return []string{stem(key) + ".tsv", folder + shared}
}

// SetName returns what the keys of images share that hold one region each and
// belong together: they differ in nothing but its name.
func SetName(key string) string {
	folder, name := path.Split(key)
	return folder + label.ReplaceAllString(stem(name), "_")
}

func stem(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, ".gz"), ".nii")
}
