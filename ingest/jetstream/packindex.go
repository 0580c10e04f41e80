package jetstream

import (
	"slices"
	"sync"
	"time"

	"tacstream/ingest"
)

// A packIndex says which packs may hold an object, without reading them.
type packIndex struct {
	mu      sync.Mutex
	count   uint64 // of the log, as far as the index goes
	scanned time.Time
	in      map[string]*packsIn       // by folder
	of      map[ingest.Token][]string // the folders of each pack
}

func (x *packIndex) reset() {
	x.in, x.of = map[string]*packsIn{}, map[ingest.Token][]string{}
}

// set notes the folders and marks of a series' pack instead of those it had.
func (x *packIndex) set(series ingest.Token, folders []string, m marks) {
	for _, folder := range x.of[series] {
		x.in[folder].remove(series)
	}
	x.of[series] = folders
	for _, folder := range folders {
		if x.in[folder] == nil {
			x.in[folder] = &packsIn{marks: map[ingest.Token]marks{}}
		}
		x.in[folder].add(series, m)
	}
}

// packsIn are the packs with objects of one folder.
type packsIn struct {
	marks map[ingest.Token]marks
	// by finds the pack of a mark where there are many; "" stands for several.
	by map[uint32]ingest.Token
}

// crowded is with how many packs a folder gets an index of marks.
const crowded = 8

// with returns the packs that may hold what has the mark.
func (in *packsIn) with(mark uint32) (list []ingest.Token) {
	if in == nil {
		return nil
	}
	if in.by != nil {
		series, ok := in.by[mark]
		if !ok {
			return nil
		}
		if series != "" {
			return []ingest.Token{series}
		}
	}
	for series, m := range in.marks {
		if m.has(mark) {
			list = append(list, series)
		}
	}
	slices.Sort(list)
	return list
}

func (in *packsIn) remove(series ingest.Token) {
	for mark := range in.marks[series].all() {
		if in.by[mark] == series {
			delete(in.by, mark)
		}
	}
	delete(in.marks, series)
}

func (in *packsIn) add(series ingest.Token, m marks) {
	in.marks[series] = m
	switch {
	case in.by != nil:
		in.note(series, m)
	case len(in.marks) > crowded:
		in.by = map[uint32]ingest.Token{}
		for series, m := range in.marks {
			in.note(series, m)
		}
	}
}

func (in *packsIn) note(series ingest.Token, m marks) {
	for mark := range m.all() {
		if other, taken := in.by[mark]; taken && other != series {
			in.by[mark] = ""
		} else {
			in.by[mark] = series
		}
	}
}
