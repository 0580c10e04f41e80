package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// The tree's notes by which regions and series find each other at a cost that
// does not grow with the bucket. Each stands at a folder:
//
//	=h                    a series lies in the folder or beneath it
//	=w.<series>           a series looks for regions there and one folder below
//	=c.<folder>.<object>  a region source is in that folder, one below, which
//	                      held no series when the source came
//
// =h is never taken back; whoever writes it for the first time takes the =c of
// that folder away.

var _ watch.RegionWatcher = (*Ledger)(nil)

// RegionsNear returns the present region sources and look-up tables in a
// folder and in the folders one level below it, except for those that hold
// series of their own: their regions belong to these.
func (l *Ledger) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	at := folderSubject(bucket, folder)
	here, err := l.regionsUnder(ctx, at+".=r.*")
	if err != nil {
		return nil, err
	}
	below, err := subjects(ctx, l.broker.ledger, at+".=c.*.*")
	if err != nil {
		return nil, err
	}
	owned := map[string]bool{}
	for _, name := range below {
		child, object, _ := strings.Cut(strings.TrimPrefix(name, at+".=c."), ".")
		held, known := owned[child]
		if !known {
			if held, err = l.holdsSeries(ctx, at+"."+child); err != nil {
				return nil, err
			}
			owned[child] = held
		}
		if held {
			continue
		}
		r, err := l.record(ctx, objectSubject(ingest.ClassRegions, object))
		if err != nil {
			return nil, err
		}
		if r.Revision > 0 && !r.Gone {
			here = append(here, r)
		}
	}
	return here, nil
}

// regionsUnder returns the present records that tree subjects lead to.
func (l *Ledger) regionsUnder(ctx context.Context, filter string) ([]ingest.Record, error) {
	names, err := subjects(ctx, l.broker.ledger, filter)
	if err != nil {
		return nil, err
	}
	var records []ingest.Record
	for _, name := range names {
		r, err := l.record(ctx, objectSubject(ingest.ClassRegions, lastToken(name)))
		if err != nil {
			return nil, err
		}
		if r.Revision > 0 && !r.Gone {
			records = append(records, r)
		}
	}
	return records, nil
}

// holdsSeries reports whether a series lies in a folder, which is given by its
// subject, or beneath it.
func (l *Ledger) holdsSeries(ctx context.Context, at string) (bool, error) {
	if l.packs.noted(at + ".=h") {
		return true, nil
	}
	msg, err := last(ctx, l.broker.ledger, at+".=h")
	if err != nil || msg == nil {
		return false, err
	}
	l.packs.note(at + ".=h")
	return true, nil
}

// SeriesNear returns the series that a region source in a folder may serve:
// those that look for regions there, or in the folder above unless the source's
// own folder holds series.
func (l *Ledger) SeriesNear(ctx context.Context, bucket, folder string) ([]ingest.Token, error) {
	at := folderSubject(bucket, folder)
	near, err := l.watchers(ctx, at)
	if err != nil || folder == "" {
		return near, err
	}
	held, err := l.holdsSeries(ctx, at)
	if err != nil || held {
		return near, err
	}
	above, err := l.watchers(ctx, above(at))
	for _, series := range above {
		if !slices.Contains(near, series) {
			near = append(near, series)
		}
	}
	return near, err
}

// watchers returns the series that look for regions in a folder.
func (l *Ledger) watchers(ctx context.Context, at string) ([]ingest.Token, error) {
	names, err := subjects(ctx, l.broker.ledger, at+".=w.*")
	list := make([]ingest.Token, len(names))
	for i, name := range names {
		list[i] = ingest.Token(lastToken(name))
	}
	return list, err
}

// above returns the subject of the folder above one that is not the top.
func above(at string) string { return at[:strings.LastIndexByte(at, '.')] }

func watchSubject(bucket, folder string, series ingest.Token) string {
	return folderSubject(bucket, folder) + ".=w." + string(series)
}

// Watch notes that a series looks for regions in a folder. The note is read each
// time: another process may have taken it back.
func (l *Ledger) Watch(ctx context.Context, bucket, folder string, series ingest.Token) error {
	subject := watchSubject(bucket, folder, series)
	msg, err := last(ctx, l.broker.ledger, subject)
	if err != nil || msg != nil {
		return err
	}
	return l.write(ctx, subject, place{Bucket: bucket, Folder: folder})
}

// Unwatch takes the note of Watch back, unless it has been written anew.
func (l *Ledger) Unwatch(ctx context.Context, bucket, folder string, series ingest.Token) error {
	subject := watchSubject(bucket, folder, series)
	msg, err := last(ctx, l.broker.ledger, subject)
	if err != nil || msg == nil {
		return err
	}
	return l.broker.ledger.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(msg.Sequence+1))
}

// write writes a note.
func (l *Ledger) write(ctx context.Context, subject string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = l.broker.publish(ctx, &nats.Msg{Subject: subject, Data: body})
	return err
}

// mark notes for a folder and those above it that they hold series.
func (l *Ledger) mark(ctx context.Context, bucket, folder string) error {
	for ; ; folder = folderAbove(folder) {
		at := folderSubject(bucket, folder)
		held, err := l.holdsSeries(ctx, at)
		if err == nil && !held {
			err = l.hold(ctx, at, place{Bucket: bucket, Folder: folder})
		}
		if err != nil {
			return err
		}
		if folder == "" {
			return nil
		}
	}
}

// hold marks one folder. Whoever was served by its regions from beside it no
// longer is, and is judged before the last trace of that is gone.
func (l *Ledger) hold(ctx context.Context, at string, p place) error {
	if err := l.write(ctx, at+".=h", p); err != nil {
		return err
	}
	if p.Folder != "" {
		if err := l.disown(ctx, at); err != nil {
			return err
		}
	}
	l.packs.note(at + ".=h")
	return nil
}

func (l *Ledger) disown(ctx context.Context, at string) error {
	child := above(at) + ".=c." + lastToken(at) + ".*"
	served, err := subjects(ctx, l.broker.ledger, child)
	if err != nil || len(served) == 0 {
		return err
	}
	watching, err := l.watchers(ctx, above(at))
	if err != nil {
		return err
	}
	for some := range slices.Chunk(watching, judgedAtOnce) {
		if err := l.broker.AskJudge(ctx, some...); err != nil {
			return err
		}
	}
	return l.broker.ledger.Purge(ctx, jetstream.WithPurgeSubject(child))
}

// judgedAtOnce bounds the body of one request to judge series.
const judgedAtOnce = 1000

// AskJudge has the intake judge series.
func (b *Broker) AskJudge(ctx context.Context, series ...ingest.Token) error {
	var body strings.Builder
	for _, s := range series {
		fmt.Fprintln(&body, s)
	}
	return b.Notify(ctx, requestJudge, []byte(body.String()))
}

// offer notes a region source at the folder above its own, unless its own holds
// series.
func (l *Ledger) offer(ctx context.Context, bucket, folder, object string) error {
	if folder == "" {
		return nil
	}
	at := folderSubject(bucket, folder)
	if held, err := l.holdsSeries(ctx, at); err != nil || held {
		return err
	}
	return l.write(ctx, above(at)+".=c."+lastToken(at)+"."+object, place{Bucket: bucket, Folder: folderAbove(folder)})
}

func folderAbove(folder string) string {
	return folder[:max(strings.LastIndexByte(folder, '/'), 0)]
}
