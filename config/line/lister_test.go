package line

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacstream/ingest"
)

// Everything is listed at the start and every so often, a place soon after it is
// asked for, and what could not be listed after a rest.
func TestTheListerListsAtItsTimes(t *testing.T) { synctest.Test(t, testTheListerListsAtItsTimes) }

func testTheListerListsAtItsTimes(t *testing.T) {
	l := NewLister(nil, 10*time.Minute)
	began := time.Now()
	var listed []string
	failing := true
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.each(ctx, func(_ context.Context, places []ingest.Place) {
			listed = append(listed, fmt.Sprintf("%v %s", time.Since(began), places[0].Prefix))
			if places[0].Prefix == "ill/" && failing {
				failing = false
				l.requests.retry(listAgain, places...)
			}
			time.Sleep(time.Second) // that a listing takes
		})
	}()
	time.Sleep(time.Minute)
	for range 3 {
		l.Ask(ingest.Place{Bucket: "inbox", Prefix: "ill/"})
	}
	time.Sleep(time.Minute)
	l.Ask() // it is 2 minutes past
	time.Sleep(19 * time.Minute)
	cancel()
	<-done
	want := "0s , 1m1s ill/, 1m6s ill/, 2m0s , 10m0s , 20m0s "
	if got := strings.Join(listed, ", "); got != want {
		t.Errorf("listed after %s, want %s", got, want)
	}
}
