package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest/phantom"
)

// mixed returns the slices of a scan, the fourth of them in other units.
func mixed(t *testing.T, scan phantom.Series) []phantom.File {
	t.Helper()
	files := slices.DeleteFunc(rig.FilesOf(scan), func(f phantom.File) bool { return f.Slot.Frame == 0 })
	files[3].Data = bytes.Replace(files[3].Data, []byte("BQML"), []byte("CNTS"), 1)
	if !bytes.Contains(files[3].Data, []byte("CNTS")) {
		t.Fatal("the units are not in the header")
	}
	return files
}

// A series is judged by nothing less than all that its headers count.
func TestAVerdictWaitsForTheCount(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 10*time.Minute)
	r.Serve("nats,s3,ingest,work")
	files := mixed(t, rig.SmallScan(1, 4))
	for _, f := range files[:7] {
		r.Put(f.Name, f.Data)
		r.AwaitDrained()
	}
	if events := r.Events("pet.v1.>"); len(events) != 0 {
		t.Errorf("stated by 7 of %d slices: %s", len(files), events[0].Body)
	}
	awaitListed(r, "receiving", "7 of ")
	r.Upload("", files[7:])
	r.Eventually(time.Minute, func() bool {
		events := r.Events("pet.v1.*.series.*")
		return len(events) == 1 && strings.Contains(string(events[0].Body), "MIXED_SERIES")
	}, "no verdict on the whole series")
}

// Where the count is never reached the quiet time brings the verdict, once.
func TestAVerdictWaitsForTheQuietTime(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 3*time.Second)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", mixed(t, rig.SmallScan(1, 4))[:7])
	r.Eventually(time.Minute, func() bool { return len(r.Events("pet.v1.*.series.*")) > 0 }, "no verdict when it is quiet")
	r.AwaitDrained()
	if events := r.Events("pet.v1.>"); len(events) != 1 || !strings.Contains(string(events[0].Body), "series.inconsistent") {
		t.Errorf("%d events: %s", len(events), events[0].Body)
	}
}
