package cli

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/ingest/s3"
)

// twoSites lets two facilities drop into one bucket.
const twoSites = `sites:
  - {site: north, bucket: inbox, prefix: north/}
  - {site: south, bucket: inbox, prefix: south/}
`

// A troubled rig has two sites and a proxy before its store that answers reads
// of objects in its stead.
type troubled struct {
	*rig.Rig
	fault atomic.Value // a func(key string, read int) int, which returns an HTTP status or 0
	mu    sync.Mutex
	reads map[string]int
}

// newTroubled starts NATS and the store. Ingest and workers, see serveBehind,
// reach the store through the proxy only.
func newTroubled(t *testing.T) *troubled {
	t.Helper()
	r := &troubled{Rig: rig.New(t), reads: map[string]int{}}
	r.fault.Store(func(string, int) int { return 0 })
	base := twoSites + rig.Configuration(20*time.Second)
	rig.WriteFile(t, r.Config, base)
	store, err := url.Parse("http://" + r.S3Listen)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(r.before(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(store)
		p.Out.Host = p.In.Host // it is part of what is signed
	}}))
	t.Cleanup(proxy.Close)
	rig.WriteFile(t, r.behind(), base+fmt.Sprintf("s3: {endpoint: %q, access_key: tacstream, secret_key: s3-for-tests-only}\n", proxy.URL))
	r.Serve("nats,s3")
	return r
}

// behind is the configuration of those behind the proxy.
func (r *troubled) behind() string { return filepath.Join(r.Dir, "behind.yaml") }

// before answers reads that are to fail.
func (r *troubled) before(store http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		key, object := strings.CutPrefix(req.URL.Path, "/inbox/")
		if !object || key == "" || req.Method != http.MethodGet {
			store.ServeHTTP(w, req)
			return
		}
		r.mu.Lock()
		r.reads[key]++
		read := r.reads[key]
		r.mu.Unlock()
		status := r.fault.Load().(func(string, int) int)(key, read)
		if status == 0 {
			store.ServeHTTP(w, req)
			return
		}
		code := map[int]string{403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"}[status]
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
	})
}

// fail has reads answered from now on.
func (r *troubled) fail(fault func(key string, read int) int) { r.fault.Store(fault) }

// serveBehind starts roles behind the proxy.
func (r *troubled) serveBehind(only string) *rig.Proc {
	r.T.Helper()
	direct := r.Config
	r.Config = r.behind()
	defer func() { r.Config = direct }()
	return r.Serve(only)
}

// quietSouth is what an undisturbed run leaves of one scan of the south.
func quietSouth(t *testing.T, scan phantom.Series) rig.Snapshot {
	t.Helper()
	undisturbed.Lock()
	defer undisturbed.Unlock()
	key := "south/" + scan.Name
	if got, ok := undisturbed.of[key]; ok {
		return got
	}
	r := newTroubled(t)
	r.serveBehind("ingest,work")
	r.Upload("south/", rig.FilesOf(scan))
	got := r.Settle(1)
	if len(got) != 2 {
		t.Fatalf("an undisturbed run left %v", keys(got))
	}
	r.Stop()
	undisturbed.of[key] = got
	return got
}

// unreadable counts the objects that the ledger holds as unreadable.
func (r *troubled) unreadable() (n int) {
	r.T.Helper()
	err := r.Connect().Ledger.Others(r.T.Context(), func(rec ingest.Record) {
		if rec.Fault.Code == ingest.CodeUnreadable {
			n++
		}
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return n
}

// settled waits until no notice of the sources is left.
func (r *troubled) settled(sources ...string) {
	r.T.Helper()
	for _, source := range sources {
		r.Eventually(time.Minute, func() bool {
			n, err := r.Connect().Broker.Waiting(r.T.Context(), source)
			return err == nil && n == 0
		}, "notices are left")
	}
}

func north(key string) bool { return strings.HasPrefix(key, "north/") }

// The south's scan comes to the same result beside 2,300 objects of the north
// that cannot be read, also where ingest begins anew with them. They are visible,
// come in no listing again, and are read once they can be.
func TestTheNorthCannotBeRead(t *testing.T) {
	scan := rig.SmallScan(1, scanFrames)
	want := quietSouth(t, scan)
	for name, status := range map[string]int{"denied": 403, "failing": 503} {
		t.Run(name, func(t *testing.T) {
			r := newTroubled(t)
			r.fail(func(key string, _ int) int {
				if north(key) {
					return status
				}
				return 0
			})
			const many = 2300
			var files []phantom.File
			for i := range many {
				files = append(files, phantom.File{Name: fmt.Sprintf("north/%d.dcm", i), Data: []byte("x")})
			}
			r.Upload("", files)
			ingesting := r.serveBehind("ingest,work")
			half := rig.FilesOf(scan)
			r.Upload("south/", half[:len(half)/2])
			ingesting.Kill()
			r.serveBehind("ingest,work")
			r.Upload("south/", half[len(half)/2:])
			r.Settle(1).Same(t, want)
			if status != 403 {
				return // some minutes later they are given up, see the tests of the intake
			}
			r.AwaitDrained()
			if n := r.unreadable(); n != many {
				t.Fatalf("%d objects are recorded as unreadable, want %d", n, many)
			}
			r.fail(func(string, int) int { return 0 })
			r.Eventually(2*time.Minute, func() bool {
				if err := r.Connect().Broker.Notify(t.Context(), "list", nil); err != nil {
					t.Fatal(err)
				}
				r.AwaitDrained()
				return r.unreadable() == 0
			}, "objects that can be read again are still unreadable")
			r.Snapshot().Same(t, want)
		})
	}
}

// A store that answers 404 to three reads in a hundred loses no object and takes
// no result back, when objects come and when each is looked at again.
func TestAStoreThatForgetsForAMoment(t *testing.T) {
	scan := rig.SmallScan(1, scanFrames)
	want := quietSouth(t, scan)
	r := newTroubled(t)
	r.fail(func(key string, read int) int {
		h := fnv.New32a()
		fmt.Fprintf(h, "%s %d", key, read)
		if h.Sum32()%100 < 3 {
			return 404
		}
		return 0
	})
	r.serveBehind("ingest")
	files := rig.FilesOf(scan)
	r.Upload("south/", files)
	r.settled("south", "facility")
	for range 3 {
		for _, f := range files {
			if err := r.Connect().Broker.Notify(t.Context(), "facility", s3.EncodeNotice(ingest.Notice{Bucket: "inbox", Key: "south/" + f.Name})); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.settled("south", "facility")
	for _, f := range files {
		if rec, err := r.Connect().Ledger.Find(t.Context(), ingest.Object{Bucket: "inbox", Key: "south/" + f.Name}); err != nil || rec.Gone || rec.Kind == ingest.KindOther || rec.Kind == "" {
			t.Errorf("%s: %+v, %v", f.Name, rec, err)
		}
	}
	r.fail(func(string, int) int { return 0 })
	r.serveBehind("work")
	r.Settle(1).Same(t, want)
}

// largeNotice names many objects.
func largeNotice(bucket, prefix string, records int) []byte {
	one := func(i int) string {
		return fmt.Sprintf(`{"eventVersion":"2.1","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":"%s%d"}}}`, bucket, prefix, i)
	}
	list := make([]string, records)
	for i := range list {
		list[i] = one(i)
	}
	return []byte(`{"Records":[` + strings.Join(list, ",") + "]}")
}

// Notices of no use, in number and in length, of a site and of a facility's
// user: the south's scan comes to the same result, and no notice is left.
func TestRubbishNotices(t *testing.T) {
	scan := rig.SmallScan(1, scanFrames)
	want := quietSouth(t, scan)
	for _, source := range []string{"north", "facility"} {
		t.Run(source, func(t *testing.T) {
			r := newTroubled(t)
			send := func(body []byte) {
				if err := r.Connect().Broker.Notify(t.Context(), source, body); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 2100 {
				send(largeNotice("elsewhere", fmt.Sprintf("%d-", i), 1))
			}
			for range 20 {
				send(largeNotice("inbox", "north/x/", 6500))
			}
			send([]byte("rubbish"))
			ingesting := r.serveBehind("ingest,work")
			r.Upload("south/", rig.FilesOf(scan))
			r.Settle(1).Same(t, want)
			ingesting.Kill()
			r.serveBehind("ingest,work")
			r.AwaitDrained()
			r.Snapshot().Same(t, want)
			r.mu.Lock()
			defer r.mu.Unlock()
			for key := range r.reads {
				if north(key) && len(key) > len("north/x/99") {
					t.Errorf("%s was read", key)
				}
			}
		})
	}
}
