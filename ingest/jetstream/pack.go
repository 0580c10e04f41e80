package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// chunkBytes keeps a part of a pack below the smallest payload limit that
// servers come with, 1 MiB.
const chunkBytes = 768 << 10

// packWindow is how far back the compression of a pack looks.
const packWindow = 1 << 20

// A pack holds the records of a finished series in one message, or in a few
// where it is large, so that the ledger grows with series and not with slices.
type pack struct {
	Upto    uint64          `json:"upto"`  // records up to this revision are in it
	Parts   int             `json:"parts"` // messages that hold Records, zstd over JSON
	Records []ingest.Record `json:"-"`
	// Marks and Folders say what Records cannot hold; packs of earlier releases
	// have neither.
	Marks   marks    `json:"marks,omitempty"`
	Folders []string `json:"folders,omitempty"` // hashed

	revision uint64
}

// packed is a record with the revision that it had.
type packed struct {
	ingest.Record
	Rev uint64 `json:"rev"`
}

func partSubject(series ingest.Token, upto uint64, i int) string {
	return fmt.Sprintf("_tac.ledger.part.%s.%d.%d", series, upto, i)
}

// Pack replaces the records of a series by one pack that holds them. Records
// that come meanwhile stay beside it and win over it. Of objects that are gone
// only the newest record of all is kept: by its revision a judge knows that what
// the ledger holds is no older than what was judged before.
func (l *Ledger) Pack(ctx context.Context, series ingest.Token) error {
	old, err := l.pack(ctx, series)
	if err != nil {
		return err
	}
	records, err := l.Load(ctx, series)
	if err != nil {
		return err
	}
	var p pack
	for _, r := range records {
		p.Upto = max(p.Upto, r.Revision)
	}
	p.Records = slices.DeleteFunc(records, func(r ingest.Record) bool { return r.Gone && r.Revision < p.Upto })
	if p.Upto <= old.Upto {
		return nil
	}
	if err := l.writeParts(ctx, series, &p); err != nil {
		return err
	}
	p.index()
	if _, err := l.put(ctx, packSubject(series), p, old.revision); err != nil {
		return err
	}
	if err := l.logPack(ctx, series); err != nil {
		return err
	}
	if err := l.broker.ledger.Purge(ctx, jetstream.WithPurgeSubject(objectSubject(string(series), "*")), jetstream.WithPurgeSequence(p.Upto+1)); err != nil {
		return err
	}
	if old.Parts == 0 {
		return nil
	}
	return l.broker.ledger.Purge(ctx, jetstream.WithPurgeSubject(fmt.Sprintf("_tac.ledger.part.%s.%d.*", series, old.Upto)))
}

func (l *Ledger) writeParts(ctx context.Context, series ingest.Token, p *pack) error {
	var buf bytes.Buffer
	z, err := zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	slices.SortFunc(p.Records, func(a, b ingest.Record) int { return strings.Compare(a.Key, b.Key) })
	for _, r := range p.Records {
		if err := enc.Encode(packed{r, r.Revision}); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	for part := range slices.Chunk(buf.Bytes(), chunkBytes) {
		if _, err := publish(ctx, l.broker.js, &nats.Msg{Subject: partSubject(series, p.Upto, p.Parts), Data: part}); err != nil {
			return err
		}
		p.Parts++
	}
	return nil
}

// pack reads the pack of a series, empty where there is none.
func (l *Ledger) pack(ctx context.Context, series ingest.Token) (pack, error) {
	p, err := l.head(ctx, series)
	if err != nil || p.revision == 0 {
		return p, err
	}
	if cached, ok := l.packs.get(series, p.revision); ok {
		return cached, nil
	}
	if p.Records, err = l.readParts(ctx, series, p); err != nil {
		return p, err
	}
	l.packs.put(series, p)
	return p, nil
}

// head reads the pack of a series without its records, empty where there is none.
func (l *Ledger) head(ctx context.Context, series ingest.Token) (p pack, err error) {
	msg, err := last(ctx, l.broker.ledger, packSubject(series))
	if err != nil || msg == nil {
		return p, err
	}
	if err := json.Unmarshal(msg.Data, &p); err != nil {
		return p, fmt.Errorf("series %s: pack: %w", series, err)
	}
	p.revision = msg.Sequence
	return p, nil
}

func (l *Ledger) packRevision(ctx context.Context, series ingest.Token) (uint64, error) {
	msg, err := last(ctx, l.broker.ledger, packSubject(series))
	if err != nil || msg == nil {
		return 0, err
	}
	return msg.Sequence, nil
}

func (l *Ledger) readParts(ctx context.Context, series ingest.Token, p pack) ([]ingest.Record, error) {
	var parts []io.Reader
	for i := range p.Parts {
		msg, err := last(ctx, l.broker.ledger, partSubject(series, p.Upto, i))
		if err != nil {
			return nil, err
		}
		if msg == nil {
			return nil, ingest.ErrConflict // packed anew while it was read
		}
		parts = append(parts, bytes.NewReader(msg.Data))
	}
	z, err := zstd.NewReader(io.MultiReader(parts...), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(packWindow))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var records []ingest.Record
	share := newSharer()
	for dec := json.NewDecoder(z); dec.More(); {
		var body json.RawMessage
		err := dec.Decode(&body)
		if err == nil {
			var r ingest.Record
			if r, err = share.decode(body); err == nil {
				records = append(records, r)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("series %s: pack: %w", series, err)
		}
	}
	return records, nil
}

// findPacked looks for the newest record of an object in the packs that may hold
// it, and returns the revision that it had. A record from a pack has
// no subject of its own: its revision is 0.
func (l *Ledger) findPacked(ctx context.Context, o ingest.Object) (newest ingest.Record, revision uint64, err error) {
	candidates, err := l.mayHold(ctx, o)
	if err != nil {
		return newest, 0, err
	}
	for _, series := range candidates {
		p, err := l.pack(ctx, series)
		if err != nil {
			return newest, 0, err
		}
		i, ok := slices.BinarySearchFunc(p.Records, o.Key, func(r ingest.Record, key string) int { return strings.Compare(r.Key, key) })
		if ok && p.Records[i].Bucket == o.Bucket && p.Records[i].Revision > revision {
			newest, revision = p.Records[i], p.Records[i].Revision
			newest.Revision, newest.Packed = 0, true
		}
	}
	return newest, revision, nil
}

// A packCache remembers the packs that were read last and the tree subjects
// that were written, which are never removed.
type packCache struct {
	mu    sync.Mutex
	packs map[ingest.Token]pack
	trees map[string]bool
}

// cachedPacks and cachedTrees bound the cache.
const (
	cachedPacks = 16
	cachedTrees = 20_000
)

func (c *packCache) get(series ingest.Token, revision uint64) (pack, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.packs[series]
	return p, ok && p.revision == revision
}

func (c *packCache) put(series ingest.Token, p pack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.packs == nil || len(c.packs) >= cachedPacks {
		c.packs = map[ingest.Token]pack{}
	}
	c.packs[series] = p
}

func (c *packCache) noted(subject string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trees[subject]
}

func (c *packCache) note(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trees == nil || len(c.trees) >= cachedTrees {
		c.trees = map[string]bool{}
	}
	c.trees[subject] = true
}
