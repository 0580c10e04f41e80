package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
)

// Objects that serve for nothing are stated folder by folder. Whoever notices
// one arms the timer of its folder; when nothing more came for the quiet time,
// the folder is counted, and what grew is stated. So an object costs the same
// however many lie beside it.

// othersAtOnce is how many records of a folder are read at once, and held.
const othersAtOnce = 256

// OthersIn calls visit with the record of every object directly in a folder
// that serves for nothing. It holds few of them at a time. Between them it calls
// alive, which may be nil.
func (l *Ledger) OthersIn(ctx context.Context, f Folder, alive func(), visit func(ingest.Record)) error {
	ids := make([]string, 0, othersAtOnce)
	read := func() error {
		records := make([]ingest.Record, len(ids))
		var g errgroup.Group
		g.SetLimit(intakeParallel)
		for i, id := range ids {
			g.Go(func() (err error) {
				records[i], err = l.record(ctx, objectSubject(ingest.ClassOther, id))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, r := range records {
			// The tree holds deeper folders together.
			if r.Revision > 0 && !r.Gone && r.Bucket == f.Bucket && r.Folder() == f.Name {
				visit(r)
			}
		}
		if ids = ids[:0]; alive != nil {
			alive()
		}
		return nil
	}
	err := scan(ctx, l.stream, []string{folderSubject(f.Bucket, f.Name) + ".=o.*"}, func(msg jetstream.Msg, _ uint64) error {
		if ids = append(ids, lastToken(msg.Subject())); len(ids) < othersAtOnce {
			return nil
		}
		return read()
	})
	if err != nil {
		return err
	}
	return read()
}

// Byproducts returns what was stated last of a folder and cause; its Revision
// is 0 where nothing was.
func (l *Ledger) Byproducts(ctx context.Context, folder ingest.Token, code ingest.Code) (ingest.Byproducts, error) {
	var b ingest.Byproducts
	msg, err := last(ctx, l.stream, byproductsSubject(folder, code))
	if err != nil || msg == nil {
		return b, err
	}
	if err := json.Unmarshal(msg.Data, &b); err != nil {
		return b, fmt.Errorf("ledger record %d: %w", msg.Sequence, err)
	}
	b.Revision = msg.Sequence
	return b, nil
}

// SetByproducts writes a statement if its revision is still the last, else
// ErrConflict. It returns the statement with its new revision.
func (l *Ledger) SetByproducts(ctx context.Context, b ingest.Byproducts) (ingest.Byproducts, error) {
	revision, err := l.put(ctx, byproductsSubject(b.Folder, b.Reason.Code), b, b.Revision)
	b.Revision = revision
	return b, err
}

// folderRound collects the folders to which unusable objects came in a round, and
// those of which the timer went off, with the messages that said so.
type folderRound struct {
	came, quiet map[Folder][]jetstream.Msg
}

func newFolderRound() folderRound {
	return folderRound{came: map[Folder][]jetstream.Msg{}, quiet: map[Folder][]jetstream.Msg{}}
}

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
		if b.Revision > 0 && b.Event == "" {
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
	if b.Event, err = in.Judge.Sink.Unusable(ctx, b); err != nil {
		return err
	}
	if in.At != nil {
		in.At("byproducts-stated")
	}
	_, err = in.Ledger.SetByproducts(ctx, b)
	return err
}
