package cli

import (
	"context"
	"errors"
	"io"
)

// An env is what a command runs in.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	// See line.ServeOptions; both are zero but in tests.
	at      func(point string)
	release string
}

// errSilent fails a command that has already said why.
var errSilent = errors.New("failed")
