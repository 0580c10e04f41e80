package study

import "errors"

// The errors of this package. None of them can pass with time: the table or the
// design is at fault.
var (
	// ErrTooFew means that there are too few values for what was asked.
	ErrTooFew = errors.New("too few values")
	// ErrValues means that a value is not a number, lies beyond any scale, or where
	// the formula has no meaning, such as a BPND of 0 under a logarithm.
	ErrValues = errors.New("impossible values")
	// ErrConstant means that the values do not scatter at all. Measured values
	// always do, so that they were most likely copied; a test would give p = 0.
	ErrConstant = errors.New("values without any scatter")
	// ErrTies means that two changes are equally large or one is 0, so that the
	// exact distribution of ranks does not hold. SignFlip holds then.
	ErrTies = errors.New("equal or zero changes")
	// ErrNotIdentified means that the data do not determine what was asked, such as
	// VND where nothing was displaced.
	ErrNotIdentified = errors.New("not determined by the data")
	// ErrSettings means that a setting is impossible, such as a level of 2.
	ErrSettings = errors.New("impossible settings")
	// ErrDesign means that the design of the study contradicts itself.
	ErrDesign = errors.New("impossible design")
)
