package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// find looks for the newest record of an object in the packs that may hold
// it, and returns the Seq that it had. A record from a pack has
// no subject of its own: its Seq is 0.
func (p *packs) find(ctx context.Context, o ingest.Object) (newest ingest.Record, seq uint64, err error) {
	candidates, err := p.mayHold(ctx, o)
	if err != nil {
		return newest, 0, err
	}
	for _, series := range candidates {
		held, err := p.pack(ctx, series)
		if err != nil {
			return newest, 0, err
		}
		if r, ok := held.find(o); ok && r.Seq > seq {
			newest, seq = r, r.Seq
			newest.Seq, newest.Packed = 0, true
		}
	}
	return newest, seq, nil
}

// mayHold returns the series whose packs may hold an object.
func (p *packs) mayHold(ctx context.Context, o ingest.Object) ([]ingest.Token, error) {
	log, _, err := readPackLog(ctx, p.store)
	if err != nil {
		return nil, err
	}
	x := &p.index
	x.mu.Lock()
	defer x.mu.Unlock()
	missed := log.Count - x.count
	switch {
	case x.in == nil, missed > uint64(len(log.Series)), time.Since(x.scanned) > packScan:
		err = p.scan(ctx)
	default:
		for _, series := range log.Series[len(log.Series)-int(missed):] {
			var head pack
			if head, err = p.head(ctx, series); err == nil {
				err = p.note(ctx, series, head)
			}
			if err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	x.count = log.Count
	return x.in[packFolder(o.Bucket, o.Folder())].with(markOf(o)), nil
}

// scan indexes all packs.
func (p *packs) scan(ctx context.Context) error {
	p.index.reset()
	now := time.Now()
	err := scan(ctx, p.store.stream, []string{packSubject("*")}, func(msg jetstream.Msg, seq uint64) error {
		head := pack{seq: seq}
		if err := json.Unmarshal(msg.Data(), &head); err != nil {
			return fmt.Errorf("ledger record %d: %w", seq, err)
		}
		return p.note(ctx, ingest.Token(lastToken(msg.Subject())), head)
	})
	if err != nil {
		p.index.in = nil
		return err
	}
	p.index.scanned = now
	return nil
}

// note puts a pack into the index. One that an earlier release wrote is read for
// it.
func (p *packs) note(ctx context.Context, series ingest.Token, head pack) error {
	if head.Marks == nil && head.Parts > 0 {
		whole, err := p.pack(ctx, series)
		if err != nil {
			return err
		}
		head = whole
		head.index()
	}
	p.index.set(series, head.Folders, head.Marks)
	return nil
}
