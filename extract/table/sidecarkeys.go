package table

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
)

// The sidecarKeys are the JSON beside a table by its keys in lower case; of keys that
// differ in case only the last in order of bytes counts. Values are plain, see
// plainObject, but for lists of numbers. They are nil where there is none.
type sidecarKeys map[string]json.RawMessage

// readSidecarKeys reads a sidecar; none, or only blanks, is one that says nothing.
func readSidecarKeys(text []byte) (sidecarKeys, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(byteOrderMark)))
	if len(text) == 0 {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, ingest.Reject(ingest.CodeMalformed, "sidecar: it is not a JSON object")
	}
	s := sidecarKeys{}
	var plain map[string]json.RawMessage
	if err := json.Unmarshal(plainObject(text), &plain); err != nil {
		return nil, ingest.Reject(ingest.CodeMalformed, "sidecar: it is not a JSON object")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		lower := strings.ToLower(key)
		if s[lower] = plain[key]; lower == "frametimesstart" || lower == "frameduration" {
			s[lower] = object[key]
		}
	}
	return s, nil
}

// units returns the "Units" of the first of the keys that has any.
func (s sidecarKeys) units(keys ...string) (string, bool) {
	for _, key := range keys {
		var column struct{ Units json.RawMessage }
		if json.Unmarshal(s[strings.ToLower(key)], &column) != nil {
			continue
		}
		if text, ok := statedText(column.Units); ok {
			return text, true
		}
	}
	return "", false
}

// text returns a value that is a text.
func (s sidecarKeys) text(key string) (string, bool) {
	return statedText(s[strings.ToLower(key)])
}

// statedText returns the text that a value holds; ok is false where there is none.
// What is no text, such as a list of two units, is returned as it stands: it states
// something, and no unit is called so.
func statedText(v json.RawMessage) (text string, ok bool) {
	if len(v) == 0 || string(v) == "null" {
		return "", false
	}
	if json.Unmarshal(v, &text) != nil {
		return string(v), true
	}
	return text, text != ""
}

// frames returns the frames of a sidecar as BIDS has them, always in seconds;
// nil where it has none.
func (s sidecarKeys) frames() []ingest.Frame {
	starts, lengths := numbers(s["frametimesstart"]), numbers(s["frameduration"])
	if len(starts) == 0 || len(starts) != len(lengths) {
		return nil
	}
	frames := make([]ingest.Frame, len(starts))
	for i := range frames {
		if !(math.Abs(starts[i]) <= maxTableSeconds && math.Abs(lengths[i]) <= maxTableSeconds) {
			return nil
		}
		frames[i] = ingest.Frame{Start: Seconds.duration(starts[i]), Duration: Seconds.duration(lengths[i])}
	}
	return frames
}

// sameFrame is how far apart two programs may put an edge of the same frame.
const sameFrame = time.Second

// apart returns how many frames lie elsewhere than those of the sidecar,
// whose own count need not be the same.
func apart(frames, others []ingest.Frame) int {
	n := max(len(frames), len(others)) - min(len(frames), len(others))
	for i := range min(len(frames), len(others)) {
		if (frames[i].Start-others[i].Start).Abs() > sameFrame || (frames[i].End()-others[i].End()).Abs() > sameFrame {
			n++
		}
	}
	return n
}

// clock returns the unit of time that a sidecar states for the first of the
// keys that has any, and seconds where it states none.
func (s sidecarKeys) clock(keys ...string) (TimeUnit, Source, error) {
	text, ok := s.units(keys...)
	if !ok {
		return Seconds, Assumed, nil
	}
	unit, ok := timeUnitOf(text)
	if !ok {
		return "", "", ingest.Reject(ingest.CodeMalformed, "sidecar: times are neither in s nor in min")
	}
	return unit, InSidecar, nil
}
