package cli

import (
	"context"
	"time"
)

// rest waits for d, or until ctx ends, whose error it then returns.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
