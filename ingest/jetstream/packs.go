package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// Packs hold the records of the series that are finished. They read and write
// the pack of a series and the records beside it, and know which packs may hold
// an object. They are safe for concurrent use.
type packs struct {
	store store
	cache packCache
	index packIndex
}

// replace does what Ledger.Pack says.
func (p *packs) replace(ctx context.Context, series ingest.Token) error {
	old, err := p.pack(ctx, series)
	if err != nil {
		return err
	}
	records, err := p.load(ctx, series)
	if err != nil {
		return err
	}
	var made pack
	for _, r := range records {
		made.Upto = max(made.Upto, r.Seq)
	}
	made.Records = slices.DeleteFunc(records, func(r ingest.Record) bool { return r.Gone && r.Seq < made.Upto })
	if made.Upto <= old.Upto {
		return nil
	}
	if err := p.writeParts(ctx, series, &made); err != nil {
		return err
	}
	made.index()
	if _, err := p.store.put(ctx, packSubject(series), made, old.seq); err != nil {
		return err
	}
	if err := logPack(ctx, p.store, series); err != nil {
		return err
	}
	if err := p.store.stream.Purge(ctx, jetstream.WithPurgeSubject(objectSubject(string(series), "*")), jetstream.WithPurgeSequence(made.Upto+1)); err != nil {
		return err
	}
	if old.Parts == 0 {
		return nil
	}
	return p.store.stream.Purge(ctx, jetstream.WithPurgeSubject(partSubject(series, old.Upto, "*")))
}

// writeParts writes the records of a pack, and notes how many messages hold them.
func (p *packs) writeParts(ctx context.Context, series ingest.Token, made *pack) error {
	records, err := made.encode()
	if err != nil {
		return err
	}
	for part := range slices.Chunk(records, chunkBytes) {
		msg := &nats.Msg{Subject: partSubject(series, made.Upto, strconv.Itoa(made.Parts)), Data: part}
		if _, err := publish(ctx, p.store.js, msg); err != nil {
			return err
		}
		made.Parts++
	}
	return nil
}

// pack reads the pack of a series, empty where there is none.
func (p *packs) pack(ctx context.Context, series ingest.Token) (pack, error) {
	whole, err := p.head(ctx, series)
	if err != nil || whole.seq == 0 {
		return whole, err
	}
	if cached, ok := p.cache.get(series, whole.seq); ok {
		return cached, nil
	}
	if whole.Records, err = p.readParts(ctx, series, whole); err != nil {
		return whole, err
	}
	p.cache.put(series, whole)
	return whole, nil
}

// head reads the pack of a series without its records, empty where there is none.
func (p *packs) head(ctx context.Context, series ingest.Token) (head pack, err error) {
	msg, err := last(ctx, p.store.stream, packSubject(series))
	if err != nil || msg == nil {
		return head, err
	}
	if err := json.Unmarshal(msg.Data, &head); err != nil {
		return head, fmt.Errorf("series %s: pack: %w", series, err)
	}
	head.seq = msg.Sequence
	return head, nil
}

func (p *packs) seq(ctx context.Context, series ingest.Token) (uint64, error) {
	msg, err := last(ctx, p.store.stream, packSubject(series))
	if err != nil || msg == nil {
		return 0, err
	}
	return msg.Sequence, nil
}

// readParts reads the records of a pack of which the head is known.
func (p *packs) readParts(ctx context.Context, series ingest.Token, head pack) ([]ingest.Record, error) {
	var parts []io.Reader
	for i := range head.Parts {
		msg, err := last(ctx, p.store.stream, partSubject(series, head.Upto, strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		if msg == nil {
			return nil, fmt.Errorf("series %s: pack: %w", series, ingest.ErrConflict) // packed anew while it was read
		}
		parts = append(parts, bytes.NewReader(msg.Data))
	}
	return decodePack(io.MultiReader(parts...), series)
}

// load does what Ledger.Load says.
func (p *packs) load(ctx context.Context, series ingest.Token) (records []ingest.Record, err error) {
	err = settleConflicts(ctx, "series "+string(series)+": packed anew whenever it is read", func() (bool, error) {
		// The pack is read first: records that are packed meanwhile are seen
		// twice rather than not at all.
		packed, err := p.pack(ctx, series)
		if err != nil {
			return settled(err) // its parts may have gone meanwhile
		}
		if records, err = p.beside(ctx, series, packed); err != nil {
			return false, err
		}
		again, err := p.seq(ctx, series)
		return again == packed.seq, err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// beside returns the records of a series that are in a pack or beside it.
func (p *packs) beside(ctx context.Context, series ingest.Token, packed pack) ([]ingest.Record, error) {
	at := make(map[string]int, len(packed.Records))
	records := make([]ingest.Record, len(packed.Records))
	for i, r := range packed.Records {
		at[r.ID()], records[i] = i, r
	}
	share := newSharer()
	err := scan(ctx, p.store.stream, []string{objectSubject(string(series), "*")}, func(msg jetstream.Msg, seq uint64) error {
		r, err := share.decode(msg.Data())
		if err != nil {
			return fmt.Errorf("ledger record %d: %w", seq, err)
		}
		r.Seq = seq
		// Outside the pack every object has one record.
		if i, known := at[lastToken(msg.Subject())]; !known {
			records = append(records, r)
		} else if records[i].Seq < seq {
			records[i] = r
		}
		return nil
	})
	return records, err
}
