package phantom

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"strconv"
)

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

// digest is digest for a purpose within the series.
func (s Series) digest(purpose string, numbers ...int) (high, low uint64) {
	return digest(s.Seed, purpose+" "+s.Name, numbers)
}

// digest mixes a seed, a text and numbers into 128 bits of which every one
// depends on all of them.
func digest(seed uint64, text string, numbers []int) (high, low uint64) {
	b := strconv.AppendUint(nil, seed, 10)
	for _, n := range numbers {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(n), 10)
	}
	b = append(b, 0)
	b = append(b, text...)
	h := sha256.Sum256(b)
	return binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])
}
