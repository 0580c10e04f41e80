package jetstream

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"iter"
	"sort"

	"tacstream/ingest"
)

// Marks are 32 bits of a hash of each of some objects, in order. What has a mark
// may be one of them; what has none of the marks is not.
type marks []byte

// markOf returns the mark of an object.
func markOf(o ingest.Object) uint32 {
	h := fnv.New64a()
	h.Write([]byte(o.ID()))
	sum := h.Sum64()
	return uint32(sum ^ sum>>32)
}

func (m marks) at(i int) uint32 { return binary.BigEndian.Uint32(m[4*i:]) }

func (m marks) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range len(m) / 4 {
			if !yield(m.at(i)) {
				return
			}
		}
	}
}

func (m marks) has(mark uint32) bool {
	_, ok := sort.Find(len(m)/4, func(i int) int { return cmp.Compare(mark, m.at(i)) })
	return ok
}
