package rig

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"tacstream/ingest/phantom"
)

// Put uploads like any client: it tries again until the store takes it.
func (r *Rig) Put(key string, data []byte) {
	r.T.Helper()
	ctx, cancel := context.WithTimeout(r.T.Context(), time.Minute)
	defer cancel()
	for {
		_, err := r.Connect().Store.Put(ctx, "inbox", key, data, "application/octet-stream")
		if err == nil {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			r.T.Errorf("upload: %v", err)
			return
		}
	}
}

// Upload sends files, several at once.
func (r *Rig) Upload(prefix string, files []phantom.File) {
	r.T.Helper()
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for f := range work {
				r.Put(prefix+f.Name, f.Data)
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()
}

// SmallScan is a scan that is quick to send and long enough to be fitted.
func SmallScan(seed uint64, frames int) phantom.Series {
	return phantom.Series{Name: fmt.Sprintf("scan-%d", seed), Folder: fmt.Sprintf("scan-%d", seed), Seed: seed, Frames: phantom.EvenFrames(frames, 90*time.Minute/time.Duration(frames))}
}

// FilesOf returns every file of a scan, regions included.
func FilesOf(s phantom.Series) []phantom.File { return slices.Collect(s.Files()) }
