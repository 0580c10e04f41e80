// Package svg draws kinetic fits.
//
// A figure has a row for every region: the measured curve with what the models
// make of it, the weighted residuals, and the linear plots of graphical models.
// It is one SVG file that needs no font, script or style from elsewhere, scales
// with the page, and has the same bytes for the same figure.
//
// Names and other texts may be anything: they are escaped, what cannot be
// printed is replaced, and what is too long for its place is shortened.
package svg

import (
	"bytes"
	"io"
)

// Write writes a figure. Where the parts of a region do not fit together it
// writes nothing and returns ErrFigure with the name of the region.
func Write(w io.Writer, f Figure) error {
	if err := f.check(); err != nil {
		return err
	}
	var b bytes.Buffer
	newLayout(f).draw(&canvas{&b})
	_, err := w.Write(b.Bytes())
	return err
}
