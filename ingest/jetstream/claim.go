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

// ErrNewerLedger means that a newer release of tacstream has written the ledger,
// in a way that this one would misread.
var ErrNewerLedger = errors.New("the ledger was written by a newer release of tacstream: run that release here, or give this one a ledger of its own")

const keySubject = "_tac.ledger.key"

// ledgerFormat is how this release writes the ledger. Format 1 is that of
// release 0.1.0, which refuses to start on a ledger whose key is no text: it
// would do all work again.
const ledgerFormat = 2

// A claimed ledger says by which key its tokens were made and how it is written.
type claimed struct {
	Key    ingest.Token `json:"key"`
	Format int          `json:"format"`
}

// UnmarshalJSON also reads what release 0.1.0 wrote: the key alone.
func (c *claimed) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &c.Key) == nil {
		c.Format = 1
		return nil
	}
	type plain claimed
	return json.Unmarshal(data, (*plain)(c))
}

// Claim compares the token of a site key with the ledger's. The first process
// that makes tokens leaves its own, notes how it writes the ledger, and brings one
// of an earlier release up to what this one reads. Like Connect it waits for a
// server that cannot answer now.
func (l *Ledger) Claim(ctx context.Context, key ingest.Token, makes bool) error {
	return persist(ctx, l.conn, l.waiting, func(ctx context.Context) error {
		if err := l.claim(ctx, key, makes); err != nil || !makes {
			return err
		}
		return l.upgrade(ctx)
	})
}

func (l *Ledger) claim(ctx context.Context, key ingest.Token, makes bool) error {
	return settleConflicts(ctx, "the ledger's key", func() (bool, error) {
		var known claimed
		msg, err := last(ctx, l.stream, keySubject)
		if err == nil && msg != nil {
			err = json.Unmarshal(msg.Data, &known)
		}
		var after uint64
		switch {
		case err != nil:
			return false, fmt.Errorf("the ledger's key: %w", err)
		case msg == nil:
		case known.Format > ledgerFormat:
			return false, ErrNewerLedger
		case known.Key != key:
			return false, ErrOtherKey
		case known.Format == ledgerFormat:
			return true, nil
		default:
			after = msg.Sequence
		}
		if !makes {
			return true, nil
		}
		_, err = l.put(ctx, keySubject, claimed{key, ledgerFormat}, after)
		return settled(err)
	})
}
