package jetstream

import (
	"sync"

	"tacstream/ingest"
)

// A packCache remembers the packs that were read last.
type packCache struct {
	mu    sync.Mutex
	packs map[ingest.Token]pack
}

// cachedPacks bounds the cache.
const cachedPacks = 16

func (c *packCache) get(series ingest.Token, seq uint64) (pack, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.packs[series]
	return p, ok && p.seq == seq
}

func (c *packCache) put(series ingest.Token, p pack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.packs == nil || len(c.packs) >= cachedPacks {
		c.packs = map[ingest.Token]pack{}
	}
	c.packs[series] = p
}
