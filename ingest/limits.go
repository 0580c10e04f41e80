package ingest

import "time"

// The default times, and the longest.
const (
	DefaultAckWait   = time.Minute        // until an unfinished job or notice is handed out again
	DefaultQuietTime = 2 * time.Minute    // without news until a series is judged by what there is
	MaxQuietTime     = 7 * 24 * time.Hour // notices are not kept for much longer
)

// The default limits.
const (
	DefaultObjectBytes  = 16 << 30 // objects are streamed, never held
	DefaultRegionsBytes = 64 << 20
	DefaultHeaderBytes  = 64 << 20 // of a multi-frame object of 30,000 planes or more
)
