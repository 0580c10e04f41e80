package jetstream

import (
	"context"
	"encoding/json"
	"fmt"

	"tacstream/ingest/watch"
)

// Members returns what is noted of the series of an examination.
func (l *Ledger) Members(ctx context.Context, examination string) ([]watch.Member, error) {
	names, err := subjects(ctx, l.stream, memberSubject(examination, "*"))
	if err != nil {
		return nil, err
	}
	list := make([]watch.Member, 0, len(names))
	for _, name := range names {
		msg, err := last(ctx, l.stream, name)
		if err != nil {
			return nil, err
		}
		if msg == nil {
			continue // removed meanwhile
		}
		var m watch.Member
		if err := json.Unmarshal(msg.Data, &m); err != nil {
			return nil, fmt.Errorf("ledger record %d: %w", msg.Sequence, err)
		}
		m.Seq = msg.Sequence
		list = append(list, m)
	}
	return list, nil
}

// SetMember notes whether a series of an examination is whole.
func (l *Ledger) SetMember(ctx context.Context, examination string, m watch.Member) error {
	_, err := l.put(ctx, memberSubject(examination, m.Series), m, m.Seq)
	return err
}
