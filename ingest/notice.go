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
}
