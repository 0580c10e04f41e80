package watch

import (
	"context"

	"tacstream/ingest"
)

// A RegionWatcher remembers which series look for regions where, so that
// regions that come or go concern those series and no others. A Book may be
// one.
type RegionWatcher interface {
	// Watch notes that a series looks for regions in a folder and one folder
	// below it. It is noted before it looks: of regions that come at the same
	// moment and the series at least one sees the other.
	Watch(ctx context.Context, bucket, folder string, series ingest.Token) error
	// Unwatch takes back what Watch noted: nearer regions serve.
	Unwatch(ctx context.Context, bucket, folder string, series ingest.Token) error
}

// A watch is a RegionLister that notes where a series looks.
type watch struct {
	book   RegionLister
	by     RegionWatcher // nil where nobody remembers
	series ingest.Token
	looked map[string]bool // folders
}

func newWatch(book RegionLister, series ingest.Token) *watch {
	by, _ := book.(RegionWatcher)
	return &watch{book: book, by: by, series: series, looked: map[string]bool{}}
}

// RegionsNear returns what the book does.
func (w *watch) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	if w.by != nil && !w.looked[folder] {
		if err := w.by.Watch(ctx, bucket, folder, w.series); err != nil {
			return nil, err
		}
		w.looked[folder] = true
	}
	return w.book.RegionsNear(ctx, bucket, folder)
}

// end takes back the notes in folders above the series' that it did not get to.
func (w *watch) end(ctx context.Context, bucket string, folders []string) error {
	if w.by == nil {
		return nil
	}
	done := map[string]bool{}
	for _, dir := range folders {
		for ; ; dir = ingest.FolderOf(dir) {
			if !w.looked[dir] && !done[dir] {
				if err := w.by.Unwatch(ctx, bucket, dir, w.series); err != nil {
					return err
				}
			}
			if done[dir] = true; dir == "" {
				break
			}
		}
	}
	return nil
}
