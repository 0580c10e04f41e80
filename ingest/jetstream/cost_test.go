//go:build unix

package jetstream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/watch"
)

// A layout says where the n-th series and its regions lie, and which come first.
type layout struct {
	pet, seg     string // folders, with %d for the series; no seg: there are no regions
	regionsFirst bool
	shared       bool // one region source serves all
}

var layouts = map[string]layout{
	"top, slices first":   {pet: "s%d", seg: "s%d"},
	"top, regions first":  {pet: "s%d", seg: "s%d", regionsFirst: true},
	"sibling folder":      {pet: "s%d/pet", seg: "s%d/regions"},
	"sibling, first":      {pet: "s%d/pet", seg: "s%d/regions", regionsFirst: true},
	"one folder":          {pet: "all", seg: "all", shared: true, regionsFirst: true},
	"deep tree":           {pet: "ds/rawdata/sub-%[1]d/ses-1/pet", seg: "ds/rawdata/sub-%[1]d/ses-1/anat"},
	"waiting for regions": {pet: "s%d"},
}

// made is what stands in the objects of these tests.
type made struct {
	Series, Frame, Slice int
	Regions              bool
}

const (
	costFrames, costSlices = 4, 5
	// costSeries is how many series a run has, unless TACSTREAM_LONG asks for
	// costLong.
	costSeries, costLong = 100, 10_000
)

// A drawer is a store of such objects and their classifier.
type drawer map[string]made

func (d drawer) ReadPrefix(_ context.Context, bucket, key string, _ int64) ([]byte, ingest.Object, error) {
	body, err := json.Marshal(d[key])
	return body, ingest.Object{Bucket: bucket, Key: key, ETag: key, Size: int64(len(body))}, err
}

func (drawer) HoldsRegions(class string) bool { return class == "SEG" }
func (drawer) SpaceOf([]byte) (string, error) { return "1.2", nil }
func (drawer) Classify(prefix []byte, _ int64) (f ingest.Found, need int64) {
	var c made
	if err := json.Unmarshal(prefix, &c); err != nil {
		panic(err)
	}
	if c.Regions {
		f.Header.Strict.SOPClassUID, f.Fault = "SEG", ingest.Reason{Code: ingest.CodeNotPET}
		return f, 0
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return ingest.Found{
		PET: true,
		Header: ingest.Header{Strict: ingest.Strict{
			SeriesInstanceUID: fmt.Sprint(c.Series), SOPClassUID: "1.2.840.10008.5.1.4.1.1.128", FrameOfReferenceUID: "1.2", SeriesType: "DYNAMIC",
			Units: "BQML", DecayCorrection: "START", NumberOfSlices: costSlices, NumberOfTimeSlices: costFrames,
			Rows: 4, Columns: 4, Orientation: [6]float64{1, 0, 0, 0, 1, 0}, PixelSpacing: [2]float64{2, 2}, HalfLife: 1221.66,
		}, Soft: ingest.Soft{SeriesStart: start, StudyInstanceUID: fmt.Sprint(c.Series)}},
		Instance: ingest.Instance{
			SOPInstanceUID: fmt.Sprintf("%d.%d.%d", c.Series, c.Frame, c.Slice), Position: [3]float64{0, 0, 2 * float64(c.Slice)},
			AcquisitionTime: start.Add(time.Duration(c.Frame) * time.Minute), Duration: time.Minute,
		},
	}, 0
}

// A line takes objects in as the intake does, and ends jobs as workers do.
type costLine struct {
	t      testing.TB
	ledger *jetstream.Ledger
	door   *watch.Door
	judge  *watch.Judge
	store  drawer
	asked  func() []ingest.Token
}

func newCostLine(t *testing.T) *costLine {
	b := newBroker(t, jetstream.Options{})
	l := &costLine{t: t, ledger: b.Ledger(), store: drawer{}, asked: askedOf(t, b)}
	l.door = &watch.Door{Store: l.store, Ledger: l.ledger, Classify: l.store, Sites: ingest.Sites{{Bucket: "inbox", Site: "s", Key: ingest.Key("k")}}}
	l.judge = &watch.Judge{Book: l.ledger, Queue: b, Sink: &mouth{}}
	return l
}

// take takes objects in as one batch.
func (l *costLine) take(objects map[string]made) {
	ctx := l.t.Context()
	touched := map[ingest.Token]bool{}
	for key, c := range objects {
		l.store[key] = c
		change, err := l.door.Observe(ctx, ingest.Notice{Bucket: "inbox", Key: key})
		if err != nil {
			l.t.Fatal(err)
		}
		delete(l.store, key)
		if change.RegionsIn {
			near, err := l.ledger.SeriesNear(ctx, change.Bucket, change.Folder)
			if err != nil {
				l.t.Fatal(err)
			}
			change.Series = append(change.Series, near...)
		}
		for _, s := range change.Series {
			touched[s] = true
		}
	}
	for s := range touched {
		if err := l.judge.Check(ctx, s, false); err != nil {
			l.t.Fatal(err)
		}
	}
}

// work ends the job of a series, if it has one.
func (l *costLine) work(series ingest.Token) (done bool) {
	ctx := l.t.Context()
	s, err := l.ledger.State(ctx, series)
	if err != nil {
		l.t.Fatal(err)
	}
	if s.Look == "" || s.Done == s.Revision {
		return false
	}
	if _, err := l.ledger.Update(ctx, series, func(s *ingest.State) error { s.Done = s.Revision; return nil }); err != nil {
		l.t.Fatal(err)
	}
	if err := l.ledger.Pack(ctx, series); err != nil {
		l.t.Fatal(err)
	}
	return true
}

func (l *costLine) series(at layout, n int) {
	in := func(folder string) string {
		if strings.Contains(folder, "%") {
			return fmt.Sprintf(folder, n)
		}
		return folder
	}
	slices, regions := map[string]made{}, map[string]made{}
	for i := range costFrames * costSlices {
		slices[fmt.Sprintf("%s/%d-%d.dcm", in(at.pet), n, i)] = made{Series: n, Frame: i / costSlices, Slice: i % costSlices}
	}
	if at.seg != "" && (!at.shared || n == 0) {
		regions[in(at.seg)+"/seg.dcm"] = made{Series: n, Regions: true}
	}
	if at.regionsFirst {
		l.take(regions)
		l.take(slices)
	} else {
		l.take(slices)
		l.take(regions)
	}
	token := ingest.Key("k").SeriesToken(fmt.Sprint(n))
	if done := l.work(token); done != (at.seg != "") {
		s, _ := l.ledger.State(l.t.Context(), token)
		l.t.Fatalf("series %d: a job: %v; it is %s: %v", n, done, s.Condition, s.Reason)
	}
}

// cpu returns the time that this process, the server in it, has worked.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What an object costs, in time of the processor, grows in no layout with the
// number of series. The last ones are compared with early ones; with TACSTREAM_LONG=1 of 10,000 series, with
// TACSTREAM_SERIES=n of so many.
func TestTheCostOfAnObjectIsFlat(t *testing.T) {
	n := costSeries
	if os.Getenv("TACSTREAM_LONG") != "" {
		n = costLong
	}
	if text := os.Getenv("TACSTREAM_SERIES"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	for name, at := range layouts {
		t.Run(name, func(t *testing.T) {
			l := newCostLine(t)
			some := min(100, n/10)
			measure := func(from int) time.Duration {
				before := cpu(t)
				for i := range some {
					l.series(at, from+i)
				}
				return (cpu(t) - before) / time.Duration(some*(costFrames*costSlices+1))
			}
			for i := range some { // what is done once
				l.series(at, i)
			}
			first := measure(some)
			for i := 2 * some; i < n-some; i++ {
				l.series(at, i)
			}
			last := measure(n - some)
			t.Logf("%d series: CPU per object %v, then %v, %.2f ×", n, first.Round(time.Microsecond), last.Round(time.Microsecond), last.Seconds()/first.Seconds())
			if last > 5*first/2 { // so much for chance: caches, and the collector of garbage
				t.Errorf("an object costs %v and at the end %v", first, last)
			}
		})
	}
}
