package line

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tacstream/ingest"
)

// Many who ask cost one listing, and nobody's question is older than its answer.
func TestRequestsForListings(t *testing.T) { synctest.Test(t, testRequestsForListings) }

func testRequestsForListings(t *testing.T) {
	var r requests
	began := time.Now()
	at := func(s float64) { time.Sleep(time.Until(began.Add(time.Duration(s * float64(time.Second))))) }
	a := ingest.Place{Bucket: "inbox", Prefix: "a/"}
	expect := func(s float64, want ...ingest.Place) {
		t.Helper()
		at(s)
		if got, _ := r.take(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("after %g s: %v, want %v", s, got, want)
		}
	}
	expect(0)
	for i := range 20 {
		at(float64(i) * 0.1)
		r.ask(a)
	}
	expect(2)
	if _, wait := r.take(); wait != 900*time.Millisecond {
		t.Errorf("the next look is in %v", wait)
	}
	expect(3, a)
	expect(3)
	at(4)
	r.ask(a) // what it is about may have come after the listing began
	expect(20)
	expect(33, a)
	for i := range 20 { // without a pause
		at(100 + float64(i)*0.5)
		r.ask(a)
	}
	expect(109.9)
	expect(110, a)
	r.retry(40*time.Second, a)
	expect(149)
	expect(150, a)
	at(200)
	r.ask(a)
	r.ask()
	expect(200, ingest.Place{})
	expect(250) // the listing of everything had it
	at(300)
	r.ask()
	expect(300, ingest.Place{})
	at(301)
	r.ask()
	expect(301)
	expect(302, ingest.Place{})
	at(400)
	for i := range 2 * maxAsked {
		r.ask(ingest.Place{Bucket: "inbox", Prefix: fmt.Sprint(i)})
	}
	if len(r.asked) > maxAsked+1 {
		t.Errorf("%d places wait", len(r.asked))
	}
}

// What a pass had to leave out comes first in the next one.
func TestNoUnreadableObjectIsLeftOutForEver(t *testing.T) {
	s := share{seen: 700, stopped: 512, full: true}
	if s.next() != 512 {
		t.Errorf("the next pass begins with %d", s.next())
	}
	if s := (share{seen: 700}); s.next() != 0 {
		t.Errorf("after a whole pass the next begins with %d", s.next())
	}
}
