package line

import (
	"fmt"
	"testing"
	"time"

	"tacstream/ingest"
)

// Many who ask cost one listing, and nobody's question is older than its answer.
func TestRequestsForListings(t *testing.T) {
	var r requests
	at := func(s float64) time.Time { return time.Unix(1000, 0).Add(time.Duration(s * float64(time.Second))) }
	a := ingest.Place{Bucket: "inbox", Prefix: "a/"}
	expect := func(s float64, want ...ingest.Place) {
		t.Helper()
		if got, _ := r.take(at(s)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("after %g s: %v, want %v", s, got, want)
		}
	}
	expect(0)
	for i := range 20 {
		r.ask(at(float64(i)*0.1), a)
	}
	expect(2)
	if _, wait := r.take(at(2)); wait <= 0 || wait > time.Second {
		t.Errorf("the next look is in %v", wait)
	}
	expect(3, a)
	expect(3)
	r.ask(at(4), a) // what it is about may have come after the listing began
	expect(20)
	expect(34, a)
	for i := range 30 { // without a pause
		r.ask(at(100+float64(i)*0.5), a)
	}
	expect(111, a)
	r.retry(at(150), a)
	expect(149)
	expect(150, a)
	r.ask(at(200), a)
	r.ask(at(200))
	expect(200, ingest.Place{})
	expect(250) // the listing of everything had it
	r.ask(at(300))
	expect(300, ingest.Place{})
	r.ask(at(301))
	expect(301)
	expect(302, ingest.Place{})
	for i := range 2 * maxAsked {
		r.ask(at(400), ingest.Place{Bucket: "inbox", Prefix: fmt.Sprint(i)})
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
