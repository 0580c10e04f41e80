package jetstream

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// packsSubject holds which series were packed last, so that every process
// knows of all packs by one read.
const packsSubject = "_tac.ledger.packs"

// A packLog counts the packs that were written, and names the series of the last
// ones.
type packLog struct {
	Count  uint64         `json:"count"`
	Series []ingest.Token `json:"series"` // oldest first
}

const (
	// packLogged is how many packs back the log goes. Whoever missed more reads
	// the heads of all packs.
	packLogged = 64
	// packScan is how often the heads of all packs are read anyway: workers of an
	// earlier release write no log.
	packScan = 10 * time.Minute
)

// logPack tells every process of a new pack. It is told before the records that
// the pack replaces go.
func (l *Ledger) logPack(ctx context.Context, series ingest.Token) error {
	for {
		log, revision, err := l.packLog(ctx)
		if err != nil {
			return err
		}
		log.Count++
		log.Series = append(log.Series, series)
		log.Series = log.Series[max(0, len(log.Series)-packLogged):]
		if _, err := l.put(ctx, packsSubject, log, revision); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (l *Ledger) packLog(ctx context.Context) (log packLog, revision uint64, err error) {
	msg, err := last(ctx, l.broker.ledger, packsSubject)
	if err != nil || msg == nil {
		return log, 0, err
	}
	if err := json.Unmarshal(msg.Data, &log); err != nil {
		return log, 0, fmt.Errorf("the log of packs: %w", err)
	}
	return log, msg.Sequence, nil
}

// A packIndex says which packs may hold an object, without reading them.
type packIndex struct {
	mu      sync.Mutex
	count   uint64 // of the log, as far as the index goes
	scanned time.Time
	in      map[string]*packsIn       // by folder
	of      map[ingest.Token][]string // the folders of each pack
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

// mayHold returns the series whose packs may hold an object.
func (l *Ledger) mayHold(ctx context.Context, o ingest.Object) ([]ingest.Token, error) {
	log, _, err := l.packLog(ctx)
	if err != nil {
		return nil, err
	}
	x := &l.index
	x.mu.Lock()
	defer x.mu.Unlock()
	missed := log.Count - x.count
	switch {
	case x.in == nil, missed > uint64(len(log.Series)), time.Since(x.scanned) > packScan:
		err = l.scanPacks(ctx)
	default:
		for _, series := range log.Series[len(log.Series)-int(missed):] {
			var p pack
			if p, err = l.head(ctx, series); err == nil {
				err = l.indexPack(ctx, series, p)
			}
			if err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	x.count = log.Count
	return x.in[packFolder(o.Bucket, o.Folder())].with(markOf(o)), nil
}

// scanPacks indexes all packs.
func (l *Ledger) scanPacks(ctx context.Context) error {
	l.index.in, l.index.of = map[string]*packsIn{}, map[ingest.Token][]string{}
	now := time.Now()
	err := scan(ctx, l.broker.ledger, []string{packSubject("*")}, func(msg jetstream.Msg, seq uint64) error {
		p := pack{revision: seq}
		if err := json.Unmarshal(msg.Data(), &p); err != nil {
			return fmt.Errorf("ledger record %d: %w", seq, err)
		}
		return l.indexPack(ctx, ingest.Token(lastToken(msg.Subject())), p)
	})
	if err != nil {
		l.index.in = nil
		return err
	}
	l.index.scanned = now
	return nil
}

// indexPack puts a pack into the index. One that an earlier release wrote is read
// for it.
func (l *Ledger) indexPack(ctx context.Context, series ingest.Token, p pack) error {
	if p.Marks == nil && p.Parts > 0 {
		whole, err := l.pack(ctx, series)
		if err != nil {
			return err
		}
		p = whole
		p.index()
	}
	for _, folder := range l.index.of[series] {
		l.index.in[folder].remove(series)
	}
	l.index.of[series] = p.Folders
	for _, folder := range p.Folders {
		if l.index.in[folder] == nil {
			l.index.in[folder] = &packsIn{marks: map[ingest.Token]marks{}}
		}
		l.index.in[folder].add(series, p.Marks)
	}
	return nil
}

// index notes of a pack what others must know to pass it by.
func (p *pack) index() {
	folders := map[string]bool{}
	list := make([]uint32, 0, len(p.Records))
	p.Folders = nil
	for _, r := range p.Records {
		list = append(list, markOf(r.Object))
		if at := packFolder(r.Bucket, r.Folder()); !folders[at] {
			folders[at] = true
			p.Folders = append(p.Folders, at)
		}
	}
	slices.Sort(p.Folders)
	slices.Sort(list)
	p.Marks = make(marks, 0, 4*len(list))
	for _, mark := range slices.Compact(list) {
		p.Marks = binary.BigEndian.AppendUint32(p.Marks, mark)
	}
}

func packFolder(bucket, folder string) string { return hashName(bucket + "\x00" + folder) }

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
