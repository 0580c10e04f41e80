package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/config/rig"
	"tacstream/ingest/phantom"
)

// memoryLimit is what a worker may take, in MiB, whatever the series' size.
const memoryLimit = 200

// TestMemoryOfAWorker measures the peak memory of a worker's process on a
// series of 2,314 slices of 128 × 128. With TACSTREAM_LONG=1 it does so too on
// 9,256 and 92,560 slices of 256 × 256, which are 1.2 and 12 GB and take a
// quarter of an hour.
func TestMemoryOfAWorker(t *testing.T) {
	peakMemory(t, figures.Speed(t, "memory of a worker, 76 MB of slices", 1), phantom.Large(26))
	if os.Getenv("TACSTREAM_LONG") == "" {
		return
	}
	for _, long := range []struct {
		what   string
		frames int
	}{{"memory of a worker, 1.2 GB of slices", 104}, {"memory of a worker, 12 GB of slices", 1040}} {
		series := phantom.Large(long.frames)
		series.Size[0], series.Size[1] = 256, 256
		peakMemory(t, figures.Speed(t, long.what, 1), series)
	}
}

// peakMemory runs a series through the line and makes sure that the largest
// resident size of the worker stays below the limit, and adds it to the row.
func peakMemory(t *testing.T, row *figures.Row, series phantom.Series) {
	t.Helper()
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	worker := r.Serve("work")
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	r.Connect()
	for range 8 {
		wg.Go(func() {
			for f := range work {
				r.Put(f.Name, f.Data)
			}
		})
	}
	for f := range series.Files() {
		work <- f
	}
	close(work)
	wg.Wait()
	got := r.SettleWithin(15*time.Minute, 1)
	if len(got) != 2 {
		t.Fatalf("left %v", keys(got))
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", worker.Process.Pid))
	if err != nil {
		t.Skipf("no /proc to read the memory from: %v", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	row.AtMost("# MiB").Add(kb / 1024)
	t.Logf("%d slices of %d × %d: %.0f MiB", len(series.Frames)*series.Size[2], series.Size[1], series.Size[0], kb/1024)
	if kb/1024 > memoryLimit {
		t.Errorf("%.0f MiB, want at most %d", kb/1024, memoryLimit)
	}
	r.Stop()
}
