package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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
	broker *Broker
	packs  packCache
	index  packIndex
	size   ledgerSize
}

// Ledger returns the ledger.
func (b *Broker) Ledger() *Ledger { return &Ledger{broker: b} }

var (
	_ watch.Ledger = (*Ledger)(nil)
	_ watch.Book   = (*Ledger)(nil)
)

// Find returns the last record of an object in any class. One that left a class
// may be in the pack of another since.
func (l *Ledger) Find(ctx context.Context, o ingest.Object) (ingest.Record, error) {
	r, err := l.newest(ctx, o)
	if err != nil || r.Revision > 0 && !r.Gone {
		return r, err
	}
	packed, revision, err := l.findPacked(ctx, o)
	if err != nil || revision > r.Revision {
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
	if l.packs.noted(at + ".full") { // notes are never taken back
		return l.everywhere(ctx, o)
	}
	series, err := subjects(ctx, l.broker.ledger, at+".=s.*")
	if err != nil {
		return ingest.Record{}, err
	}
	if len(series) > fewClasses {
		l.packs.note(at + ".full")
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
		if r.Revision > newest.Revision {
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

// count returns how many messages there are under a filter.
func (l *Ledger) count(ctx context.Context, filter string) (int, error) {
	c, err := l.broker.reader(ctx, l.broker.ledger, []string{filter})
	if err != nil {
		return 0, err
	}
	return int(c.CachedInfo().NumPending), l.broker.drop(l.broker.ledger, c)
}

// LastIn returns the revision of the last record of an object in a class.
func (l *Ledger) LastIn(ctx context.Context, class string, o ingest.Object) (uint64, error) {
	r, err := l.record(ctx, objectSubject(class, o.ID()))
	return r.Revision, err
}

// Append adds a record. The folder is noted first: whoever comes by the folder
// must find the record.
func (l *Ledger) Append(ctx context.Context, r ingest.Record, last uint64) error {
	if err := l.note(ctx, r); err != nil {
		return err
	}
	_, err := l.put(ctx, objectSubject(r.Class(), r.ID()), r, last)
	return err
}

// note writes that the record's class is to be found in the record's folder.
func (l *Ledger) note(ctx context.Context, r ingest.Record) error {
	subject := treeSubject(r)
	if l.packs.noted(subject) {
		return nil
	}
	if err := l.write(ctx, subject, place{Bucket: r.Bucket, Folder: r.Folder()}); err != nil {
		return err
	}
	var err error
	switch r.Class() {
	case ingest.ClassRegions:
		err = l.offer(ctx, r.Bucket, r.Folder(), r.ID())
	case ingest.ClassOther:
	default:
		err = l.mark(ctx, r.Bucket, r.Folder())
	}
	if err != nil {
		return err
	}
	l.packs.note(subject)
	return nil
}

// A place is the body of a tree subject.
type place struct {
	Bucket string `json:"b"`
	Folder string `json:"f"`
}

// put writes v if the subject's last message is still number last, and
// returns its own number.
func (l *Ledger) put(ctx context.Context, subject string, v any, last uint64) (uint64, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	ack, err := l.broker.publish(ctx, &nats.Msg{Subject: subject, Data: body}, jetstream.WithExpectLastSequencePerSubject(last))
	if isWrongLast(err) {
		return 0, ingest.ErrConflict
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// isWrongLast reports whether a publish met a newer message: error 10071 on
// one server and 10164 in a cluster.
func isWrongLast(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == 10071 || api.ErrorCode == 10164)
}

// publish waits for the acknowledgement. A message whose acknowledgement is
// lost may have been stored: callers must be able to live with both.
func (b *Broker) publish(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, PublishWait)
	defer cancel()
	return b.js.PublishMsg(ctx, msg, append(opts, jetstream.WithRetryAttempts(5), jetstream.WithRetryWait(200*time.Millisecond))...)
}

// last returns the last message of a subject, which may hold wildcards, or
// nil where there is none.
func last(ctx context.Context, s jetstream.Stream, subject string) (*jetstream.RawStreamMsg, error) {
	msg, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return msg, err
}

func (l *Ledger) record(ctx context.Context, subject string) (ingest.Record, error) {
	var r ingest.Record
	msg, err := last(ctx, l.broker.ledger, subject)
	if err != nil || msg == nil {
		return r, err
	}
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return r, fmt.Errorf("ledger record %d: %w", msg.Sequence, err)
	}
	r.Revision = msg.Sequence
	return r, nil
}

// State returns the state of a series.
func (l *Ledger) State(ctx context.Context, series ingest.Token) (ingest.State, error) {
	s := ingest.State{Series: series}
	msg, err := last(ctx, l.broker.ledger, stateSubject(series))
	if err != nil || msg == nil {
		return s, err
	}
	if err := json.Unmarshal(msg.Data, &s); err != nil {
		return s, fmt.Errorf("series %s: state: %w", series, err)
	}
	s.Revision = msg.Sequence
	return s, nil
}

// SetState replaces the state of a series.
func (l *Ledger) SetState(ctx context.Context, s ingest.State) error {
	_, err := l.put(ctx, stateSubject(s.Series), s, s.Revision)
	return err
}

// Update changes the state of a series by compare-and-set until it takes.
// Change may be called several times; an error from it ends the attempt.
func (l *Ledger) Update(ctx context.Context, series ingest.Token, change func(*ingest.State) error) (ingest.State, error) {
	for {
		s, err := l.State(ctx, series)
		if err != nil {
			return s, err
		}
		if err := change(&s); err != nil {
			return s, err
		}
		err = l.SetState(ctx, s)
		if !errors.Is(err, ingest.ErrConflict) {
			return s, err
		}
		if ctx.Err() != nil {
			return s, ctx.Err()
		}
	}
}

// Load returns every record of a series, packed or not.
func (l *Ledger) Load(ctx context.Context, series ingest.Token) ([]ingest.Record, error) {
	// The pack is read first: records that are packed meanwhile are seen
	// twice rather than not at all.
	packed, err := l.pack(ctx, series)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(packed.Records))
	records := make([]ingest.Record, len(packed.Records))
	for i, r := range packed.Records {
		at[r.ID()], records[i] = i, r
	}
	share := newSharer()
	err = l.broker.scan(ctx, l.broker.ledger, []string{objectSubject(string(series), "*")}, func(msg jetstream.Msg, seq uint64) error {
		r, err := share.decode(msg.Data())
		if err != nil {
			return fmt.Errorf("ledger record %d: %w", seq, err)
		}
		r.Revision = seq
		// Outside the pack every object has one record.
		if i, known := at[lastToken(msg.Subject())]; !known {
			records = append(records, r)
		} else if records[i].Revision < seq {
			records[i] = r
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	again, err := l.packRevision(ctx, series)
	if err != nil {
		return nil, err
	}
	if again != packed.revision {
		return l.Load(ctx, series) // packed while it was read
	}
	return records, nil
}

// Count returns how many records of a series are not packed.
func (l *Ledger) Count(ctx context.Context, series ingest.Token) (int, error) {
	return l.count(ctx, objectSubject(string(series), "*"))
}
