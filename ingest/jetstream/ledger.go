package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// A Ledger keeps, in one stream of which only the last message of each
// subject is held:
//
//	_tac.ledger.obj.<class>.<object>         the record of an object; the class
//	                                         is its series' token, or "regions",
//	                                         or "other"
//	_tac.ledger.tree.<bucket>.<folder>….=s.<series>   a series has objects there
//	_tac.ledger.tree.<bucket>.<folder>….=r.<object>   a region source is there
//	_tac.ledger.tree.<bucket>.<folder>….=o.<object>   another object is there
//	_tac.ledger.tree.<bucket>.<folder>….=h, =w, =c    see RegionsNear
//	_tac.ledger.state.<series>               the state of a series
//	_tac.ledger.study.<study>.<series>       whether a series of a study is whole
//	_tac.ledger.pack.<series>                the records of a finished series,
//	                                         packed into one (see Pack)
//	_tac.ledger.junk.<folder>.<code>         what was stated last of the objects of
//	                                         a folder that serve for nothing
//	_tac.ledger.packs                        which series were packed last
//	_tac.ledger.key                          by which key the tokens were made
//	_tac.ledger.format                       which notes the tree has
//
// Folders are hashed name by name, so that a subject filter finds everything
// beneath a folder.
//
// A Ledger is safe for concurrent use.
type Ledger struct {
	store
	notes
	packs   packs
	size    ledgerSize
	conn    *nats.Conn
	waiting func(error) // see Options
}

// Ledger returns the ledger.
func (b *Broker) Ledger() *Ledger {
	s := store{b.js, b.ledger}
	return &Ledger{store: s, notes: notes{store: s}, packs: packs{store: s}, conn: b.conn, waiting: b.opts.Waiting}
}

var (
	_ watch.Ledger        = (*Ledger)(nil)
	_ watch.Book          = (*Ledger)(nil)
	_ watch.RegionWatcher = (*Ledger)(nil)
)

// Find returns the last record of an object in any class. One that left a class
// may be in the pack of another since.
func (l *Ledger) Find(ctx context.Context, o ingest.Object) (ingest.Record, error) {
	r, err := l.newest(ctx, o)
	if err != nil || r.Seq > 0 && !r.Gone {
		return r, err
	}
	packed, seq, err := l.packs.find(ctx, o)
	if err != nil || seq > r.Seq {
		return packed, err
	}
	return r, nil
}

const (
	// manyClasses is from how many series that are not packed on a read in every
	// class costs more than one in each class of a folder.
	manyClasses = 1000
	// fewClasses is up to how many series of a folder are read one by one.
	fewClasses = 4
	// sizeEvery is how often the ledger's size is asked for.
	sizeEvery = 10 * time.Second
)

// newest returns the newest record of an object that is in no pack. The server
// looks at every class for a read of all: with thousands of series that are not
// packed it is cheaper to read those that the object's folder has a note of, as
// every record's has.
func (l *Ledger) newest(ctx context.Context, o ingest.Object) (ingest.Record, error) {
	large, err := l.large(ctx)
	if err != nil {
		return ingest.Record{}, err
	}
	if !large {
		return l.everywhere(ctx, o)
	}
	at := folderSubject(o.Bucket, o.Folder())
	if l.known.noted(at + ".full") { // notes are never taken back
		return l.everywhere(ctx, o)
	}
	series, err := subjects(ctx, l.stream, at+".=s.*")
	if err != nil {
		return ingest.Record{}, err
	}
	if len(series) > fewClasses {
		l.known.note(at + ".full")
		return l.everywhere(ctx, o)
	}
	classes := []string{ingest.ClassRegions, ingest.ClassOther}
	for _, note := range series {
		classes = append(classes, lastToken(note))
	}
	var newest ingest.Record
	for _, class := range classes {
		r, err := l.record(ctx, objectSubject(class, o.ID()))
		if err != nil {
			return r, err
		}
		if r.Seq > newest.Seq {
			newest = r
		}
	}
	return newest, nil
}

func (l *Ledger) everywhere(ctx context.Context, o ingest.Object) (ingest.Record, error) {
	return l.record(ctx, objectSubject("*", o.ID()))
}

// large reports whether many series are not packed, or were not a moment ago: a
// packed one has no class of its own.
func (l *Ledger) large(ctx context.Context) (bool, error) {
	l.size.Lock()
	defer l.size.Unlock()
	if !l.size.asked.IsZero() && time.Since(l.size.asked) < sizeEvery {
		return l.size.many, nil
	}
	series, err := l.count(ctx, stateSubject("*"))
	if err != nil {
		return false, err
	}
	packed, err := l.count(ctx, packSubject("*"))
	if err != nil {
		return false, err
	}
	l.size.asked, l.size.many = time.Now(), series-packed >= manyClasses
	return l.size.many, nil
}

// A ledgerSize says whether many series were not packed when that was asked last.
type ledgerSize struct {
	sync.Mutex
	asked time.Time
	many  bool
}

// LastIn returns the Seq of the last record of an object in a class.
func (l *Ledger) LastIn(ctx context.Context, class string, o ingest.Object) (uint64, error) {
	r, err := l.record(ctx, objectSubject(class, o.ID()))
	return r.Seq, err
}

// Append adds a record. The folder is noted first: whoever comes by the folder
// must find the record.
func (l *Ledger) Append(ctx context.Context, r ingest.Record, last uint64) error {
	if err := l.notes.add(ctx, r); err != nil {
		return err
	}
	_, err := l.put(ctx, objectSubject(r.Class(), r.ID()), r, last)
	return err
}

// State returns the state of a series.
func (l *Ledger) State(ctx context.Context, series ingest.Token) (ingest.State, error) {
	s := ingest.State{Series: series}
	msg, err := last(ctx, l.stream, stateSubject(series))
	if err != nil || msg == nil {
		return s, err
	}
	if err := json.Unmarshal(msg.Data, &s); err != nil {
		return s, fmt.Errorf("series %s: state: %w", series, err)
	}
	s.Seq = msg.Sequence
	return s, nil
}

// SetState replaces the state of a series.
func (l *Ledger) SetState(ctx context.Context, s ingest.State) error {
	_, err := l.put(ctx, stateSubject(s.Series), s, s.Seq)
	return err
}

// Update changes the state of a series by compare-and-set. Change is called
// again where another writer was faster, and an error from it ends the attempt.
// Where another writer is faster every time, Update returns ErrConflict.
func (l *Ledger) Update(ctx context.Context, series ingest.Token, change func(*ingest.State) error) (s ingest.State, err error) {
	err = settleConflicts(ctx, "series "+string(series)+": state", func() (bool, error) {
		var err error
		if s, err = l.State(ctx, series); err != nil {
			return false, err
		}
		if err := change(&s); err != nil {
			return false, err
		}
		return settled(l.SetState(ctx, s))
	})
	return s, err
}

// Count returns how many records of a series are not packed.
func (l *Ledger) Count(ctx context.Context, series ingest.Token) (int, error) {
	return l.count(ctx, objectSubject(string(series), "*"))
}

// Load returns every record of a series, packed or not. Where the series is
// packed anew every time it is read, Load returns ErrConflict.
func (l *Ledger) Load(ctx context.Context, series ingest.Token) ([]ingest.Record, error) {
	return l.packs.load(ctx, series)
}

// Pack replaces the records of a series by one pack that holds them. Records
// that come meanwhile stay beside it and win over it. Of objects that are gone
// only the newest record of all is kept: by its Seq a judge knows that what
// the ledger holds is no older than what was judged before.
func (l *Ledger) Pack(ctx context.Context, series ingest.Token) error {
	return l.packs.replace(ctx, series)
}
