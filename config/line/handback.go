package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/s3"
)

// A handBack ends work on a job that another worker, or the same one later, is
// to take up again. It is no attempt: the ledger alone says when a job has
// ended.
type handBack struct {
	why ingest.Reason
	// object is what the store holds otherwise than the ledger says, nil where
	// it is nothing of the kind: somebody is to look at it again.
	object *ingest.Object
	cause  error // may be nil
}

// Error returns why the job is handed back.
func (h *handBack) Error() string {
	if h.cause != nil {
		return h.why.Detail + ": " + h.cause.Error()
	}
	return h.why.Detail
}

// Unwrap returns the cause.
func (h *handBack) Unwrap() error { return h.cause }

// errOvertaken means that the ledger asks for another revision than the job's,
// or for none.
var errOvertaken = errors.New("the job is overtaken")

// notReady hands back the job of a series that is not whole any more: whoever
// judges it makes another job, or takes this one out of the ledger.
func notReady(o ingest.Outcome) error {
	return &handBack{why: ingest.Reason{Code: ingest.CodeNotReady, Detail: fmt.Sprintf("the series is %s at the moment", o.Condition)}}
}

// otherVersion hands back a job that was made for another release.
func otherVersion(want, have string) error {
	return &handBack{why: ingest.Reason{Code: ingest.CodeOtherRelease, Detail: fmt.Sprintf("the job wants results of version %q, and this worker makes those of version %q", want, have)}}
}

// goneTries is how often an object that the ledger knows is asked for before
// its absence is believed: stores answer 404 now and then.
const goneTries = 3

// open begins to read an object as the ledger describes it.
func (p *Pipeline) open(ctx context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
	for i := 1; ; i++ {
		body, size, err := p.Store.Open(ctx, r.Bucket, r.Key, r.ETag)
		if errors.Is(err, ingest.ErrGone) && i < goneTries {
			sleep(ctx, time.Duration(i)*100*time.Millisecond)
			continue
		}
		if err != nil {
			return nil, 0, p.otherwise(r.Object, err)
		}
		return readingAs{body, r.Object, p}, size, nil
	}
}

// otherwise turns the answers of a store that holds something else than the
// ledger says into the job's being handed back.
func (p *Pipeline) otherwise(o ingest.Object, err error) error {
	if errors.Is(err, s3.ErrStale) || errors.Is(err, ingest.ErrGone) {
		return &stream.ChangedError{Object: o, Cause: err}
	}
	return err
}

// A readingAs is the body of an object as the ledger describes it.
type readingAs struct {
	io.ReadCloser
	object ingest.Object
	p      *Pipeline
}

// Read reads on.
func (r readingAs) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = r.p.otherwise(r.object, err)
	}
	return n, err
}
