package fit

import "tacstream/ingest"

// The errors of this package. All of them are ingest.ErrRejected, and
// ingest.ReasonOf finds a code in them.
var (
	// ErrFrames means that frames and curves do not fit together, or that
	// frames are out of order, overlap or have no length.
	ErrFrames = ingest.NewSentinel(ingest.CodeTiming, "impossible frames")
	// ErrTooFewFrames means that the scan is too short for the model.
	ErrTooFewFrames = ingest.NewSentinel(ingest.CodeFit, "too few frames to fit")
	// ErrReference means that the reference curve is absent or empty.
	ErrReference = ingest.NewSentinel(ingest.CodeFit, "no usable reference curve")
	// ErrK2Prime means that k2′ is not given and cannot be estimated.
	ErrK2Prime = ingest.NewSentinel(ingest.CodeFit, "no usable k2′")
	// ErrValues means that a curve holds what is no number, or numbers beyond
	// any scale.
	ErrValues = ingest.NewSentinel(ingest.CodeFit, "impossible values in a curve")
	// ErrHalfLife means that the half-life is negative or shorter than a
	// second.
	ErrHalfLife = ingest.NewSentinel(ingest.CodeTiming, "impossible half-life")
	// ErrBlood means that the arterial input is absent or cannot serve.
	ErrBlood = ingest.NewSentinel(ingest.CodeFit, "no usable arterial input")
	// ErrSettings means that a model, a weighting or a number of draws that was
	// asked for does not exist.
	ErrSettings = ingest.NewSentinel(ingest.CodeSettings, "impossible settings")
)
