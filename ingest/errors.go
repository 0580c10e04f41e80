package ingest

import (
	"errors"
	"fmt"
)

// ErrRejected is wrapped by every error that no retry can cure: the input is
// at fault and a person must look at it. Any other error may pass with time.
var ErrRejected = errors.New("input rejected")

// ErrGeometry means that voxel positions make no sense.
var ErrGeometry = fmt.Errorf("impossible geometry: %w", ErrRejected)

// A Rejection is an error of class ErrRejected that carries a Reason, so that
// events can name the code and people can read the rest.
type Rejection struct{ Reason Reason }

// Error returns the code and the detail of the reason.
func (r *Rejection) Error() string { return r.Reason.String() }

// Unwrap makes every Rejection an ErrRejected.
func (r *Rejection) Unwrap() error { return ErrRejected }

// Reject returns a Rejection. The detail must not hold anything that
// identifies a person: no name, id, raw UID, object key or clock time.
func Reject(code Code, format string, args ...any) error {
	return &Rejection{Reason{Code: code, Detail: fmt.Sprintf(format, args...)}}
}

// ReasonOf returns the reason that err carries, or CodeInternal with a detail
// that says nothing of the input.
func ReasonOf(err error) Reason {
	var r *Rejection
	if errors.As(err, &r) {
		return r.Reason
	}
	return Reason{Code: CodeInternal, Detail: "see the worker's log"}
}
