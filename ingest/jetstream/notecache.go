package jetstream

import "sync"

// A noteCache remembers the tree subjects that were written, which are never
// removed.
type noteCache struct {
	mu    sync.Mutex
	trees map[string]bool
}

// cachedTrees bounds the cache.
const cachedTrees = 20_000

func (c *noteCache) noted(subject string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trees[subject]
}

func (c *noteCache) note(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trees == nil || len(c.trees) >= cachedTrees {
		c.trees = map[string]bool{}
	}
	c.trees[subject] = true
}
