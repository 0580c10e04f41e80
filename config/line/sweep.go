package line

import (
	"context"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// A Sweeper keeps what the line promises of every series, at start and every so
// often, without a look into the bucket:
//
//   - a series that is whole and has no result of its present revision has a job,
//   - a series that may still change by itself has a timer,
//   - what the operator asked for is done,
//   - a series that waits for a protocol goes on when the configuration has one,
//   - results of earlier releases are taken over as they are,
//   - a folder with unusable objects that were not stated has a timer.
//
// Jobs and timers get lost with a stream, or expire.
type Sweeper struct {
	*Line
	Every time.Duration
	// wanted holds the series that waited for a protocol when this process
	// judged them, with their revision: its configuration does not change.
	wanted map[ingest.Token]int
}

// sweepAtMost is the longest time between two sweeps.
const sweepAtMost = time.Minute

// Run sweeps until ctx ends.
func (w *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for first := true; ctx.Err() == nil; {
		if err := w.sweep(ctx, first); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "not every series could be swept, trying again", "err", err)
			sleep(ctx, 5*time.Second)
			continue
		}
		first = false
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// armFolders sets the timer of every folder in which more objects serve for
// nothing than were stated: the timer may have been lost.
func (w *Sweeper) armFolders(ctx context.Context) error {
	var all ingest.Gathering
	if err := w.Ledger.Others(ctx, all.Add); err != nil {
		return err
	}
	for _, g := range all.Groups() {
		folder, known := w.Sites.FolderToken(g.Site, g.Bucket, g.Folder)
		if !known {
			continue
		}
		last, err := w.Ledger.Byproducts(ctx, folder, g.Code)
		if err != nil {
			return err
		}
		if _, grown := last.Next(g, folder, time.Now()); !grown {
			continue
		}
		if err := w.Broker.ArmFolder(ctx, jetstream.Folder{Bucket: g.Bucket, Name: g.Folder}); err != nil {
			return err
		}
	}
	return nil
}

// wants reports whether a series waits for a protocol that this process may
// have: it is to be judged once.
func (w *Sweeper) wants(s ingest.State) bool {
	if !s.WantsProtocol() || w.wanted[s.Series] == s.Revision {
		return false
	}
	if w.wanted == nil {
		w.wanted = map[ingest.Token]int{}
	}
	w.wanted[s.Series] = s.Revision
	return true
}

// sweep looks at every state once. First also judges what another configuration
// or release may have left.
func (w *Sweeper) sweep(ctx context.Context, first bool) error {
	queued, err := w.Broker.Queued(ctx)
	if err != nil {
		return err
	}
	armed, err := w.Broker.Armed(ctx)
	if err != nil {
		return err
	}
	var judge, arm []ingest.Token
	kept := 0
	err = w.Ledger.States(ctx, func(s ingest.State) error {
		old := s.Whole() && s.Formula < ingest.LookFormula
		switch {
		case s.Ask != "", s.Unfinished() && (first || !queued[s.Series]), first && old, w.wants(s):
			judge = append(judge, s.Series)
		case s.Waits() && !armed[s.Series]:
			arm = append(arm, s.Series)
		}
		if first && old && s.Stands() {
			kept++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, series := range judge {
		if err := w.Judge.Check(ctx, series, false); err != nil {
			return err
		}
	}
	if first {
		if err := w.armFolders(ctx); err != nil {
			return err
		}
	}
	for _, series := range arm {
		if err := w.Broker.Arm(ctx, series); err != nil {
			return err
		}
	}
	if kept > 0 {
		w.Log.InfoContext(ctx, "results of an earlier release stand as they are, ids and digests among them, until 'tacstream refit' replaces them", "results", kept)
	}
	return nil
}
