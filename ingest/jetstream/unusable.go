package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tacstream/ingest"
)

// Objects that serve for nothing are stated folder by folder. Whoever notices
// one arms the timer of its folder; when nothing more came for the quiet time,
// the folder is counted, and what grew is stated. So an object costs the same
// however many lie beside it.

// byproducts sets the timers of folders and states what lies in those that are
// quiet. What fails repeats its own messages.
func (in *Intake) byproducts(ctx context.Context, r *round) {
	for f, msgs := range r.folders.came {
		if err := in.Broker.ArmFolder(ctx, f); err != nil {
			in.Log.WarnContext(ctx, "the timer of a folder is not set, so its notices will come again", "err", err)
			r.repeat(msgs)
		}
	}
	for f, msgs := range r.folders.quiet {
		alive := func() {
			for _, m := range msgs {
				_ = m.InProgress() // or it comes again, which does no harm
			}
		}
		if err := in.stateFolder(ctx, f, alive); err != nil {
			in.Log.WarnContext(ctx, "the unusable objects of a folder are not stated, so its timer will come again", "err", err)
			r.repeat(msgs)
		}
	}
}

// stateFolder states of each cause in a folder how many objects there are, if
// they have become more.
func (in *Intake) stateFolder(ctx context.Context, f Folder, alive func()) error {
	var g ingest.Gathering
	if err := in.Ledger.OthersIn(ctx, f, alive, g.Add); err != nil {
		return err
	}
	for _, group := range g.Groups() {
		token, ok := in.Door.Sites.FolderToken(group.Site, f.Bucket, f.Name)
		if !ok {
			continue // an object of no site is never an event
		}
		if err := in.stateGroup(ctx, group, token); err != nil {
			return fmt.Errorf("folder %s: %s: %w", token, group.Code, err)
		}
	}
	return nil
}

// stateGroup writes what it is about to state, states it and notes the event.
// Whoever dies in between finds the statement without an event and states it
// again, with the same id, before anything newer.
func (in *Intake) stateGroup(ctx context.Context, g ingest.Group, folder ingest.Token) error {
	for range maxTellings {
		b, err := in.Ledger.Byproducts(ctx, folder, g.Code)
		if err != nil {
			return err
		}
		if b.Seq > 0 && b.Event == "" {
			if err := in.stateByproducts(ctx, b); err != nil && !errors.Is(err, ingest.ErrConflict) {
				return err
			}
			continue
		}
		next, ok := b.Next(g, folder, time.Now())
		if !ok {
			return nil
		}
		if next, err = in.Ledger.SetByproducts(ctx, next); err == nil {
			err = in.stateByproducts(ctx, next)
		}
		if !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
	return ingest.ErrConflict
}

// maxTellings bounds how often a statement is taken anew.
const maxTellings = 20

// stateByproducts states what the ledger holds already, and notes the event.
func (in *Intake) stateByproducts(ctx context.Context, b ingest.Byproducts) (err error) {
	if b.Event, err = in.Judge.Sink.PublishUnusable(ctx, b); err != nil {
		return err
	}
	if in.At != nil {
		in.At("byproducts-stated")
	}
	_, err = in.Ledger.SetByproducts(ctx, b)
	return err
}
