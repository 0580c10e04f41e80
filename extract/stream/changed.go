package stream

import "tacstream/ingest"

// A ChangedError means that an object is not what the ledger says: somebody is
// to look at it again, and what was read of the series is worth nothing.
type ChangedError struct {
	Object ingest.Object
	Cause  error // may be nil
}

// Error says so; it does not name the object.
func (e *ChangedError) Error() string {
	const text = "an object of the series has changed or gone while the series was read"
	if e.Cause != nil {
		return text + ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *ChangedError) Unwrap() error { return e.Cause }
