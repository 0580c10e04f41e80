package svg

import (
	"fmt"

	"tacstream/ingest"
)

// ErrFigure means that the parts of a figure do not fit together.
var ErrFigure = ingest.NewSentinel(ingest.CodeFit, "figure cannot be drawn")

// check returns an error that names the first region which cannot be drawn.
func (f Figure) check() error {
	for i, r := range f.Regions {
		if err := r.check(); err != nil {
			return fmt.Errorf("region %d, %q: %w: %w", i+1, shorten(plain(r.Name), maxName), err, ErrFigure)
		}
	}
	return nil
}

func (r Region) check() error {
	if err := r.checkFrames(); err != nil {
		return err
	}
	if r.Reference != nil && len(r.Reference) != len(r.StartMin) {
		return unequal("reference", len(r.Reference), len(r.StartMin))
	}
	seen := map[string]bool{}
	for _, m := range r.Models {
		name := shorten(plain(m.Name), maxName)
		if seen[m.Name] {
			return fmt.Errorf("model %q occurs twice", name)
		}
		seen[m.Name] = true
		if err := m.check(len(r.StartMin)); err != nil {
			return fmt.Errorf("model %q: %w", name, err)
		}
	}
	return nil
}

func (r Region) checkFrames() error {
	n := len(r.StartMin)
	if len(r.EndMin) != n {
		return unequal("frame ends", len(r.EndMin), n)
	}
	if len(r.Measured) != n {
		return unequal("measured", len(r.Measured), n)
	}
	for i, start := range r.StartMin {
		if !isNumber(start) || !isNumber(r.EndMin[i]) || r.EndMin[i] < start {
			return fmt.Errorf("frame %d lasts from %v to %v min", i+1, start, r.EndMin[i])
		}
	}
	return nil
}

func (m Model) check(frames int) error {
	if len(m.Fitted) != frames {
		return unequal("fitted", len(m.Fitted), frames)
	}
	if len(m.Residuals) != frames {
		return unequal("residuals", len(m.Residuals), frames)
	}
	if l := m.Line; l != nil && (len(l.X) != len(l.Y) || len(l.X) != len(l.Used)) {
		return fmt.Errorf("line: %d x, %d y and %d used, which should be equal", len(l.X), len(l.Y), len(l.Used))
	}
	return nil
}

func unequal(what string, have, frames int) error {
	return fmt.Errorf("%s: %d values for %d frames", what, have, frames)
}
