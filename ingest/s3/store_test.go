package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
)

var _ watch.Store = (*s3.Store)(nil)

// fake returns a client of a store that a test plays itself.
func fake(t *testing.T, maxBytes int64, answer http.HandlerFunc) *s3.Store {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	store, err := s3.Open(s3.Options{Endpoint: srv.URL, AccessKey: "a", SecretKey: "b", MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// object answers as a store that holds data under the ETag.
func object(w http.ResponseWriter, r *http.Request, etag string, data []byte) {
	w.Header().Set("ETag", strconv.Quote(etag))
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	if m := r.Header.Get("If-Match"); m != "" && m != strconv.Quote(etag) {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>about CANARY</Message></Error>", code)
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// A missing bucket is trouble with the store, not a deletion of every object.
func TestAMissingBucketIsNotGone(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	for name, err := range map[string]error{
		"Read":       second(s.Read(ctx, "nowhere", "k", "", nil)),
		"Stat":       second(s.Stat(ctx, "nowhere", "k")),
		"ReadPrefix": third(s.ReadPrefix(ctx, "nowhere", "k", 5)),
	} {
		if err == nil || errors.Is(err, ingest.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.EnsureBucket(ctx, "nowhere"); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureBucket(ctx, "nowhere"); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := s.Stat(ctx, "nowhere", "k"); !errors.Is(err, ingest.ErrGone) {
		t.Errorf("once the bucket is there: %v, want ErrGone", err)
	}
}

func TestA404OfAForeignServerIsNotGone(t *testing.T) {
	store := fake(t, 0, http.NotFound)
	if _, err := store.Stat(t.Context(), "inbox", "k"); err == nil || errors.Is(err, ingest.ErrGone) {
		t.Errorf("%v", err)
	}
}

// Half of the object comes, then the connection breaks; the rest is asked for
// by range.
func TestABrokenReadGoesOnWhereItBroke(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10000)
	var ranges []string
	store := fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		if len(ranges) > 1 {
			object(w, r, "e", data)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		_, _ = w.Write(data[:50000])
		panic(http.ErrAbortHandler)
	})
	buf := make([]byte, 0, len(data))
	got, err := store.Read(t.Context(), "inbox", "k", "e", buf)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if &got[0] != &buf[:1][0] {
		t.Error("the buffer was not used")
	}
	if len(ranges) != 2 || ranges[0] != "" || !strings.HasPrefix(ranges[1], "bytes=") {
		t.Errorf("ranges %q", ranges)
	}
}

// After the break another object is there: its bytes must not be mixed in.
func TestAnObjectThatChangesMidwayIsStale(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 100000)
	for _, honest := range []bool{true, false} {
		calls := 0
		store := fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls > 1 {
				if !honest {
					r.Header.Del("If-Match")
				}
				object(w, r, "newer", data)
				return
			}
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			_, _ = w.Write(data[:5000])
			panic(http.ErrAbortHandler)
		})
		if _, err := store.Read(t.Context(), "inbox", "k", "", nil); !errors.Is(err, s3.ErrStale) {
			t.Errorf("a store that honours If-Match (%v): %v, want ErrStale", honest, err)
		}
	}
}

func TestPassingErrorsAreTriedAgain(t *testing.T) {
	var calls atomic.Int32
	store := fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= 2 {
			refuse(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		object(w, r, "e", []byte("data"))
	})
	if got, err := store.Read(t.Context(), "inbox", "k", "e", nil); err != nil || string(got) != "data" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReadIsBounded(t *testing.T) {
	store := fake(t, 100, func(w http.ResponseWriter, r *http.Request) { object(w, r, "e", make([]byte, 101)) })
	if _, err := store.Read(t.Context(), "inbox", "k", "", nil); !errors.Is(err, s3.ErrTooLarge) || !errors.Is(err, ingest.ErrRejected) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	store = fake(t, 0, func(w http.ResponseWriter, r *http.Request) { object(w, r, "e", make([]byte, s3.MaxSmall+1)) })
	if _, _, err := store.Get(t.Context(), "inbox", "k"); !errors.Is(err, s3.ErrTooLarge) {
		t.Errorf("Get: %v, want ErrTooLarge", err)
	}
}

// Some stores ignore ranges and send everything.
func TestAPrefixOfAStoreWithoutRanges(t *testing.T) {
	store := fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		object(w, r, "e", []byte("0123456789"))
	})
	got, obj, err := store.ReadPrefix(t.Context(), "inbox", "k", 3)
	if err != nil || string(got) != "012" || obj.Size != 10 || obj.ETag != "e" {
		t.Errorf("%q %+v %v", got, obj, err)
	}
}

// What a read comes to says whether the object, or the store, is at fault.
func TestWhatARefusalSays(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	closed.Close()
	nobody, err := s3.Open(s3.Options{Endpoint: "http://" + addr, AccessKey: "a", SecretKey: "b"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nobody.Close)
	status := func(status int, code string) *s3.Store {
		return fake(t, 0, func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, code) })
	}
	object := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/k") }
	for name, tt := range map[string]struct {
		store            *s3.Store
		unreadable, away bool
		status           int
	}{
		"denied":           {status(403, "AccessDenied"), true, false, 403},
		"no such user":     {status(401, "InvalidAccessKeyId"), true, false, 401},
		"archived":         {status(403, "InvalidObjectState"), true, false, 403},
		"in another place": {status(409, "OperationAborted"), true, false, 409},
		"slow down":        {status(503, "SlowDown"), false, false, 503},
		"too many":         {status(429, "TooManyRequests"), false, false, 429},
		"timed out":        {status(408, "RequestTimeout"), false, false, 408},
		"no bucket":        {status(404, "NoSuchBucket"), false, false, 404},
		"nobody listens":   {nobody, false, true, 0},
		"closes at once":   {fake(t, 0, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), false, true, 0},
		"closes at this object": {fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
			if object(r) {
				panic(http.ErrAbortHandler)
			}
		}), false, false, 0},
		"breaks off": {fake(t, 0, func(w http.ResponseWriter, r *http.Request) {
			if object(r) {
				w.Header().Set("Content-Length", "100")
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				w.Header().Set("ETag", `"e"`)
				w.Write([]byte("x"))
				panic(http.ErrAbortHandler)
			}
		}), false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits between its tries
			_, _, err := tt.store.ReadPrefix(t.Context(), "inbox", "k", 50)
			var a ingest.Answer
			if !errors.As(err, &a) || a.HTTPStatus() != tt.status || errors.Is(err, ingest.ErrUnreadable) != tt.unreadable || errors.Is(err, ingest.ErrAway) != tt.away {
				t.Errorf("%v: unreadable %v, away %v", err, errors.Is(err, ingest.ErrUnreadable), errors.Is(err, ingest.ErrAway))
			}
			if errors.Is(err, ingest.ErrRejected) || errors.Is(err, ingest.ErrGone) {
				t.Errorf("%v says something of the object", err)
			}
		})
	}
}

func TestErrorsHoldNoKey(t *testing.T) {
	ctx := t.Context()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	closed.Close()
	nobody, err := s3.Open(s3.Options{Endpoint: "http://" + addr, AccessKey: "a", SecretKey: "b"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nobody.Close)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	for name, store := range map[string]*s3.Store{
		"nobody listens":  nobody,
		"denied":          fake(t, 0, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusForbidden, "AccessDenied") }),
		"a code with key": fake(t, 0, func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusBadRequest, "bad CANARY") }),
		"no XML":          fake(t, 0, func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.Path, http.StatusTeapot) }),
		"closes at once":  fake(t, 0, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits between its tries
			for what, err := range map[string]error{
				"Stat":          second(store.Stat(t.Context(), "inbox", "CANARY")),
				"Read canceled": second(store.Read(canceled, "inbox", "CANARY", "", nil)),
				"PutIf":         second(store.PutIf(t.Context(), "inbox", "CANARY", nil, "", "")),
				"Delete":        store.Delete(t.Context(), "inbox", "CANARY"),
				"Walk":          s3.Lister{Store: store}.Walk(t.Context(), "inbox", "CANARY", func(ingest.Object) error { return nil }),
			} {
				if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "inbox") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	for _, key := range []string{"", strings.Repeat("CANARY", 200), "CANARY\xff"} {
		if _, err := nobody.Put(ctx, "inbox", key, nil, ""); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("an impossible key: %v", err)
		}
	}
}

func TestOpenRefusesEndpointsThatMakeNoSense(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:9000", "ftp://h", "http://", "http://h/path", "http://u:p@h", "http://h?x=1"} {
		if _, err := s3.Open(s3.Options{Endpoint: endpoint}); err == nil {
			t.Errorf("%q was taken", endpoint)
		}
	}
	if _, err := s3.Open(s3.Options{Endpoint: "https://h", CAFile: "none"}); err == nil {
		t.Error("a missing file of authorities was taken")
	}
}
