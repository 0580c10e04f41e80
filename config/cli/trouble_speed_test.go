package cli

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// forgetful answers 404 to three reads in a hundred.
func forgetful(key string, read int) int {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", key, read)
	if h.Sum32()%100 < 3 {
		return 404
	}
	return 0
}

// Series that come and are fitted while the store forgets three reads in a
// hundred all end in one result each, soon after the store is well.
// TACSTREAM_LONG has it forget for a minute.
func TestAStoreThatForgetsWhileSeriesAreFitted(t *testing.T) {
	n, ill := 4, 8*time.Second
	if os.Getenv("TACSTREAM_LONG") != "" {
		n, ill = 12, time.Minute
	}
	r := newTroubled(t)
	r.fail(forgetful)
	r.serveBehind("ingest")
	r.serveBehind("work")
	began := time.Now()
	for i := range n {
		r.Upload("south/", rig.FilesOf(keptScan(i)))
	}
	if err := rest(t.Context(), ill-time.Since(began)); err != nil {
		t.Fatal(err)
	}
	r.fail(func(string, int) int { return 0 })
	well := time.Now()
	r.Settle(n)
	t.Logf("%d series came to their end %v after the store was well", n, time.Since(well).Round(time.Millisecond))
	r.AwaitDrained()
	if events := r.ResultsOf("*"); len(events) != n {
		t.Errorf("%d events state the results of %d series", len(events), n)
	}
	for _, s := range r.States() {
		if s.Attempts != 0 || s.Result != ingest.Estimated {
			t.Errorf("series %s: %d attempts, %s", s.Series, s.Attempts, s.Result)
		}
	}
}

// How long a scan of the south takes beside a north that is denied, or sends the
// worst notices that it may, and beside one that is quiet: medians of five, which
// TACSTREAM_LONG prints.
func TestTheSouthBesideATroubledNorth(t *testing.T) {
	if os.Getenv("TACSTREAM_LONG") == "" {
		t.Skip("set TACSTREAM_LONG to measure")
	}
	const scans = 5
	measure := func(trouble func(r *troubled)) time.Duration {
		r := newTroubled(t)
		r.serveBehind("ingest,work")
		var troubling sync.WaitGroup
		troubling.Go(func() { trouble(r) })
		defer troubling.Wait()
		var took []time.Duration
		for i := range scans {
			scan := rig.SmallScan(uint64(100+i), scanFrames)
			began := time.Now()
			r.Upload("south/", rig.FilesOf(scan))
			series := r.Connect().Sites[1].Key.SeriesToken(scan.SeriesInstanceUID())
			r.Eventually(2*time.Minute, func() bool {
				s, err := r.Connect().Ledger.State(t.Context(), series)
				return err == nil && s.Stands() && s.Result == ingest.Estimated
			}, "no result")
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[scans/2]
	}
	quiet := measure(func(*troubled) {})
	denied := measure(func(r *troubled) {
		r.fail(func(key string, _ int) int {
			if north(key) {
				return 403
			}
			return 0
		})
		var files []phantom.File
		for i := range 2300 {
			files = append(files, phantom.File{Name: fmt.Sprintf("%d", i), Data: []byte("x")})
		}
		r.Upload("north/", files)
	})
	rubbish := measure(func(r *troubled) {
		for i := range 2100 {
			r.notify("north", largeNotice("elsewhere", fmt.Sprintf("%d-", i), 1))
		}
		for i := range 20 {
			r.notify("north", largeNotice("inbox", fmt.Sprintf("north/%d/", i), 6500))
		}
	})
	t.Logf("a scan of the south takes %v, %v beside a north that is denied, %v beside one that sends the worst notices",
		quiet.Round(time.Millisecond), denied.Round(time.Millisecond), rubbish.Round(time.Millisecond))
}

// notify sends a notice under a source's name.
func (r *troubled) notify(source string, body []byte) {
	r.T.Helper()
	if err := r.Connect().Broker.Notify(r.T.Context(), source, body); err != nil {
		r.T.Fatal(err)
	}
}
