package stream

import (
	"crypto/sha256"

	"tacstream/ingest"
)

// A digest is the SHA-256 of an object's content.
type digest = [sha256.Size]byte

// A Content is an object of a series: the slots that its images fill and,
// once it was read, its digest.
type Content struct {
	Record *ingest.Record
	Slots  []int // by image, in the order of storage
	digest digest
}

// ContentsOf returns the objects of an assembly, in the order of their first
// slots.
func ContentsOf(a ingest.Assembly) []Content {
	list := make([]Content, 0, len(a.Slots))
	at := map[string]int{} // of multi-frame objects, by instance
	numbers := make([]int, len(a.Slots))
	for i := range a.Slots {
		r := &a.Slots[i]
		if r.Instance.Planes == nil {
			numbers[i] = i
			list = append(list, Content{Record: r, Slots: numbers[i : i+1 : i+1]})
			continue
		}
		n, known := at[r.Instance.SOPInstanceUID]
		if !known {
			n = len(list)
			at[r.Instance.SOPInstanceUID] = n
			list = append(list, Content{Record: r, Slots: make([]int, len(r.Instance.Planes.At))})
		}
		list[n].Slots[r.Instance.Plane] = i
	}
	return list
}
