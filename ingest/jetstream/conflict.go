package jetstream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tacstream/ingest"
)

const (
	// maxConflicts bounds how often a decision is taken anew because another
	// writer was faster.
	maxConflicts = 20
	// conflictPause is how much longer each pause before that may be than the one
	// before it.
	conflictPause = 5 * time.Millisecond
)

// settled says what a compare-and-set means that returned err: it took, or
// another writer was faster, or it cannot be done.
func settled(err error) (bool, error) {
	if errors.Is(err, ingest.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// settleConflicts calls try until it has settled the matter or fails. Where
// another writer was faster, try returns false and is called again, at most
// maxConflicts times in all; the pauses between are random, so that many writers
// do not meet again and again. After the last call the error wraps ErrConflict
// and names the thing.
func settleConflicts(ctx context.Context, thing string, try func() (settled bool, err error)) error {
	for n := range time.Duration(maxConflicts) {
		if n > 0 {
			if pause(ctx, rand.N(n*conflictPause)); ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if settled, err := try(); settled || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: %w", thing, ingest.ErrConflict)
}
