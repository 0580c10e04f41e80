package line

import (
	"context"
	"errors"
	"io"
	"time"

	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/s3"
)

// objects reads objects as the ledger describes them.
type objects struct{ store *s3.Store }

// goneTries is how often an object that the ledger knows is asked for before
// its absence is believed: stores answer 404 now and then.
const goneTries = 3

// open begins to read an object as the ledger describes it.
func (o objects) open(ctx context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
	for i := 1; ; i++ {
		body, size, err := o.store.Open(ctx, r.Bucket, r.Key, r.ETag)
		if errors.Is(err, ingest.ErrGone) && i < goneTries {
			sleep(ctx, time.Duration(i)*100*time.Millisecond)
			continue
		}
		if err != nil {
			return nil, 0, otherwise(r.Object, err)
		}
		return readingAs{body, r.Object}, size, nil
	}
}

// otherwise turns the answers of a store that holds something else than the
// ledger says into the job's being handed back.
func otherwise(o ingest.Object, err error) error {
	if errors.Is(err, s3.ErrStale) || errors.Is(err, ingest.ErrGone) {
		return &stream.ChangedError{Object: o, Cause: err}
	}
	return err
}

// A readingAs is the body of an object as the ledger describes it.
type readingAs struct {
	io.ReadCloser
	object ingest.Object
}

// Read reads on.
func (r readingAs) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = otherwise(r.object, err)
	}
	return n, err
}
