package stream

import (
	"sync/atomic"

	"tacstream/ingest"
)

// Options say how the objects of a series are read.
type Options struct {
	Open    ingest.Opener
	Readers int // objects at a time
	// Progress is called whenever an object was read, by several readers at
	// once; it may be nil.
	Progress func(done, total int)

	read func() // counts an object
}

// counting returns the options with a count of the objects of all parts.
func (o Options) counting(parts []ingest.Assembly) Options {
	if o.Progress == nil {
		return o
	}
	total := 0
	for _, p := range parts {
		total += len(ContentsOf(p))
	}
	var done atomic.Int64
	o.read = func() { o.Progress(int(done.Add(1)), total) }
	return o
}

// one says that an object was read.
func (o Options) one() {
	if o.read != nil {
		o.read()
	}
}
