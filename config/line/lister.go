package line

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

// A Lister walks the inboxes at start, when asked and every so often, and
// sends what the ledger lacks through the same door as every notice: stores
// drop notices, and nobody hears them while nothing runs.
type Lister struct {
	*Line
	every    time.Duration
	woken    chan struct{}
	requests requests
	again    map[string]int // by source: with which of its unreadable objects the next pass begins
}

// NewLister returns a lister that walks the inboxes every so often.
func NewLister(l *Line, every time.Duration) *Lister {
	return &Lister{Line: l, every: every, woken: make(chan struct{}, 1), again: map[string]int{}}
}

// listAgain is how long after a listing that failed the next one comes.
const listAgain = 5 * time.Second

// Ask has the places listed soon, or all inboxes at once where none is named.
func (l *Lister) Ask(places ...ingest.Place) {
	l.requests.ask(places...)
	select {
	case l.woken <- struct{}{}:
	default: // it is about to look
	}
}

// Run walks until ctx ends.
func (l *Lister) Run(ctx context.Context) error {
	l.each(ctx, l.list)
	return nil
}

// each calls list whenever places are to be listed, until ctx ends.
func (l *Lister) each(ctx context.Context, list func(context.Context, []ingest.Place)) {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	l.requests.ask()
	for ctx.Err() == nil {
		places, wait := l.requests.take()
		if len(places) > 0 {
			list(ctx, places)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-tick.C:
			l.requests.ask()
		case <-l.woken:
		}
		timer.Stop()
	}
}

// list compares places with the ledger, the zero Place being every inbox, and
// says what came of it. One that cannot be listed keeps no other from it and is
// listed again.
func (l *Lister) list(ctx context.Context, places []ingest.Place) {
	p := &pass{Lister: l, shares: map[string]*share{}}
	if slices.Contains(places, ingest.Place{}) {
		p.whole, places = true, nil
		for _, bucket := range l.Config.Inboxes() {
			places = append(places, ingest.Place{Bucket: bucket})
		}
	}
	var failed []ingest.Place
	var errs []error
	for _, place := range places {
		if err := p.visit(ctx, place); err != nil {
			failed, errs = append(failed, place), append(errs, err)
		}
	}
	if ctx.Err() != nil {
		return
	}
	if len(failed) > 0 {
		l.Log.WarnContext(ctx, "the inbox could not be listed whole, trying again", "err", errors.Join(errs...))
		l.requests.retry(listAgain, failed...)
	}
	if p.found > 0 {
		l.metrics.listed.Add(float64(p.found))
		l.Log.InfoContext(ctx, "listing found what no notice told", "objects", p.found)
	}
	for source, s := range p.shares {
		l.again[source] = s.next()
	}
}

// A pass is one comparison of the inboxes, or of a part of one, with the
// ledger.
type pass struct {
	*Lister
	whole  bool // of every inbox
	found  int  // notices that had to be sent
	shares map[string]*share
}

// visit compares a place with the ledger.
func (p *pass) visit(ctx context.Context, place ingest.Place) error {
	seen := map[jetstream.Folder]bool{}
	if err := p.walk(ctx, place, seen); err != nil {
		return err
	}
	return p.vanished(ctx, place, seen)
}

// walk lists a place, folder by folder. Keys come in order, so a folder is
// complete once a key outside it has come; memory holds the folders of one
// path only.
func (p *pass) walk(ctx context.Context, place ingest.Place, seen map[jetstream.Folder]bool) error {
	open := map[string][]ingest.Object{}
	flush := func(next string, all bool) error {
		for folder, objects := range open {
			if !all && (folder == "" || strings.HasPrefix(next, folder+"/")) {
				continue
			}
			f := jetstream.Folder{Bucket: place.Bucket, Name: folder}
			seen[f] = true
			if err := p.compare(ctx, f, objects, place.Prefix); err != nil {
				return err
			}
			delete(open, folder)
		}
		return nil
	}
	err := s3.Lister{Store: p.Store}.Walk(ctx, place.Bucket, place.Prefix, func(o ingest.Object) error {
		if ingest.Ours(o.Key) {
			return nil
		}
		if _, ok := open[o.Folder()]; !ok {
			if err := flush(o.Key, false); err != nil {
				return err
			}
		}
		open[o.Folder()] = append(open[o.Folder()], o)
		return nil
	})
	if err != nil {
		return err
	}
	return flush("", true)
}

// compare sends a notice of every object of a folder that the ledger does not
// know as it is, and of every object that it knows under the prefix and that is
// not there.
func (p *pass) compare(ctx context.Context, f jetstream.Folder, objects []ingest.Object, prefix string) error {
	known, err := p.Ledger.In(ctx, f)
	if err != nil {
		return err
	}
	for _, o := range objects {
		r, ok := known[o.Key]
		delete(known, o.Key)
		n := ingest.Notice{Bucket: o.Bucket, Key: o.Key, ETag: o.ETag, Size: o.Size}
		same := ok && r.ETag == o.ETag && r.Size == o.Size
		switch {
		case ok && r.Fault.Code == ingest.CodeUnreadable && (same || r.Size == 0):
			err = p.retry(ctx, n)
		case !same:
			err = p.send(ctx, n)
		}
		if err != nil {
			return err
		}
	}
	for key := range known {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if err := p.send(ctx, ingest.Notice{Bucket: f.Bucket, Key: key, Gone: true}); err != nil {
			return err
		}
	}
	return nil
}

// vanished looks after folders that the ledger knows and the listing did not
// show: nothing is left in them.
func (p *pass) vanished(ctx context.Context, place ingest.Place, seen map[jetstream.Folder]bool) error {
	var gone []jetstream.Folder
	err := p.Ledger.FoldersUnder(ctx, place, func(f jetstream.Folder) {
		if !seen[f] {
			seen[f] = true
			gone = append(gone, f)
		}
	})
	if err != nil {
		return err
	}
	for _, f := range gone {
		if err := p.compare(ctx, f, nil, place.Prefix); err != nil {
			return err
		}
	}
	return nil
}
