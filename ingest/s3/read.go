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
	return data, obj, s.probe(ctx, bucket, err)
}

// probe marks an error as ingest.ErrAway if the store answers nothing at all:
// that one read breaks off may be the object's own trouble.
func (s *Store) probe(ctx context.Context, bucket string, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != 0 || e.class != nil || ctx.Err() != nil {
		return err
	}
	ctx, dog := watch(ctx)
	defer dog.stop()
	_, probeErr := s.core.BucketExists(ctx, bucket)
	var answer *Error
	e.away = errors.As(wrap("reach", bucket, probeErr), &answer) && answer.Status == 0
	return err
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
	r, size, err := s.Open(ctx, bucket, key, etag)
	if err != nil {
		return buf[:0], err
	}
	defer r.Close()
	return readUpTo(buf[:0], r, size)
}

// Open begins to read the object that has the ETag, as Read does, and returns
// its size. A transfer that breaks off is taken up where it broke, so that the
// reader ends after exactly so many bytes or with an error that no retry can
// cure. It must be closed.
func (s *Store) Open(ctx context.Context, bucket, key, etag string) (r io.ReadCloser, size int64, err error) {
	o := &reading{ctx: ctx, store: s, bucket: bucket, key: key, etag: etag}
	if err := s.retry(ctx, bucket, o.request); err != nil {
		return nil, 0, err
	}
	return o, o.size, nil
}

// A reading is an object that is being read.
type reading struct {
	ctx         context.Context
	store       *Store
	bucket, key string
	etag        string
	size        int64
	done        int64 // bytes read

	body io.ReadCloser // of the present transfer; nil after it broke off
	dog  *watchdog
	fell int // transfers that broke off without a byte
}

// Read reads on, over as many transfers as it takes.
func (o *reading) Read(p []byte) (int, error) {
	if o.done >= o.size {
		return 0, io.EOF
	}
	if o.body == nil {
		if err := o.store.retry(o.ctx, o.bucket, o.request); err != nil {
			return 0, err
		}
	}
	n, err := o.dog.Read(p[:min(int64(len(p)), o.size-o.done)])
	o.done += int64(n)
	if n > 0 {
		o.fell = 0
	}
	switch {
	case err == nil, o.done >= o.size:
		return n, nil
	case o.ctx.Err() != nil:
		return n, wrap("read", o.bucket, o.ctx.Err())
	}
	o.Close()
	if o.fell++; o.fell > readTries {
		return n, wrap("read", o.bucket, io.ErrUnexpectedEOF)
	}
	return n, nil
}

// Close ends the present transfer.
func (o *reading) Close() error {
	if o.body == nil {
		return nil
	}
	o.dog.stop()
	err := o.body.Close()
	o.body = nil
	return err
}

// request begins a transfer of what is still missing.
func (o *reading) request(ctx context.Context) error {
	var opts minio.GetObjectOptions
	if o.etag != "" {
		if err := opts.SetMatchETag(o.etag); err != nil {
			return wrap("read", o.bucket, err)
		}
	}
	if o.done > 0 {
		opts.Set("Range", "bytes="+strconv.FormatInt(o.done, 10)+"-")
	}
	ctx, dog := watch(ctx)
	body, info, header, err := o.store.core.GetObject(ctx, o.bucket, o.key, opts)
	if err == nil {
		err = o.take(body, info, header, dog)
		if err == nil {
			return nil
		}
		body.Close()
		dog.stop()
		return err
	}
	dog.stop()
	e := wrap("read", o.bucket, err)
	if errors.Is(e, ErrPrecondition) {
		return o.stale()
	}
	return o.store.confirm(o.ctx, o.bucket, e)
}

// take makes an answer the present transfer. A store that ignores ranges
// sends again what was read.
func (o *reading) take(body io.ReadCloser, info minio.ObjectInfo, header http.Header, dog *watchdog) error {
	obj := objectOf(o.bucket, o.key, info)
	total, partial := totalOf(header)
	if !partial {
		total = obj.Size
	}
	if o.etag != "" && obj.ETag != o.etag {
		return o.stale() // the store does not honour If-Match
	}
	if total > o.store.maxBytes {
		return &Error{Op: "read", Bucket: o.bucket, Code: "EntityTooLarge", class: ErrTooLarge}
	}
	dog.reader(body)
	if !partial && o.done > 0 {
		if _, err := io.CopyN(io.Discard, dog, o.done); err != nil {
			return wrap("read", o.bucket, err)
		}
	}
	o.etag, o.size, o.body, o.dog = obj.ETag, total, body, dog
	return nil
}

func (o *reading) stale() error {
	return &Error{Op: "read", Bucket: o.bucket, Code: "PreconditionFailed", Status: http.StatusPreconditionFailed, class: ErrStale}
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
