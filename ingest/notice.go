package ingest

// A Notice says that something happened to an object. It is a hint, never the
// truth: stores drop, repeat and reorder notices, so whoever gets one looks
// at the object itself.
type Notice struct {
	Bucket string
	Key    string
	// AltKey is the other way to decode the key, to be tried once where Key
	// names nothing; "" where both ways agree.
	AltKey string
	Gone   bool // the store says that the object was deleted
	ETag   string
	// Size is what tacstream's own store or listing says of the object, in
	// bytes. Of others' notices it is 0: several stores send wrong sizes.
	Size int64
	// Sure means that the object was looked for often enough: one that is not
	// there now counts as absent.
	Sure bool
}
