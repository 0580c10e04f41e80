package ingest

import (
	"errors"
	"fmt"
)

// ErrRejected is found by errors.Is in every error that no retry can cure: the
// input is at fault and a person must look at it. Any other error may pass with
// time. Make such errors with Reject or NewSentinel, which give them a code;
// nothing else may wrap ErrRejected.
var ErrRejected = errors.New("input rejected")

// ErrGeometry means that voxel positions make no sense.
var ErrGeometry = NewSentinel(CodeGeometry, "impossible geometry")

// What a store may answer to a read, beside ErrGone. These say nothing of the
// object's contents, so that neither is an ErrRejected.
var (
	// ErrUnreadable means that the store knows the request for what it is and
	// will not hand the object out: the same request would fail again.
	ErrUnreadable = errors.New("the store does not hand the object out")
	// ErrAway means that there is no answer of any kind from the store.
	ErrAway = errors.New("the store is away")
	// ErrUnsure means that the store says that there is no such object, and that
	// nothing else says so: it must be looked for again.
	ErrUnsure = errors.New("the object may be gone")
)

// An Answer is an error of a store.
type Answer interface {
	error
	// HTTPStatus returns what the store answered, 0 for nothing.
	HTTPStatus() int
}

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

// ErrGone means that there is no object of that name.
var ErrGone = errors.New("object is gone")

// ErrConflict means that somebody else wrote first: read again, then decide
// again.
var ErrConflict = errors.New("the ledger has a newer record")

// UnreadableReason says what a store answered to a read.
func UnreadableReason(err error) Reason {
	var answer Answer
	if errors.As(err, &answer) && answer.HTTPStatus() >= 300 {
		return Reason{Code: CodeUnreadable, Detail: fmt.Sprintf("the store answers HTTP %d to a read", answer.HTTPStatus())}
	}
	return Reason{Code: CodeUnreadable, Detail: "the store's answers to a read break off"}
}
