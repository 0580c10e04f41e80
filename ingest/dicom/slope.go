package dicom

// Slope returns the rescale slope of the slice: what a stored number of 1 more
// adds to a value.
func (s *Slice) Slope() float64 { return s.pixels.slope }

// SyntaxName returns the standard's name of a transfer syntax.
func SyntaxName(uid string) string { return nameOf(uid) }
