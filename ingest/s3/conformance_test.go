package s3_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/s3"
)

// A corner is a bucket of a store, in which all keys of one test begin alike.
type corner struct {
	*s3.Store
	bucket, prefix string
}

// corners returns a corner in the store that is under test: the embedded one,
// or the one that the environment names:
//
//	TACSTREAM_S3_ENDPOINT    such as https://s3.example.org
//	TACSTREAM_S3_REGION      default us-east-1
//	TACSTREAM_S3_ACCESS_KEY
//	TACSTREAM_S3_SECRET_KEY
//	TACSTREAM_S3_BUCKET      a bucket that is there; what is written is deleted again
func corners(t *testing.T) func(t *testing.T) corner {
	t.Helper()
	endpoint := os.Getenv("TACSTREAM_S3_ENDPOINT")
	if endpoint == "" {
		s := start(t)
		return func(t *testing.T) corner { return corner{s.Store, "results", rand.Text() + "/"} }
	}
	store, err := s3.Open(s3.Options{
		Endpoint: endpoint, Region: os.Getenv("TACSTREAM_S3_REGION"),
		AccessKey: os.Getenv("TACSTREAM_S3_ACCESS_KEY"), SecretKey: os.Getenv("TACSTREAM_S3_SECRET_KEY"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return func(t *testing.T) corner {
		c := corner{store, os.Getenv("TACSTREAM_S3_BUCKET"), "conformance-" + rand.Text() + "/"}
		t.Cleanup(func() { c.clear(t) })
		return c
	}
}

// clear deletes what the test wrote.
func (c corner) clear(t *testing.T) {
	for o, err := range c.List(context.Background(), c.bucket, c.prefix) {
		if err == nil {
			err = c.Delete(context.Background(), c.bucket, o.Key)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// put stores an object and returns its ETag.
func (c corner) put(t *testing.T, key, data string) string {
	t.Helper()
	etag, err := c.Put(t.Context(), c.bucket, c.prefix+key, []byte(data), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

// putIf stores an object over the one that has the ETag.
func (c corner) putIf(t *testing.T, key, data, etag string) (string, error) {
	return c.PutIf(t.Context(), c.bucket, c.prefix+key, []byte(data), "application/json", etag)
}

// What the line relies on in a store. Another store than the embedded one is
// tested by naming it, see corners.
func TestTheStoreDoesWhatAnyStoreMust(t *testing.T) {
	open := corners(t)
	for _, fact := range []struct {
		name  string
		holds func(*testing.T, corner)
	}{
		{"an object is read as it was stored", objectsReadBack},
		{"an ETag stands for the bytes", etagsFollowBytes},
		{"prefixes of every length", prefixesOfEveryLength},
		{"an object is read from where it is wanted", objectsAreOpened},
		{"what changed is stale and what is deleted is gone", staleIsNotGone},
		{"a missing bucket is not a deletion", missingBucketIsNotGone},
		{"a conditional write needs the object that it names", conditionalWrites},
		{"of writers that name the same object one succeeds", conditionalWritesAreAtomic},
		{"keys are listed in order, over pages", listsAreInOrder},
		{"a list has what was written before it and nothing that was deleted", listsAreCurrent},
		{"keys of every kind", awkwardKeys},
	} {
		t.Run(fact.name, func(t *testing.T) { fact.holds(t, open(t)) })
	}
}

func objectsReadBack(t *testing.T, c corner) {
	ctx := t.Context()
	for name, data := range map[string]string{"empty": "", "small": "abc", "large": string(bytes.Repeat([]byte("0123456789abcdef"), 1<<16))} {
		etag := c.put(t, name, data)
		want := ingest.Object{Bucket: c.bucket, Key: c.prefix + name, ETag: etag, Size: int64(len(data))}
		if obj, err := c.Stat(ctx, c.bucket, want.Key); err != nil || obj != want {
			t.Errorf("%s: Stat: %+v, %v; want %+v", name, obj, err, want)
		}
		if got, obj, err := c.Get(ctx, c.bucket, want.Key); err != nil || string(got) != data || obj != want {
			t.Errorf("%s: Get: %d bytes, %+v, %v", name, len(got), obj, err)
		}
		for _, tag := range []string{"", etag} {
			if got, err := c.Read(ctx, c.bucket, want.Key, tag, nil); err != nil || string(got) != data {
				t.Errorf("%s: Read of %q: %d bytes, %v", name, tag, len(got), err)
			}
		}
	}
}

func etagsFollowBytes(t *testing.T, c corner) {
	first := c.put(t, "k", "one")
	second := c.put(t, "k", "two")
	if first == "" || second == first {
		t.Errorf("ETags %q and %q of two contents", first, second)
	}
	if again := c.put(t, "k", "one"); again != first {
		t.Errorf("ETag %q of the first content, stored again; want %q", again, first)
	}
}

func prefixesOfEveryLength(t *testing.T, c corner) {
	for name, tt := range map[string]struct{ size, ask, get int }{
		"shorter than the object": {10, 4, 4},
		"as long":                 {10, 10, 10},
		"longer":                  {10, 20, 10},
		"of an empty object":      {0, 4, 0},
		"of no length":            {10, 0, 0},
		"one byte of one":         {1, 1, 1},
	} {
		data := "0123456789"[:tt.size]
		etag := c.put(t, name, data)
		got, obj, err := c.ReadPrefix(t.Context(), c.bucket, c.prefix+name, int64(tt.ask))
		if err != nil || string(got) != data[:tt.get] {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if want := (ingest.Object{Bucket: c.bucket, Key: c.prefix + name, ETag: etag, Size: int64(tt.size)}); obj != want {
			t.Errorf("%s: %+v, want %+v", name, obj, want)
		}
	}
}

func objectsAreOpened(t *testing.T, c corner) {
	etag := c.put(t, "k", "0123456789")
	for _, tag := range []string{"", etag} {
		r, size, err := c.Open(t.Context(), c.bucket, c.prefix+"k", tag)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || size != 10 || string(data) != "0123456789" {
			t.Errorf("%q: %d bytes, %q, %v", tag, size, data, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func staleIsNotGone(t *testing.T, c corner) {
	ctx, key := t.Context(), c.prefix+"k"
	old := c.put(t, "k", "old")
	c.put(t, "k", "new")
	if _, err := c.Read(ctx, c.bucket, key, old, nil); !errors.Is(err, s3.ErrStale) || errors.Is(err, ingest.ErrGone) {
		t.Errorf("an overwritten object: %v, want ErrStale", err)
	}
	if got, err := c.Read(ctx, c.bucket, key, "", nil); err != nil || string(got) != "new" {
		t.Errorf("whatever is there: %q, %v", got, err)
	}
	for range 2 { // what is gone can be deleted
		if err := c.Delete(ctx, c.bucket, key); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	for name, err := range map[string]error{
		"Read":        second(c.Read(ctx, c.bucket, key, old, nil)),
		"Stat":        second(c.Stat(ctx, c.bucket, key)),
		"ReadPrefix":  third(c.ReadPrefix(ctx, c.bucket, key, 5)),
		"Get":         third(c.Get(ctx, c.bucket, key)),
		"Open":        third(c.Open(ctx, c.bucket, key, "")),
		"never there": second(c.Stat(ctx, c.bucket, c.prefix+"never")),
	} {
		if !errors.Is(err, ingest.ErrGone) {
			t.Errorf("%s of a deleted object: %v, want ErrGone", name, err)
		}
	}
}

// missingBucketIsNotGone also takes a refusal: many stores do not say whether a
// bucket that is not the user's exists.
func missingBucketIsNotGone(t *testing.T, c corner) {
	ctx, bucket := t.Context(), "tacstream-no-such-bucket"
	for name, err := range map[string]error{
		"Read":       second(c.Read(ctx, bucket, "k", "", nil)),
		"Stat":       second(c.Stat(ctx, bucket, "k")),
		"ReadPrefix": third(c.ReadPrefix(ctx, bucket, "k", 5)),
		"Put":        second(c.Put(ctx, bucket, "k", []byte("x"), "")),
	} {
		if err == nil || errors.Is(err, ingest.ErrGone) {
			t.Errorf("%s: %v, want an error that is not ErrGone", name, err)
		}
	}
}

func conditionalWrites(t *testing.T, c corner) {
	first, err := c.putIf(t, "k", "1", "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.putIf(t, "k", "1", ""); err != nil || again != first {
		t.Errorf("the same write again: %q, %v; want %q", again, err, first)
	}
	for name, etag := range map[string]string{"an object that must not be there": "", "another ETag": "0123456789abcdef0123456789abcdef"} {
		if _, err := c.putIf(t, "k", "2", etag); !errors.Is(err, s3.ErrPrecondition) {
			t.Errorf("over %s: %v, want ErrPrecondition", name, err)
		}
	}
	if _, err := c.putIf(t, "none", "2", first); !errors.Is(err, s3.ErrPrecondition) {
		t.Errorf("over what is not there: %v, want ErrPrecondition", err)
	}
	second, err := c.putIf(t, "k", "2", first)
	if err != nil {
		t.Fatalf("over the right one: %v", err)
	}
	if got, obj, err := c.Get(t.Context(), c.bucket, c.prefix+"k"); err != nil || string(got) != "2" || obj.ETag != second {
		t.Errorf("%q, %+v, %v; want 2 under %q", got, obj, err, second)
	}
	if err := c.Delete(t.Context(), c.bucket, c.prefix+"k"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.putIf(t, "k", "3", second); !errors.Is(err, s3.ErrPrecondition) {
		t.Errorf("over what was deleted: %v, want ErrPrecondition", err)
	}
	if _, err := c.putIf(t, "k", "3", ""); err != nil {
		t.Errorf("where it was deleted: %v", err)
	}
}

func conditionalWritesAreAtomic(t *testing.T, c corner) {
	const writers, rounds = 4, 20
	etag := ""
	for round := range rounds {
		var wg sync.WaitGroup
		won := make(chan string, writers)
		for w := range writers {
			wg.Go(func() {
				switch tag, err := c.putIf(t, "current.json", fmt.Sprintf("round %d writer %d", round, w), etag); {
				case err == nil:
					won <- tag
				case !errors.Is(err, s3.ErrPrecondition):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(won)
		if len(won) != 1 {
			t.Fatalf("round %d: %d writers succeeded", round, len(won))
		}
		etag = <-won
		if obj, err := c.Stat(t.Context(), c.bucket, c.prefix+"current.json"); err != nil || obj.ETag != etag {
			t.Fatalf("round %d: the store holds %q, %v; the writer that succeeded wrote %q", round, obj.ETag, err, etag)
		}
	}
}

// fill stores empty objects, several at once.
func (c corner) fill(t *testing.T, keys []string) {
	t.Helper()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(8)
	for _, key := range keys {
		g.Go(func() error { return second(c.Put(ctx, c.bucket, c.prefix+key, nil, "")) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func listsAreInOrder(t *testing.T, c corner) {
	const n = 2345 // more than two pages of a thousand
	beside := []string{"a bc/1", "z"}
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("a b/%04d", i))
	}
	c.fill(t, slices.Concat(keys, beside))
	last, seen := "", 0
	lister := s3.Lister{Store: c.Store}
	err := lister.Walk(t.Context(), c.bucket, c.prefix+"a b/", func(o ingest.Object) error {
		if o.Key <= last || o.ETag == "" || o.Bucket != c.bucket {
			t.Errorf("%+v after %q", o, last)
		}
		last = o.Key
		seen++
		return nil
	})
	if err != nil || seen != n {
		t.Errorf("%d objects, %v; want %d", seen, err, n)
	}
	enough := errors.New("enough")
	if err := lister.Walk(t.Context(), c.bucket, c.prefix, func(ingest.Object) error { return enough }); err != enough {
		t.Errorf("the visitor's error: %v", err)
	}
}

// keys returns what is listed, without the corner's prefix.
func (c corner) keys(t *testing.T, prefix string) (keys []string) {
	t.Helper()
	for o, err := range c.List(t.Context(), c.bucket, c.prefix+prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key[len(c.prefix):])
	}
	return keys
}

func listsAreCurrent(t *testing.T, c corner) {
	if keys := c.keys(t, ""); len(keys) > 0 {
		t.Errorf("before: %v", keys)
	}
	etag := c.put(t, "a/1", "x")
	c.put(t, "a/2", "yy")
	c.put(t, "ab", "z")
	if keys := c.keys(t, "a/"); !slices.Equal(keys, []string{"a/1", "a/2"}) {
		t.Errorf("below a/: %v", keys)
	}
	for o, err := range c.List(t.Context(), c.bucket, c.prefix+"a/1") {
		if want := (ingest.Object{Bucket: c.bucket, Key: c.prefix + "a/1", ETag: etag, Size: 1}); err != nil || o != want {
			t.Errorf("%+v, %v; want %+v", o, err, want)
		}
	}
	if err := c.Delete(t.Context(), c.bucket, c.prefix+"a/1"); err != nil {
		t.Fatal(err)
	}
	if keys := c.keys(t, ""); !slices.Equal(keys, []string{"a/2", "ab"}) {
		t.Errorf("after a deletion: %v", keys)
	}
}

func awkwardKeys(t *testing.T, c corner) {
	keys := []string{"plain", "with space", "plus+sign", "percent%41", "ümläut/日本", "a/b/c/d/e/f", "quote'\"", "hash#?&=", "IM0001.dcm", "(1) [2]"}
	slices.SortFunc(keys, cmp.Compare)
	for _, key := range keys {
		c.put(t, key, key)
	}
	if got := c.keys(t, ""); !slices.Equal(got, keys) {
		t.Errorf("listed %q, want %q", got, keys)
	}
	for _, key := range keys {
		if got, _, err := c.Get(t.Context(), c.bucket, c.prefix+key); err != nil || string(got) != key {
			t.Errorf("%q holds %q, %v", key, got, err)
		}
	}
}
