package jetstream

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// Notes are what the tree says, by which regions and series find each other at a cost that
// does not grow with the bucket. Each stands at a folder:
//
//	=h                    a series lies in the folder or beneath it
//	=w.<series>           a series looks for regions there and one folder below
//	=c.<folder>.<object>  a region source is in that folder, one below, which
//	                      held no series when the source came
//
// =h is never taken back; whoever writes it for the first time takes the =c of
// that folder away. Besides, each record is noted in its folder, see treeSubject.
type notes struct {
	store store
	known noteCache
}

// RegionsNear returns the present region sources and look-up tables in a
// folder and in the folders one level below it, except for those that hold
// series of their own: their regions belong to these.
func (n *notes) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	at := folderSubject(bucket, folder)
	here, err := n.regionsUnder(ctx, at+".=r.*")
	if err != nil {
		return nil, err
	}
	below, err := subjects(ctx, n.store.stream, at+".=c.*.*")
	if err != nil {
		return nil, err
	}
	owned := map[string]bool{}
	for _, name := range below {
		child, object, _ := strings.Cut(strings.TrimPrefix(name, at+".=c."), ".")
		held, known := owned[child]
		if !known {
			if held, err = n.holdsSeries(ctx, at+"."+child); err != nil {
				return nil, err
			}
			owned[child] = held
		}
		if held {
			continue
		}
		r, err := n.store.record(ctx, objectSubject(ingest.ClassRegions, object))
		if err != nil {
			return nil, err
		}
		if r.Seq > 0 && !r.Gone {
			here = append(here, r)
		}
	}
	return here, nil
}

// regionsUnder returns the present records that tree subjects lead to.
func (n *notes) regionsUnder(ctx context.Context, filter string) ([]ingest.Record, error) {
	names, err := subjects(ctx, n.store.stream, filter)
	if err != nil {
		return nil, err
	}
	var records []ingest.Record
	for _, name := range names {
		r, err := n.store.record(ctx, objectSubject(ingest.ClassRegions, lastToken(name)))
		if err != nil {
			return nil, err
		}
		if r.Seq > 0 && !r.Gone {
			records = append(records, r)
		}
	}
	return records, nil
}

// holdsSeries reports whether a series lies in a folder, which is given by its
// subject, or beneath it.
func (n *notes) holdsSeries(ctx context.Context, at string) (bool, error) {
	if n.known.noted(at + ".=h") {
		return true, nil
	}
	msg, err := last(ctx, n.store.stream, at+".=h")
	if err != nil || msg == nil {
		return false, err
	}
	n.known.note(at + ".=h")
	return true, nil
}

// SeriesNear returns the series that a region source in a folder may serve:
// those that look for regions there, or in the folder above unless the source's
// own folder holds series.
func (n *notes) SeriesNear(ctx context.Context, bucket, folder string) ([]ingest.Token, error) {
	at := folderSubject(bucket, folder)
	near, err := n.watchers(ctx, at)
	if err != nil || folder == "" {
		return near, err
	}
	held, err := n.holdsSeries(ctx, at)
	if err != nil || held {
		return near, err
	}
	above, err := n.watchers(ctx, above(at))
	for _, series := range above {
		if !slices.Contains(near, series) {
			near = append(near, series)
		}
	}
	return near, err
}

// watchers returns the series that look for regions in a folder.
func (n *notes) watchers(ctx context.Context, at string) ([]ingest.Token, error) {
	names, err := subjects(ctx, n.store.stream, at+".=w.*")
	list := make([]ingest.Token, len(names))
	for i, name := range names {
		list[i] = ingest.Token(lastToken(name))
	}
	return list, err
}

// Watch notes that a series looks for regions in a folder. The note is read each
// time: another process may have taken it back.
func (n *notes) Watch(ctx context.Context, bucket, folder string, series ingest.Token) error {
	subject := watchSubject(bucket, folder, series)
	msg, err := last(ctx, n.store.stream, subject)
	if err != nil || msg != nil {
		return err
	}
	return n.store.write(ctx, subject, place{Bucket: bucket, Folder: folder})
}

// Unwatch takes the note of Watch back, unless it has been written anew.
func (n *notes) Unwatch(ctx context.Context, bucket, folder string, series ingest.Token) error {
	subject := watchSubject(bucket, folder, series)
	msg, err := last(ctx, n.store.stream, subject)
	if err != nil || msg == nil {
		return err
	}
	return n.store.stream.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(msg.Sequence+1))
}

// mark notes for a folder and those above it that they hold series.
func (n *notes) mark(ctx context.Context, bucket, folder string) error {
	for ; ; folder = folderAbove(folder) {
		at := folderSubject(bucket, folder)
		held, err := n.holdsSeries(ctx, at)
		if err == nil && !held {
			err = n.hold(ctx, at, place{Bucket: bucket, Folder: folder})
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
func (n *notes) hold(ctx context.Context, at string, p place) error {
	if err := n.store.write(ctx, at+".=h", p); err != nil {
		return err
	}
	if p.Folder != "" {
		if err := n.disown(ctx, at); err != nil {
			return err
		}
	}
	n.known.note(at + ".=h")
	return nil
}

func (n *notes) disown(ctx context.Context, at string) error {
	child := above(at) + ".=c." + lastToken(at) + ".*"
	served, err := subjects(ctx, n.store.stream, child)
	if err != nil || len(served) == 0 {
		return err
	}
	watching, err := n.watchers(ctx, above(at))
	if err != nil {
		return err
	}
	for some := range slices.Chunk(watching, judgedAtOnce) {
		if err := askJudge(ctx, n.store.js, some); err != nil {
			return err
		}
	}
	return n.store.stream.Purge(ctx, jetstream.WithPurgeSubject(child))
}

// judgedAtOnce bounds the body of one request to judge series.
const judgedAtOnce = 1000

// offer notes a region source at the folder above its own, unless its own holds
// series.
func (n *notes) offer(ctx context.Context, bucket, folder, object string) error {
	if folder == "" {
		return nil
	}
	at := folderSubject(bucket, folder)
	if held, err := n.holdsSeries(ctx, at); err != nil || held {
		return err
	}
	return n.store.write(ctx, above(at)+".=c."+lastToken(at)+"."+object, place{Bucket: bucket, Folder: folderAbove(folder)})
}

// add writes that the record's class is to be found in the record's folder.
func (n *notes) add(ctx context.Context, r ingest.Record) error {
	subject := treeSubject(r)
	if n.known.noted(subject) {
		return nil
	}
	if err := n.store.write(ctx, subject, place{Bucket: r.Bucket, Folder: r.Folder()}); err != nil {
		return err
	}
	var err error
	switch r.Class() {
	case ingest.ClassRegions:
		err = n.offer(ctx, r.Bucket, r.Folder(), r.ID())
	case ingest.ClassOther:
	default:
		err = n.mark(ctx, r.Bucket, r.Folder())
	}
	if err != nil {
		return err
	}
	n.known.note(subject)
	return nil
}
