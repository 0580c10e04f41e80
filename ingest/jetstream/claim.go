package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tacstream/ingest"
)

// ErrOtherKey means that the ledger's tokens were made with another site key.
// A process with a key of its own would know every series by another name, and
// do all work again beside the others.
var ErrOtherKey = errors.New("the ledger was begun with another site_key: all processes of a line need the same")

const keySubject = "_tac.ledger.key"

// Claim compares the token of a site key with the ledger's. The first process
// that makes tokens leaves its own, and brings a ledger of an earlier release up
// to what this one reads.
func (l *Ledger) Claim(ctx context.Context, key ingest.Token, makes bool) error {
	if err := l.claim(ctx, key, makes); err != nil || !makes {
		return err
	}
	return l.upgrade(ctx)
}

func (l *Ledger) claim(ctx context.Context, key ingest.Token, makes bool) error {
	for {
		msg, err := last(ctx, l.broker.ledger, keySubject)
		if err != nil {
			return fmt.Errorf("the ledger's key: %w", err)
		}
		if msg != nil {
			var known ingest.Token
			if err := json.Unmarshal(msg.Data, &known); err != nil {
				return fmt.Errorf("the ledger's key: %w", err)
			}
			if known != key {
				return ErrOtherKey
			}
			return nil
		}
		if !makes {
			return nil
		}
		if _, err := l.put(ctx, keySubject, key, 0); !errors.Is(err, ingest.ErrConflict) {
			return err
		}
	}
}
