package phantom

import "math/big"

// SeriesInstanceUID returns the UID that all slices of the series carry.
func (s Series) SeriesInstanceUID() string { return s.filled().uid("series " + s.Name) }

// StudyInstanceUID returns the UID of the study that the series is part of.
func (s Series) StudyInstanceUID() string {
	s = s.filled()
	return s.uid("study " + s.StudyName)
}

// uid returns a UID that depends on the seed, the purpose and the numbers. It
// has at most 64 characters.
func (s Series) uid(purpose string, numbers ...int) string {
	high, low := digest(s.Seed, purpose, numbers)
	n := new(big.Int).SetUint64(high)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(low))
	digits := n.String()
	return s.UIDRoot + "." + digits[:min(len(digits), 64-len(s.UIDRoot)-1)]
}
