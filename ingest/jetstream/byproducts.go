package jetstream

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
)

const (
	// othersAtOnce is how many records of a folder are held.
	othersAtOnce = 256
	// othersParallel is how many of them are read at once.
	othersParallel = 8
)

// OthersIn calls visit with the record of every object directly in a folder
// that serves for nothing. It holds few of them at a time. Between them it calls
// alive, which may be nil.
func (l *Ledger) OthersIn(ctx context.Context, f Folder, alive func(), visit func(ingest.Record)) error {
	ids := make([]string, 0, othersAtOnce)
	read := func() error {
		records := make([]ingest.Record, len(ids))
		var g errgroup.Group
		g.SetLimit(othersParallel)
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
			if r.Seq > 0 && !r.Gone && r.Bucket == f.Bucket && r.Folder() == f.Name {
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

// Byproducts returns what was stated last of a folder and cause; its Seq
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
	b.Seq = msg.Sequence
	return b, nil
}

// SetByproducts writes a statement if its Seq is still the last, else
// ErrConflict. It returns the statement with its new Seq.
func (l *Ledger) SetByproducts(ctx context.Context, b ingest.Byproducts) (ingest.Byproducts, error) {
	seq, err := l.put(ctx, byproductsSubject(b.Folder, b.Reason.Code), b, b.Seq)
	b.Seq = seq
	return b, err
}
