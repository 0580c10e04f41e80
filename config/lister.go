package config

import (
	"context"
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
	Every time.Duration
	asked chan struct{}
}

// Ask makes the next pass come at once.
func (l *Lister) Ask() {
	select {
	case l.asked <- struct{}{}:
	default: // one is due already
	}
}

// Run walks until ctx ends.
func (l *Lister) Run(ctx context.Context) error {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		found, err := l.pass(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			l.Log.WarnContext(ctx, "the inbox could not be listed whole, trying again", "err", err)
			sleep(ctx, 5*time.Second)
			continue
		case found > 0:
			l.metrics.listed.Add(float64(found))
			l.Log.InfoContext(ctx, "listing found what no notice told", "objects", found)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-l.asked:
		}
	}
	return nil
}

// pass compares every inbox with the ledger and returns how many notices it
// had to send.
func (l *Lister) pass(ctx context.Context) (found int, err error) {
	seen := map[jetstream.Folder]bool{}
	for _, bucket := range l.Config.inboxes() {
		n, err := l.walk(ctx, bucket, seen)
		found += n
		if err != nil {
			return found, err
		}
	}
	n, err := l.vanished(ctx, seen)
	return found + n, err
}

// walk lists a bucket, folder by folder. Keys come in order, so a folder is
// complete once a key outside it has come; memory holds the folders of one
// path only.
func (l *Lister) walk(ctx context.Context, bucket string, seen map[jetstream.Folder]bool) (found int, err error) {
	open := map[string][]ingest.Object{}
	flush := func(next string, all bool) error {
		for folder, objects := range open {
			if !all && (folder == "" || strings.HasPrefix(next, folder+"/")) {
				continue
			}
			f := jetstream.Folder{Bucket: bucket, Name: folder}
			seen[f] = true
			n, err := l.compare(ctx, f, objects)
			found += n
			if err != nil {
				return err
			}
			delete(open, folder)
		}
		return nil
	}
	err = s3.Lister{Store: l.Store}.Walk(ctx, bucket, "", func(o ingest.Object) error {
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
		return found, err
	}
	return found, flush("", true)
}

// compare sends a notice of every object of a folder that the ledger does not
// know as it is, and of every object that it knows and that is not there.
func (l *Lister) compare(ctx context.Context, f jetstream.Folder, objects []ingest.Object) (found int, err error) {
	known, err := l.Ledger.In(ctx, f)
	if err != nil {
		return 0, err
	}
	for _, o := range objects {
		r, ok := known[o.Key]
		delete(known, o.Key)
		if ok && r.ETag == o.ETag && r.Size == o.Size {
			continue
		}
		found++
		if err := l.send(ctx, ingest.Notice{Bucket: o.Bucket, Key: o.Key, ETag: o.ETag}); err != nil {
			return found, err
		}
	}
	for key := range known {
		found++
		if err := l.send(ctx, ingest.Notice{Bucket: f.Bucket, Key: key, Gone: true}); err != nil {
			return found, err
		}
	}
	return found, nil
}

func (l *Lister) send(ctx context.Context, n ingest.Notice) error {
	return l.Broker.Notify(ctx, "lister", s3.EncodeNotice(n))
}

// vanished looks after folders that the ledger knows and the listing did not
// show: nothing is left in them.
func (l *Lister) vanished(ctx context.Context, seen map[jetstream.Folder]bool) (found int, err error) {
	var gone []jetstream.Folder
	err = l.Ledger.Folders(ctx, func(f jetstream.Folder) {
		if !seen[f] {
			seen[f] = true
			gone = append(gone, f)
		}
	})
	if err != nil {
		return 0, err
	}
	for _, f := range gone {
		n, err := l.compare(ctx, f, nil)
		found += n
		if err != nil {
			return found, err
		}
	}
	return found, nil
}
