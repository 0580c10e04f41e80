package ingest

import "fmt"

// A Sentinel is a kind of rejection: errors.Is finds it in every error that is
// made of it, all of these are ErrRejected, and ReasonOf finds its code in them.
type Sentinel struct {
	code  Code
	words string
}

// NewSentinel returns a kind of rejection with a code. The words say what is
// wrong; events show them, so that they name nothing of the input.
func NewSentinel(code Code, words string) *Sentinel { return &Sentinel{code, words} }

// Error returns the words.
func (s *Sentinel) Error() string { return s.words }

// Unwrap makes a Sentinel a Rejection with its code. An error that wraps a
// Sentinel by %w has the same Reason: the words of the Sentinel alone, so that
// the error may name what must not leave.
func (s *Sentinel) Unwrap() error { return &Rejection{Reason{s.code, s.words}} }

// With returns an error of the kind that also says what was found. ReasonOf
// gives that too, so the same holds for it as for the detail of Reject.
func (s *Sentinel) With(format string, args ...any) error {
	return &finding{s, fmt.Sprintf(format, args...) + ": " + s.words}
}

// Saying is With for a whole sentence, to which the words of the kind would add
// nothing.
func (s *Sentinel) Saying(format string, args ...any) error {
	return &finding{s, fmt.Sprintf(format, args...)}
}

// A finding is what was found, of one kind.
type finding struct {
	kind     *Sentinel
	sentence string
}

// Error returns the sentence.
func (f *finding) Error() string { return f.sentence }

// Is reports whether f is of that kind.
func (f *finding) Is(kind error) bool { return f.kind == kind }

// Unwrap makes f a Rejection with the code of its kind.
func (f *finding) Unwrap() error { return &Rejection{Reason{f.kind.code, f.Error()}} }
