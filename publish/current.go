package publish

import (
	"encoding/json"
	"fmt"

	"tacstream/ingest"
)

// CurrentName is the name, after "<series>/" in the results bucket, of the
// object that says which result of the series holds.
const CurrentName = "current.json"

// A Current says which result of a series holds. Cause, Time, Formula and Look
// are empty in objects of release 0.1.0.
type Current struct {
	Event    string        `json:"event"`            // id of the result's event
	Revision int           `json:"revision"`         // Cause.Revision of that event
	Result   ingest.Result `json:"result"`           // estimated, failed, withdrawn or curves
	Prefix   string        `json:"prefix,omitempty"` // of the result's files, in the same bucket; "" where there are none
	Cause    Cause         `json:"cause,omitzero"`   // of the event
	Time     string        `json:"time,omitempty"`   // of the event
	Formula  int           `json:"look_formula,omitempty"`
	Look     ingest.Token  `json:"look,omitempty"` // keyed digest of ingest.State.Look
}

// CurrentKey returns the key of a series' CurrentName.
func CurrentKey(series ingest.Token) string { return string(series) + "/" + CurrentName }

// NewCurrent returns what CurrentName says once e, a result, stands.
func NewCurrent(e Event) (Current, error) {
	d, ok := e.Data.(resulting)
	if !ok {
		return Current{}, fmt.Errorf("%s is no result: %w", e.Type, ErrNotEvent)
	}
	result, files := d.result()
	c := Current{Event: e.ID, Revision: e.Cause().Revision, Result: result, Cause: e.Cause(), Time: stamp(e.Time)}
	if files != nil {
		c.Prefix = files.Prefix
	}
	return c, nil
}

// Replaces reports whether c may take the place of old, which is zero where
// there is none.
func (c Current) Replaces(old Current) bool {
	return c.Event != old.Event && c.Revision >= old.Revision
}

// Encode returns the file. The same Current always has the same bytes.
func (c Current) Encode() ([]byte, error) { return encodeFile(c) }

// DecodeCurrent reads what Encode wrote. It ignores fields that it does not
// know.
func DecodeCurrent(data []byte) (Current, error) {
	var c Current
	if len(data) > maxFileBytes || json.Unmarshal(data, &c) != nil || c.Event == "" {
		return Current{}, fmt.Errorf("%s: %w", CurrentName, ErrFile)
	}
	return c, nil
}
