package s3

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"tacstream/ingest"
)

// readTries is how often a read is taken up again after it broke off.
const readTries = 4

// patience is how long a store may be silent before its answer counts as
// broken off, so that it does not hold a worker for ever.
const patience = time.Minute

// MaxSmall is how much Get reads at most, in bytes.
const MaxSmall = 16 << 20

// firstGrow bounds what is allocated on the strength of a length that a store
// merely claims, in bytes.
const firstGrow = 16 << 20

// ReadPrefix returns the first n bytes of an object, or all of it if it is
// shorter, and what the store said of the whole object in the same answer.
func (s *Store) ReadPrefix(ctx context.Context, bucket, key string, n int64) ([]byte, ingest.Object, error) {
	if n <= 0 {
		obj, err := s.Stat(ctx, bucket, key)
		return nil, obj, err
	}
	var data []byte
	var obj ingest.Object
	err := s.retry(ctx, bucket, func(ctx context.Context) (err error) {
		data, obj, err = s.readPrefix(ctx, bucket, key, n)
		return err
	})
	return data, obj, err
}

func (s *Store) readPrefix(ctx context.Context, bucket, key string, n int64) ([]byte, ingest.Object, error) {
	ctx, dog := watch(ctx)
	defer dog.stop()
	var opts minio.GetObjectOptions
	opts.Set("Range", "bytes=0-"+strconv.FormatInt(n-1, 10))
	body, info, header, err := s.core.GetObject(ctx, bucket, key, opts)
	if err != nil {
		e := wrap("get", bucket, err)
		if unsatisfiable(e) {
			return s.readEmpty(ctx, bucket, key)
		}
		return nil, ingest.Object{}, s.confirm(ctx, bucket, e)
	}
	defer body.Close()
	obj := objectOf(bucket, key, info)
	if total, ok := totalOf(header); ok {
		obj.Size = total
	}
	data, err := readUpTo(nil, dog.reader(body), min(n, obj.Size))
	if err != nil {
		return nil, obj, wrap("get", bucket, err)
	}
	return data, obj, nil
}

// readEmpty stands in for the range of an object of 0 bytes, which S3 answers
// with an error.
func (s *Store) readEmpty(ctx context.Context, bucket, key string) ([]byte, ingest.Object, error) {
	obj, err := s.Stat(ctx, bucket, key)
	if err == nil && obj.Size != 0 {
		err = &Error{Op: "get", Bucket: bucket, Code: "InvalidRange", Status: http.StatusRequestedRangeNotSatisfiable}
	}
	return nil, obj, err
}

func unsatisfiable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusRequestedRangeNotSatisfiable
}

// totalOf returns the size of the whole object that a partial answer states.
func totalOf(h http.Header) (int64, bool) {
	_, total, found := strings.Cut(h.Get("Content-Range"), "/")
	n, err := strconv.ParseInt(total, 10, 64)
	return n, found && err == nil && n >= 0
}

// Get returns a whole object of at most MaxSmall bytes.
func (s *Store) Get(ctx context.Context, bucket, key string) ([]byte, ingest.Object, error) {
	data, obj, err := s.ReadPrefix(ctx, bucket, key, MaxSmall)
	if err == nil && obj.Size > int64(len(data)) {
		err = &Error{Op: "get", Bucket: bucket, Code: "EntityTooLarge", class: ErrTooLarge}
	}
	return data, obj, err
}

// Read returns the whole of the object that has the ETag; "" takes whatever
// is there. It is ErrStale if the object has changed, ErrGone if it is gone
// and ErrTooLarge beyond Options.MaxBytes. The result uses the memory of buf,
// from its start, where that is long enough. A transfer that breaks off is
// taken up where it broke.
func (s *Store) Read(ctx context.Context, bucket, key, etag string, buf []byte) ([]byte, error) {
	r := reading{store: s, bucket: bucket, key: key, etag: etag, data: buf[:0]}
	err := s.retry(ctx, bucket, r.next)
	return r.data, err
}

// A reading is the state of a Read between its tries.
type reading struct {
	store       *Store
	bucket, key string
	etag        string
	data        []byte
}

// next reads what is still missing.
func (r *reading) next(ctx context.Context) error {
	var opts minio.GetObjectOptions
	if r.etag != "" {
		if err := opts.SetMatchETag(r.etag); err != nil {
			return wrap("read", r.bucket, err)
		}
	}
	if len(r.data) > 0 {
		opts.Set("Range", "bytes="+strconv.Itoa(len(r.data))+"-")
	}
	ctx, dog := watch(ctx)
	defer dog.stop()
	body, info, header, err := r.store.core.GetObject(ctx, r.bucket, r.key, opts)
	if err != nil {
		e := wrap("read", r.bucket, err)
		if errors.Is(e, ErrPrecondition) {
			return r.stale()
		}
		return r.store.confirm(ctx, r.bucket, e)
	}
	defer body.Close()
	return r.take(dog.reader(body), info, header)
}

// take appends the body of an answer to what was read before.
func (r *reading) take(body io.Reader, info minio.ObjectInfo, header http.Header) error {
	obj := objectOf(r.bucket, r.key, info)
	total, partial := totalOf(header)
	if !partial {
		total, r.data = obj.Size, r.data[:0]
	}
	if r.etag != "" && obj.ETag != r.etag {
		return r.stale() // the store does not honour If-Match
	}
	r.etag = obj.ETag
	if total > r.store.maxBytes {
		return &Error{Op: "read", Bucket: r.bucket, Code: "EntityTooLarge", class: ErrTooLarge}
	}
	var err error
	r.data, err = readUpTo(r.data, body, total-int64(len(r.data)))
	return wrap("read", r.bucket, err)
}

func (r *reading) stale() error {
	return &Error{Op: "read", Bucket: r.bucket, Code: "PreconditionFailed", Status: http.StatusPreconditionFailed, class: ErrStale}
}

// readUpTo appends exactly n bytes of r to data. What was read before an error
// is returned with it.
func readUpTo(data []byte, r io.Reader, n int64) ([]byte, error) {
	for n > 0 {
		data = slices.Grow(data, int(min(n, max(firstGrow, int64(len(data))))))
		room := data[len(data):min(int64(cap(data)), int64(len(data))+n)]
		got, err := io.ReadFull(r, room)
		data, n = data[:len(data)+got], n-int64(got)
		if err != nil {
			return data, err
		}
	}
	return data, nil
}

// A watchdog cancels a request when nothing came for the time of patience.
type watchdog struct {
	timer *time.Timer
	stop  func()
	body  io.Reader
}

// watch returns the context for the request and the watchdog that may cancel
// it. Its stop must be called.
func watch(ctx context.Context) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watchdog{timer: time.AfterFunc(patience, cancel)}
	w.stop = func() { w.timer.Stop(); cancel() }
	return ctx, w
}

// reader returns body as a reader that keeps the watchdog quiet.
func (w *watchdog) reader(body io.Reader) io.Reader {
	w.body = body
	return w
}

// Read reads from the body.
func (w *watchdog) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if n > 0 {
		w.timer.Reset(patience)
	}
	return n, err
}

// retry repeats try while that may help.
func (s *Store) retry(ctx context.Context, bucket string, try func(context.Context) error) error {
	for i := 1; ; i++ {
		err := try(ctx)
		if ctx.Err() == nil && errors.Is(err, context.Canceled) {
			err = &Error{Op: "read", Bucket: bucket, Code: "the store fell silent"}
		}
		switch {
		case err == nil, final(err), i == readTries:
			return err
		case ctx.Err() != nil:
			return wrap("read", bucket, ctx.Err())
		}
		wait := 100 * time.Millisecond << i
		if pause(ctx, wait/2+rand.N(wait/2)) != nil {
			return err
		}
	}
}

// pause waits for d or until ctx ends, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
