package phantom

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// random returns the randomness for a purpose, with numbers that tell its uses
// apart.
func (s Series) random(purpose string, numbers ...int) *rand.Rand {
	high, low := s.digest(purpose, numbers...)
	return rand.New(rand.NewPCG(high, low))
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
