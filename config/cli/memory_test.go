package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"tacstream/ingest/phantom"
)

// TestMemoryOfAWorker measures the peak memory of a worker's process on a
// series of 2,314 slices of 128 × 128. With TACSTREAM_LONG=1 it does so too on
// one ten times as long, which takes minutes, and compares the two.
func TestMemoryOfAWorker(t *testing.T) {
	short := peakMemory(t, 26)
	t.Logf("2,314 slices: %.0f MiB", short)
	if short > 300 {
		t.Errorf("%.0f MiB, want less than 300", short)
	}
	if os.Getenv("TACSTREAM_LONG") == "" {
		return
	}
	long := peakMemory(t, 260)
	t.Logf("23,140 slices: %.0f MiB, %+.0f %%", long, 100*(long/short-1))
	if long > 300 || long > 1.2*short {
		t.Errorf("%.0f MiB on ten times as many slices, %.0f MiB before; want less than 300 and 20 %% more", long, short)
	}
}

// peakMemory runs a series of 89 slices and so many frames through the line
// and returns the largest resident size of the worker in MiB.
func peakMemory(t *testing.T, frames int) float64 {
	t.Helper()
	r := newRig(t)
	r.serve("nats,s3,ingest")
	worker := r.serve("work")
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	r.connect()
	for range 8 {
		wg.Go(func() {
			for f := range work {
				r.put(f.Name, f.Data)
			}
		})
	}
	for f := range phantom.Large(frames).Files() {
		work <- f
	}
	close(work)
	wg.Wait()
	got := r.settle(1)
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
	r.stop()
	return kb / 1024
}
