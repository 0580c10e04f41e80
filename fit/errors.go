package fit

import (
	"fmt"

	"tacstream/ingest"
)

// A fault is a kind of error that no retry cures: an ingest.ErrRejected with a
// code.
type fault struct {
	code  ingest.Code
	words string
}

// The errors of this package. All of them are ingest.ErrRejected, and
// ingest.ReasonOf finds a code in them.
var (
	// ErrFrames means that frames and curves do not fit together, or that
	// frames are out of order, overlap or have no length.
	ErrFrames error = &fault{ingest.CodeTiming, "impossible frames"}
	// ErrTooFewFrames means that the scan is too short for the model.
	ErrTooFewFrames error = &fault{ingest.CodeFit, "too few frames to fit"}
	// ErrReference means that the reference curve is absent or empty.
	ErrReference error = &fault{ingest.CodeFit, "no usable reference curve"}
	// ErrK2Prime means that k2′ is not given and cannot be estimated.
	ErrK2Prime error = &fault{ingest.CodeFit, "no usable k2′"}
	// ErrValues means that a curve holds what is no number, or numbers beyond
	// any scale.
	ErrValues error = &fault{ingest.CodeFit, "impossible values in a curve"}
	// ErrHalfLife means that the half-life is negative or shorter than a
	// second.
	ErrHalfLife error = &fault{ingest.CodeTiming, "impossible half-life"}
	// ErrBlood means that the arterial input is absent or cannot serve.
	ErrBlood error = &fault{ingest.CodeFit, "no usable arterial input"}
	// ErrSettings means that a model, a weighting or a number of draws that was
	// asked for does not exist.
	ErrSettings error = &fault{ingest.CodeSettings, "impossible settings"}
)

// Error returns what is wrong.
func (f *fault) Error() string { return f.words }

// Unwrap makes a fault an ingest.ErrRejected with its code.
func (f *fault) Unwrap() error { return ingest.Reject(f.code, "%s", f.words) }

// A found fault is one of a kind, and says what was found.
type found struct {
	kind   error // a *fault
	detail string
}

// reject returns an error of a kind.
func reject(kind error, format string, args ...any) error {
	return &found{kind, fmt.Sprintf(format, args...)}
}

// Error returns what was found, and the kind of fault.
func (f *found) Error() string { return f.detail + ": " + f.kind.Error() }

// Is reports whether the fault is of a kind.
func (f *found) Is(kind error) bool { return f.kind == kind }

// Unwrap gives the fault the code of its kind, and its own words.
func (f *found) Unwrap() error { return ingest.Reject(ingest.ReasonOf(f.kind).Code, "%s", f.Error()) }
