package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

// In a log progress is a line every other second, and only where something
// changed.
func TestProgressInALogIsShort(t *testing.T) { synctest.Test(t, testProgressInALogIsShort) }

func testProgressInALogIsShort(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&out, "uploading", 100)
	for range 50 {
		b.add(1)
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(10 * time.Second)
	b.say("uploading 50 of 100")
	b.say("uploading 50 of 100")
	b.done()
	if want := "uploading 1 of 100\nuploading 21 of 100\nuploading 41 of 100\nuploading 50 of 100\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
