package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/ingest/phantom"
)

// mixed returns the slices of a scan, the fourth of them in other units.
func mixed(t *testing.T, scan phantom.Series) []phantom.File {
	t.Helper()
	files := slices.DeleteFunc(filesOf(scan), func(f phantom.File) bool { return f.Slot.Frame == 0 })
	files[3].Data = bytes.Replace(files[3].Data, []byte("BQML"), []byte("CNTS"), 1)
	if !bytes.Contains(files[3].Data, []byte("CNTS")) {
		t.Fatal("the units are not in the header")
	}
	return files
}

// A series is judged by nothing less than all that its headers count.
func TestAVerdictWaitsForTheCount(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, 10*time.Minute)
	r.serve("nats,s3,ingest,work")
	files := mixed(t, smallScan(1, 4))
	for _, f := range files[:7] {
		r.put(f.Name, f.Data)
		r.drained()
	}
	if events := r.events("pet.v1.>"); len(events) != 0 {
		t.Errorf("stated by 7 of %d slices: %s", len(files), events[0].Body)
	}
	awaitListed(r, "receiving", "7 of ")
	r.upload("", files[7:])
	r.eventually(time.Minute, func() bool {
		events := r.events("pet.v1.*.series.*")
		return len(events) == 1 && strings.Contains(string(events[0].Body), "MIXED_SERIES")
	}, "no verdict on the whole series")
}

// Where the count is never reached the quiet time brings the verdict, once.
func TestAVerdictWaitsForTheQuietTime(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, 3*time.Second)
	r.serve("nats,s3,ingest,work")
	r.upload("", mixed(t, smallScan(1, 4))[:7])
	r.eventually(time.Minute, func() bool { return len(r.events("pet.v1.*.series.*")) > 0 }, "no verdict when it is quiet")
	r.drained()
	if events := r.events("pet.v1.>"); len(events) != 1 || !strings.Contains(string(events[0].Body), "series.inconsistent") {
		t.Errorf("%d events: %s", len(events), events[0].Body)
	}
}
