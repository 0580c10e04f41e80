package regions

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/mgh"
	"tacstream/ingest/nifti"
)

// A Format is one kind of region source: a row of the table.
type Format struct {
	Name string // in words, such as "label image"
	Rank Rank
	// Wanted says what to put near a series, such as "a *dseg.nii[.gz] with its
	// .tsv", and Files how the names of such files end, empty for a format that
	// no name tells.
	Wanted string
	Files  []string
	// Named reports whether an object is of this format by its key. Nil for a
	// format that only the header of an object tells, for which ingest/dicom is
	// asked.
	Named func(key string) bool
	// Extension reports whether a file whose name does not say that it holds
	// regions is read as this format, by the end of its name.
	Extension func(key string) bool
	// IsTable reports whether an object is a look-up table for images of this
	// format by its key, and Tables returns the keys of the tables that may name
	// the regions of an image, the first one first. Nil for a format whose
	// objects name their regions themselves.
	IsTable func(key string) bool
	Tables  func(key string) []string
	// OwnNames returns what the regions of an image are called where there is no
	// table, nil where nothing says so.
	OwnNames func(key string) map[int32]string
	// Order orders the objects of this format that lie equally near, by their keys:
	// the one with the lowest serves. Nil for a format where the digest decides.
	Order func(key string) int
	// Grid returns the columns, rows and slices of an object, 0 where they are
	// not known.
	Grid func(data []byte) [3]int
	// Read reads an object; names says what its regions are called, for a format
	// with tables.
	Read func(image io.Reader, names map[int32]string) (ingest.Segmentation, error)
}

// A Rank orders the sources that lie equally near to a series: the one with the
// lowest serves.
type Rank int

// The ranks. Probabilities, and then what FreeSurfer made, serve only where
// nothing of a lower rank does, however near they lie.
const (
	RankDICOM Rank = iota
	RankLabels
	RankProbabilities
	RankFreeSurfer
	Ranks // their number
)

// formats returns the table. An object whose key none of the others names is
// read as the first one.
func formats() []Format {
	return []Format{
		{
			Name: "DICOM", Rank: RankDICOM, Wanted: "a DICOM SEG, label map or RTSTRUCT in the frame of reference of the series",
			Grid: dicom.Options{}.GridOf, Read: readDICOM,
		},
		{
			Name: "probabilities", Rank: RankProbabilities,
			Wanted: "probabilities *probseg.nii[.gz] with their .tsv or with _label-NAME_ in their names", Files: []string{"*probseg.nii", "*probseg.nii.gz"},
			Named: isProbabilities, Extension: isProbabilities,
			IsTable: endsIn("probseg.tsv"), Tables: besideNIfTI("probseg.tsv"), OwnNames: nameOfLabel,
			Grid: nifti.GridOf, Read: readProbabilities,
		},
		{
			Name: "label image", Rank: RankLabels,
			Wanted: "a *dseg.nii[.gz] with its .tsv", Files: []string{"*.nii", "*.nii.gz"},
			Named: ingest.IsLabels, Extension: isNIfTI,
			IsTable: endsIn("dseg.tsv"), Tables: besideNIfTI("dseg.tsv"), OwnNames: unknown,
			Grid: nifti.GridOf, Read: readLabels,
		},
		{
			Name: "FreeSurfer label image", Rank: RankFreeSurfer,
			Wanted: "a label image of FreeSurfer such as aparc+aseg.mgz", Files: []string{"*.mgz", "*.mgh"},
			Named: mgh.Named, Extension: mgh.Extension,
			IsTable: mgh.IsTable, Tables: mgh.Tables, OwnNames: mgh.Names, Order: mgh.Order,
			Grid: mgh.GridOf, Read: mgh.Read,
		},
	}
}

// Wanted says in words what can serve a series, and where it may lie.
func Wanted() string {
	list := formats()
	slices.SortStableFunc(list, func(a, b Format) int { return cmp.Compare(a.Rank, b.Rank) })
	var words []string
	for _, f := range list {
		words = append(words, f.Wanted)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last] + ", " + Near
}

// Near says where regions may lie.
const Near = "in the folder of the series, above it, or one folder below those"

// Images says how the names of images with regions end.
func Images() string {
	var ends []string
	for _, f := range formats() {
		ends = append(ends, f.Files...)
	}
	return strings.Join(ends, ", ")
}

// Named returns the format of an object whose key says that it holds regions.
func Named(key string) (Format, bool) {
	for _, f := range formats() {
		if f.Named != nil && f.Named(key) {
			return f, true
		}
	}
	return Format{}, false
}

// FormatOf returns the format by which an object with that key is read. The key
// may also be the name of a file with forward slashes.
func FormatOf(key string) Format {
	list := formats()
	for _, f := range list {
		if f.Extension != nil && f.Extension(key) {
			return f
		}
	}
	return list[0]
}

// IsTable reports whether an object is a look-up table by its key.
func IsTable(key string) bool {
	for _, f := range formats() {
		if f.IsTable != nil && f.IsTable(key) {
			return true
		}
	}
	return false
}

// OrderOf orders the objects of one format that lie equally near, by their keys.
func OrderOf(key string) int {
	if f := FormatOf(key); f.Order != nil {
		return f.Order(key)
	}
	return 0
}

// KindOf returns what an object is by its key: KindOther where the key says
// nothing.
func KindOf(key string) ingest.Kind {
	_, named := Named(key)
	switch {
	case named:
		return ingest.KindRegions
	case IsTable(key):
		return ingest.KindLUT
	case IsTransform(key):
		return ingest.KindTransform
	}
	return ingest.KindOther
}

// GridOf returns the columns, rows and slices of a region source, 0 where they
// are not known.
func GridOf(key string, data []byte) [3]int { return FormatOf(key).Grid(data) }
