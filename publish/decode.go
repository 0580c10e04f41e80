package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// maxDecodeBytes bounds what Decode reads: more than anybody encodes, no more
// than NATS carries by default.
const maxDecodeBytes = 1 << 20

// Decode reads an event. It ignores fields that it does not know, as every
// consumer must. A type that it does not know is ErrUnknownType.
func Decode(body []byte) (Event, error) { return decode(body, Kinds()) }

// decode reads an event of one of these kinds.
func decode(body []byte, kinds []Kind) (Event, error) {
	if len(body) > maxDecodeBytes {
		return Event{}, fmt.Errorf("%d bytes: %w", len(body), ErrNotEvent)
	}
	var env envelope
	if json.Unmarshal(body, &env) != nil || env.SpecVersion != "1.0" || len(env.ID) != 32 || !isHex(env.ID) {
		return Event{}, ErrNotEvent
	}
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Type == env.Type })
	if i < 0 {
		return Event{}, ErrUnknownType
	}
	data := kinds[i].New()
	if json.Unmarshal(env.Data, data) != nil {
		return Event{}, fmt.Errorf("data of %s: %w", env.Type, ErrNotEvent)
	}
	e, err := newEvent(env.Type, env.ID, data)
	if err == nil && env.Time != "" {
		e.Time, err = time.Parse(time.RFC3339, env.Time)
	}
	if err != nil || source(e.Cause().Site) != env.Source || data.about() != env.Subject {
		return Event{}, fmt.Errorf("labels of %s: %w", env.Type, ErrNotEvent)
	}
	return e, nil
}
