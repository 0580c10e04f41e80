package config

import (
	"fmt"
	"regexp"
)

// A Fault is one thing wrong with a configuration.
type Fault struct {
	Path string // such as sites[0].bucket
	What string
	Line int // in the file; 0 where there is none
}

// Error returns the fault in one line.
func (f Fault) Error() string {
	if f.Line > 0 {
		return fmt.Sprintf("line %d: %s: %s", f.Line, f.Path, f.What)
	}
	return f.Path + ": " + f.What
}

// An adder notes a fault at a path if bad is true.
type adder func(bad bool, path, format string, args ...any)

// label is what names in subjects look like.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)
