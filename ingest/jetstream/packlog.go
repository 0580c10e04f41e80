package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tacstream/ingest"
)

// packsSubject holds which series were packed last, so that every process
// knows of all packs by one read.
const packsSubject = "_tac.ledger.packs"

// A packLog counts the packs that were written, and names the series of the last
// ones.
type packLog struct {
	Count  uint64         `json:"count"`
	Series []ingest.Token `json:"series"` // oldest first
}

const (
	// packLogged is how many packs back the log goes. Whoever missed more reads
	// the heads of all packs.
	packLogged = 64
	// packScan is how often the heads of all packs are read anyway: workers of an
	// earlier release write no log.
	packScan = 10 * time.Minute
)

// logPack tells every process of a new pack. It is told before the records that
// the pack replaces go.
func logPack(ctx context.Context, s store, series ingest.Token) error {
	return settleConflicts(ctx, "the log of packs", func() (bool, error) {
		log, seq, err := readPackLog(ctx, s)
		if err != nil {
			return false, err
		}
		log.Count++
		log.Series = append(log.Series, series)
		log.Series = log.Series[max(0, len(log.Series)-packLogged):]
		_, err = s.put(ctx, packsSubject, log, seq)
		return settled(err)
	})
}

func readPackLog(ctx context.Context, s store) (log packLog, seq uint64, err error) {
	msg, err := last(ctx, s.stream, packsSubject)
	if err != nil || msg == nil {
		return log, 0, err
	}
	if err := json.Unmarshal(msg.Data, &log); err != nil {
		return log, 0, fmt.Errorf("the log of packs: %w", err)
	}
	return log, msg.Sequence, nil
}
