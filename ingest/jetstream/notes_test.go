package jetstream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/watch"
)

// A map of everything, which RegionsNear is compared with: it looks at all
// folders each time.
type everything struct {
	regions map[string]ingest.Record // present ones, by key
	series  map[ingest.Token]string  // folder
}

func (e *everything) RegionsNear(_ context.Context, _, folder string) (near []ingest.Record, err error) {
	for _, r := range e.regions {
		at := r.Folder()
		if at == folder || up(at) == folder && at != "" && !e.holds(at) {
			near = append(near, r)
		}
	}
	return near, nil
}

func (e *everything) holds(folder string) bool {
	for _, at := range e.series {
		if at == folder || strings.HasPrefix(at, folder+"/") {
			return true
		}
	}
	return false
}

func up(folder string) string {
	if dir := path.Dir(folder); dir != "." {
		return dir
	}
	return ""
}

// A seeker looks for regions of series as a judge does.
type seeker struct {
	*jetstream.Ledger
	t      *testing.T
	series ingest.Token
	looked map[string]bool
}

func (s *seeker) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	s.looked[folder] = true
	if err := s.Watch(ctx, bucket, folder, s.series); err != nil {
		return nil, err
	}
	return s.Ledger.RegionsNear(ctx, bucket, folder)
}

func (s *seeker) seek(folder string) string {
	s.t.Helper()
	found := served(s.t, s, folder)
	for dir := folder; ; dir = up(dir) {
		if !s.looked[dir] {
			if err := s.Unwatch(s.t.Context(), "inbox", dir, s.series); err != nil {
				s.t.Fatal(err)
			}
		}
		if dir == "" {
			return found
		}
	}
}

func served(t *testing.T, l watch.RegionLister, folder string) string {
	t.Helper()
	r, ok, _, err := watch.FindRegions(t.Context(), l, "inbox", []string{folder}, watch.Need{Space: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(ok, r.Image.Key, r.Others, r.Elsewhere, r.Above)
}

// Whatever comes and goes in whatever order: the series that are told of it are
// all for which something changes, and what serves them is what a search through
// everything finds.
func TestRegionsAndSeriesFindEachOther(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, jetstream.Options{})
			rng := rand.New(rand.NewPCG(seed, 1))
			asked := askedOf(t, b)
			truth := &everything{regions: map[string]ingest.Record{}, series: map[ingest.Token]string{}}
			now := map[ingest.Token]string{}
			judge := func(l *jetstream.Ledger, series ingest.Token) {
				if folder, ok := truth.series[series]; ok {
					s := &seeker{Ledger: l, t: t, series: series, looked: map[string]bool{}}
					now[series] = s.seek(folder)
				}
			}
			folders := []string{"", "a", "a/b", "a/b/c", "a/d", "a/d/e", "f", "f/g", "f/g/h", "i"}
			// Two processes, whose caches know different things.
			ledgers := []*jetstream.Ledger{b.Ledger(), b.Ledger()}
			for step := range 120 {
				l := ledgers[rng.IntN(2)]
				folder := folders[rng.IntN(len(folders))]
				switch rng.IntN(3) {
				case 0:
					series := ingest.Key("k").SeriesToken(fmt.Sprint(step))
					r := slice(string(series), path.Join(folder, fmt.Sprint(step)))
					if err := l.Append(t.Context(), r, 0); err != nil {
						t.Fatal(err)
					}
					truth.series[series] = folder
					judge(l, series)
				default:
					r := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: path.Join(folder, fmt.Sprintf("%d.dcm", rng.IntN(3)))}, Kind: ingest.KindRegions, Space: fmt.Sprint(rng.IntN(2)), Digest: fmt.Sprint(step)}
					prev, err := l.Find(t.Context(), r.Object)
					if err != nil {
						t.Fatal(err)
					}
					if r.Gone = rng.IntN(3) == 0; r.Gone && prev.Seq == 0 {
						continue
					}
					if err := l.Append(t.Context(), r, prev.Seq); err != nil {
						t.Fatal(err)
					}
					if truth.regions[r.Key] = r; r.Gone {
						delete(truth.regions, r.Key)
					}
					near, err := l.SeriesNear(t.Context(), "inbox", folder)
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range near {
						judge(ledgers[rng.IntN(2)], s)
					}
				}
				for _, s := range asked() {
					judge(l, s)
				}
				for series, folder := range truth.series {
					if want := served(t, truth, folder); now[series] != want {
						t.Fatalf("step %d: series in %q has %s, want %s", step, folder, now[series], want)
					}
				}
			}
		})
	}
}

// askedOf returns a function that returns the series that are to be judged by
// request since it was called last.
func askedOf(t *testing.T, b *jetstream.Broker) func() []ingest.Token {
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.CreateConsumer(t.Context(), jetstream.StreamNotices, natsjs.ConsumerConfig{Durable: "asked", FilterSubject: "_tac.notice.judge", AckPolicy: natsjs.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	return func() (list []ingest.Token) {
		batch, err := c.FetchNoWait(100)
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			for _, line := range strings.Fields(string(m.Data())) {
				list = append(list, ingest.Token(line))
			}
			m.Ack()
		}
		return list
	}
}

// A region source that comes and a series that looks at the same moment: at least
// one sees the other.
func TestASourceAndASeriesAtTheSameMoment(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	for round := range 60 {
		folder := fmt.Sprintf("r%d", round)
		series := ingest.Key("k").SeriesToken(folder)
		var near []ingest.Token
		var found string
		var wg sync.WaitGroup
		wg.Go(func() {
			l := b.Ledger()
			r := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: folder + "/beside/x.dcm"}, Kind: ingest.KindRegions, Space: "1", Digest: "d"}
			if err := l.Append(t.Context(), r, 0); err != nil {
				t.Error(err)
			}
			near, _ = l.SeriesNear(t.Context(), "inbox", folder+"/beside")
		})
		wg.Go(func() {
			l := b.Ledger()
			if err := l.Append(t.Context(), slice(string(series), folder+"/pet/1"), 0); err != nil {
				t.Error(err)
			}
			s := &seeker{Ledger: l, t: t, series: series, looked: map[string]bool{}}
			found = s.seek(folder + "/pet")
		})
		wg.Wait()
		if !slices.Contains(near, series) && !strings.HasPrefix(found, "true") {
			t.Fatalf("round %d: neither sees the other: near %v, found %s", round, near, found)
		}
	}
}

// A ledger of the release before knows who lies where, and no more. What it holds
// finds each other after the first start of this one, of two processes at once.
func TestALedgerOfAnEarlierReleaseIsBroughtUp(t *testing.T) {
	b := newBroker(t, jetstream.Options{})
	l := b.Ledger()
	put := func(kind ingest.Kind, series, key string) {
		r := slice(series, key)
		if r.Kind = kind; kind != ingest.KindSlice {
			r.Series, r.Instance, r.Header, r.Space = "", nil, nil, "1"
		}
		if err := l.Append(t.Context(), r, 0); err != nil {
			t.Fatal(err)
		}
	}
	put(ingest.KindSlice, "one", "top/s1/pet/1")
	put(ingest.KindSlice, "two", "top/s2/1")
	put(ingest.KindRegions, "", "top/s1/regions/a.dcm")
	put(ingest.KindRegions, "", "top/s2/b.dcm")
	js, err := natsjs.New(b.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), jetstream.StreamLedger)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), natsjs.WithSubjectFilter("_tac.ledger.tree.>"))
	if err != nil {
		t.Fatal(err)
	}
	for subject := range info.State.Subjects {
		if strings.HasSuffix(subject, ".=h") || strings.Contains(subject, ".=w.") || strings.Contains(subject, ".=c.") {
			if err := stream.Purge(t.Context(), natsjs.WithPurgeSubject(subject)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := b.Ledger().Claim(t.Context(), "key", true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	l = b.Ledger()
	for folder, want := range map[string]int{"top/s1": 1, "top/s1/pet": 0, "top": 0, "top/s2": 1} {
		if got, err := l.RegionsNear(t.Context(), "inbox", folder); err != nil || len(got) != want {
			t.Errorf("near %s: %d regions, %v; want %d", folder, len(got), err, want)
		}
	}
	for folder, want := range map[string]string{"top/s1/regions": "[one]", "top/s2": "[two]", "top/new": "[one two]", "elsewhere/new": "[]", "elsewhere": "[one two]"} {
		got, err := l.SeriesNear(t.Context(), "inbox", folder)
		if slices.Sort(got); err != nil || fmt.Sprint(got) != want {
			t.Errorf("near %s: %v, %v; want %s", folder, got, err, want)
		}
	}
	before, _ := stream.Info(t.Context())
	if err := b.Ledger().Claim(t.Context(), "key", true); err != nil {
		t.Fatal(err)
	}
	if after, _ := stream.Info(t.Context()); after.State.LastSeq != before.State.LastSeq {
		t.Errorf("the second start wrote %d messages", after.State.LastSeq-before.State.LastSeq)
	}
}
