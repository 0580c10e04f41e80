package watchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// A Book is all that package watch asks of a ledger, and what its callers ask
// to learn which series a region source may serve.
type Book interface {
	watch.Ledger
	watch.Book
	watch.RegionWatcher
	// SeriesNear returns the series that look for regions in a folder, or in
	// the folder above unless the folder itself holds series.
	SeriesNear(ctx context.Context, bucket, folder string) ([]ingest.Token, error)
}

var _ Book = (*Ledger)(nil)

// A Ledger is a Book in memory. The zero value is empty. It is safe for
// concurrent use.
type Ledger struct {
	// After, where it is not nil, is called at the end of every call: what was
	// to be written is written, and the caller gets the error.
	After func() error

	mu       sync.Mutex
	seq      uint64
	records  map[slot]ingest.Record
	states   map[ingest.Token]ingest.State
	members  map[string]map[ingest.Token]watch.Member
	watchers map[place]map[ingest.Token]bool
	holding  map[place]bool // folders that hold series, or held one
}

// A slot is where the record of an object stands in one class.
type slot struct{ class, object string }

// A place is a folder of a bucket.
type place struct{ bucket, folder string }

// above returns the folder above; ok is false at the top.
func (p place) above() (up place, ok bool) {
	return place{p.bucket, ingest.FolderOf(p.folder)}, p.folder != ""
}

// end unlocks l and returns what After says.
func (l *Ledger) end() error {
	l.mu.Unlock()
	if l.After == nil {
		return nil
	}
	return l.After()
}

// next returns the sequence of what is written now.
func (l *Ledger) next() uint64 {
	l.seq++
	return l.seq
}

// put makes a map where there is none and sets one key of it.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// kept returns a value as it is read again: what is not written is gone, and
// nothing is shared with who wrote it.
func kept[T any](v T) T {
	var again T
	body, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(body, &again)
	}
	if err != nil {
		panic(err) // a ledger's values can be written
	}
	return again
}

// Find returns the last record of an object in any class.
func (l *Ledger) Find(_ context.Context, o ingest.Object) (found ingest.Record, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	for at, r := range l.records {
		if at.object == o.ID() && r.Seq > found.Seq {
			found = r
		}
	}
	return found, nil
}

// LastIn returns the Seq of the last record of an object in a class.
func (l *Ledger) LastIn(_ context.Context, class string, o ingest.Object) (seq uint64, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	return l.records[slot{class, o.ID()}].Seq, nil
}

// Append adds a record by compare-and-set.
func (l *Ledger) Append(_ context.Context, r ingest.Record, last uint64) (err error) {
	l.mu.Lock()
	at := slot{r.Class(), r.ID()}
	if l.records[at].Seq != last {
		l.mu.Unlock()
		return ingest.ErrConflict
	}
	defer func() { err = l.end() }()
	if r.Kind == ingest.KindSlice {
		for p, ok := (place{r.Bucket, r.Folder()}), true; ok; p, ok = p.above() {
			put(&l.holding, p, true)
		}
	}
	r = kept(r)
	r.Seq = l.next()
	put(&l.records, at, r)
	return nil
}

// Count returns how many records a series has.
func (l *Ledger) Count(_ context.Context, series ingest.Token) (n int, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	return len(l.of(string(series))), nil
}

// Load returns every record of a series, in the order in which they were written.
func (l *Ledger) Load(_ context.Context, series ingest.Token) (list []ingest.Record, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	return l.of(string(series)), nil
}

// of returns the records of a class, the oldest first.
func (l *Ledger) of(class string) []ingest.Record {
	var list []ingest.Record
	for at, r := range l.records {
		if at.class == class {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b ingest.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// State returns the state of a series.
func (l *Ledger) State(_ context.Context, series ingest.Token) (s ingest.State, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	s = l.states[series]
	s.Series = series
	return s, nil
}

// SetState replaces the state of a series by compare-and-set.
func (l *Ledger) SetState(_ context.Context, s ingest.State) (err error) {
	l.mu.Lock()
	if l.states[s.Series].Seq != s.Seq {
		l.mu.Unlock()
		return ingest.ErrConflict
	}
	defer func() { err = l.end() }()
	s = kept(s)
	s.Seq = l.next()
	put(&l.states, s.Series, s)
	return nil
}

// Members returns what is noted of the series of an examination.
func (l *Ledger) Members(_ context.Context, examination string) (list []watch.Member, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	for _, series := range slices.Sorted(maps.Keys(l.members[examination])) {
		list = append(list, l.members[examination][series])
	}
	return list, nil
}

// SetMember notes a series of an examination by compare-and-set.
func (l *Ledger) SetMember(_ context.Context, examination string, m watch.Member) (err error) {
	l.mu.Lock()
	if l.members[examination][m.Series].Seq != m.Seq {
		l.mu.Unlock()
		return ingest.ErrConflict
	}
	defer func() { err = l.end() }()
	m = kept(m)
	m.Seq = l.next()
	known := l.members[examination]
	put(&known, m.Series, m)
	put(&l.members, examination, known)
	return nil
}

// RegionsNear returns the present region sources in a folder and in those one
// level below it that hold no series.
func (l *Ledger) RegionsNear(_ context.Context, bucket, folder string) (near []ingest.Record, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	here := place{bucket, folder}
	for _, r := range l.of(ingest.ClassRegions) {
		at := place{r.Bucket, r.Folder()}
		up, below := at.above()
		if !r.Gone && (at == here || below && up == here && !l.holding[at]) {
			near = append(near, r)
		}
	}
	return near, nil
}

// Watch notes that a series looks for regions in a folder.
func (l *Ledger) Watch(_ context.Context, bucket, folder string, series ingest.Token) (err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	at := place{bucket, folder}
	here := l.watchers[at]
	put(&here, series, true)
	put(&l.watchers, at, here)
	return nil
}

// Unwatch takes the note of Watch back.
func (l *Ledger) Unwatch(_ context.Context, bucket, folder string, series ingest.Token) (err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	delete(l.watchers[place{bucket, folder}], series)
	return nil
}

// SeriesNear returns the series that a region source in a folder may serve.
func (l *Ledger) SeriesNear(_ context.Context, bucket, folder string) (near []ingest.Token, err error) {
	l.mu.Lock()
	defer func() { err = l.end() }()
	at := place{bucket, folder}
	found := maps.Clone(l.watchers[at])
	if up, ok := at.above(); ok && !l.holding[at] {
		for series := range l.watchers[up] {
			put(&found, series, true)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
