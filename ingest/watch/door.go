package watch

import (
	"context"

	"tacstream/ingest"
)

// A Store holds objects. A read of a missing object is ErrGone.
type Store interface {
	// ReadPrefix returns the first n bytes of an object, or all of it if it
	// is shorter, and what the store says of it at that moment.
	ReadPrefix(ctx context.Context, bucket, key string, n int64) ([]byte, ingest.Object, error)
}

// A Classifier reads headers.
type Classifier interface {
	// Classify says what an object is of which prefix is the beginning.
	// Where the prefix is too short it returns the length that it needs.
	Classify(prefix []byte, size int64) (found ingest.Found, need int64)
	// HoldsRegions reports whether objects of a DICOM class hold regions.
	HoldsRegions(sopClassUID string) bool
	// SpaceOf returns the FrameOfReferenceUID in which the regions of a whole
	// object lie. An object without one is rejected.
	SpaceOf(data []byte) (string, error)
}

// A Ledger remembers what the bucket holds. Every method reads and writes at
// the ledger's leader, so that whoever appends and then reads sees at least
// what was appended before.
type Ledger interface {
	// Find returns the last record of an object in any class; Seq is 0
	// where there is none.
	Find(ctx context.Context, o ingest.Object) (ingest.Record, error)
	// Append adds the record if the last one of the same object in the same
	// class still has Seq last (0: there is none), else ErrConflict.
	Append(ctx context.Context, r ingest.Record, last uint64) error
	// LastIn returns the Seq of the last record of an object in a class.
	LastIn(ctx context.Context, class string, o ingest.Object) (uint64, error)
}

// A Door lets notices in. The same notice, however often it comes and through
// whichever way, has the same effect as once.
type Door struct {
	Store    Store
	Ledger   Ledger
	Classify Classifier
	Sites    ingest.Sites
	Limits   Limits
}

// Limits bound what one object may cost. The zero value means the defaults.
type Limits struct {
	ObjectBytes  int64 // an object; default DefaultObjectBytes
	RegionsBytes int64 // a region source as stored; default DefaultRegionsBytes
	HeaderBytes  int64 // the header of an object; default DefaultHeaderBytes
}

// maxConflicts bounds how often a decision is taken anew.
const maxConflicts = 20

// A Change names what a notice may have changed.
type Change struct {
	Series []ingest.Token // series of which a record was written or confirmed
	// Folder is where the object lies. RegionsIn means that a region source
	// came, changed or went there.
	Folder    string
	Bucket    string
	RegionsIn bool
	// Unusable means that the object serves for nothing, which was not stated of
	// it singly.
	Unusable bool
}

func (l Limits) objectBytes() int64  { return orDefault(l.ObjectBytes, ingest.DefaultObjectBytes) }
func (l Limits) regionsBytes() int64 { return orDefault(l.RegionsBytes, ingest.DefaultRegionsBytes) }
func (l Limits) headerBytes() int64  { return orDefault(l.HeaderBytes, ingest.DefaultHeaderBytes) }

func orDefault(v, d int64) int64 {
	if v <= 0 {
		return d
	}
	return v
}
