package jetstream

import (
	"context"
	"encoding/json"
	"fmt"

	"tacstream/ingest"
)

// Members returns what is noted of the series of a study.
func (l *Ledger) Members(ctx context.Context, study string) ([]ingest.Member, error) {
	names, err := subjects(ctx, l.stream, memberSubject(study, "*"))
	if err != nil {
		return nil, err
	}
	list := make([]ingest.Member, 0, len(names))
	for _, name := range names {
		msg, err := last(ctx, l.stream, name)
		if err != nil {
			return nil, err
		}
		if msg == nil {
			continue // removed meanwhile
		}
		var m ingest.Member
		if err := json.Unmarshal(msg.Data, &m); err != nil {
			return nil, fmt.Errorf("ledger record %d: %w", msg.Sequence, err)
		}
		m.Revision = msg.Sequence
		list = append(list, m)
	}
	return list, nil
}

// SetMember notes whether a series of a study is whole.
func (l *Ledger) SetMember(ctx context.Context, study string, m ingest.Member) error {
	_, err := l.put(ctx, memberSubject(study, m.Series), m, m.Revision)
	return err
}
