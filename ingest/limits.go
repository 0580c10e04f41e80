package ingest

// The default limits.
const (
	DefaultObjectBytes  = 16 << 30 // objects are streamed, never held
	DefaultRegionsBytes = 64 << 20
	DefaultHeaderBytes  = 64 << 20 // of a multi-frame object of 30,000 planes or more
)
