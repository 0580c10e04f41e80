package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"io"
	"path"
	"strings"
)

// An Object is one object in the store. Its ETag is opaque: that it changed
// is a reason to look, that it did not change proves nothing.
type Object struct {
	Bucket string `json:"b"`
	Key    string `json:"k"`
	ETag   string `json:"e,omitempty"`
	Size   int64  `json:"n,omitempty"`
}

// Folder returns the part of the key before its last slash, "" at the top.
func (o Object) Folder() string { return FolderOf(o.Key) }

// ID returns the name of the object in the ledger, whatever it holds.
func (o Object) ID() string {
	h := sha256.Sum256([]byte(o.Bucket + "\x00" + o.Key))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:15]))
}

// FolderOf returns the part of a key, or of the name of a folder, before its
// last slash, "" at the top.
func FolderOf(key string) string {
	if dir := path.Dir(key); dir != "." && dir != "/" {
		return strings.Trim(dir, "/")
	}
	return ""
}

// A Kind says what an object is to tacstream.
type Kind string

// The kinds of objects.
const (
	KindSlice   Kind = "slice"   // an instance of a PET series, sound or not
	KindRegions Kind = "regions" // a label image, probabilities or regions in DICOM
	KindLUT     Kind = "lut"     // the look-up table of such an image
	// KindTransform is what brings an atlas into the space of a series.
	KindTransform Kind = "transform"
	KindOther     Kind = "other" // anything else, with the reason in Fault
)

// A Record is what the ledger knows of one object.
type Record struct {
	Object
	Kind   Kind  `json:"kind"`
	Site   Site  `json:"site,omitempty"`
	Series Token `json:"series,omitempty"` // of a slice
	Token  Token `json:"token,omitempty"`  // of an object that is no slice, by which it is known outside
	Gone   bool  `json:"gone,omitempty"`   // the object was deleted, or is something else now
	From   Token `json:"from,omitempty"`   // the series that the object was part of before
	// Fault says why the object cannot serve as what it seems to be.
	Fault Reason `json:"fault,omitzero"`
	// Stated means that an event of its own said that the object serves for
	// nothing. It is no longer written: see Byproducts.
	Stated   bool      `json:"stated,omitempty"`
	Digest   string    `json:"digest,omitempty"` // SHA-256 of regions and what belongs to them, hex
	Space    string    `json:"space,omitempty"`  // FrameOfReferenceUID of regions in DICOM
	Grid     [3]int    `json:"grid,omitzero"`    // columns, rows and slices of regions, as far as they are known
	Instance *Instance `json:"inst,omitempty"`   // of a slice; a faulty one may lack facts
	Header   *Header   `json:"head,omitempty"`   // of a slice

	// Seq is this record's sequence in the ledger's stream. It is what a later
	// record of the same object must name to replace this one.
	Seq uint64 `json:"-"`
	// Packed means that the record is kept together with the others of its
	// series, so that Seq is 0 although there is a record.
	Packed bool `json:"-"`
}

// Class returns where the ledger keeps the record: with its series, or with
// the region sources, or with the rest.
func (r Record) Class() string {
	switch r.Kind {
	case KindSlice:
		return string(r.Series)
	case KindRegions, KindLUT, KindTransform:
		return ClassRegions
	default:
		return ClassOther
	}
}

// The classes that are no series.
const (
	ClassRegions = "regions"
	ClassOther   = "other"
)

// rejects reports whether a fault of one slice spoils its whole series. Other
// faults only leave the slice's slot empty.
func (c Code) rejects() bool {
	switch c {
	case CodeUnits, CodeSyntax, CodeTiming, CodeGeometry, CodeFrames, CodeProjection:
		return true
	}
	return false
}

// compareRecords orders records by what they hold, so that the choice between
// equals does not depend on the order of arrival.
func compareRecords(a, b *Record) int {
	return cmp.Or(cmp.Compare(a.uid(), b.uid()), cmp.Compare(a.ETag, b.ETag), cmp.Compare(a.Key, b.Key))
}

func (r *Record) uid() string {
	if r.Instance == nil {
		return ""
	}
	return r.Instance.SOPInstanceUID
}

// sound reports whether the object can fill its slot, as far as its header says.
func (r *Record) sound() bool {
	return r.Fault.Code == "" && r.Instance != nil && r.Header != nil && (r.Instance.Planes == nil || r.Instance.Planes.valid())
}

// Found is what a header says of its object.
type Found struct {
	PET      bool // an instance of a PET series
	Instance Instance
	Header   Header
	Fault    Reason // why the object cannot serve; always set where PET is false
}

// Ours reports whether an object is no input by its name: tacstream itself
// writes such into inboxes, or a desktop does beside what people copy.
func Ours(key string) bool {
	name := path.Base(key)
	switch name {
	case "status.json", ".DS_Store", "Thumbs.db", "desktop.ini":
		return true
	}
	return strings.HasPrefix(name, "._")
}

// An Opener begins to read an object, of which it returns the size. Its bytes
// must be those that the record describes.
type Opener func(ctx context.Context, r Record) (io.ReadCloser, int64, error)
