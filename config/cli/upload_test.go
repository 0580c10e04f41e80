package cli

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"tacstream/ingest/phantom"
)

// put uploads like any client: it tries again until the store takes it.
func (r *rig) put(key string, data []byte) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := r.connect().Store.Put(ctx, "inbox", key, data, "application/octet-stream")
		if err == nil {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			r.t.Errorf("upload: %v", err)
			return
		}
	}
}

// upload sends files, several at once.
func (r *rig) upload(prefix string, files []phantom.File) {
	r.t.Helper()
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for f := range work {
				r.put(prefix+f.Name, f.Data)
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()
}

// smallScan is a scan that is quick to send and long enough to be fitted.
func smallScan(seed uint64, frames int) phantom.Series {
	return phantom.Series{Name: fmt.Sprintf("scan-%d", seed), Folder: fmt.Sprintf("scan-%d", seed), Seed: seed, Frames: phantom.EvenFrames(frames, 90*time.Minute/time.Duration(frames))}
}

func filesOf(s phantom.Series) []phantom.File { return slices.Collect(s.Files()) }
