package table

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Programs that convert metadata, R's and MATLAB's among them, write a single value
// as a list of one, such as "Units": ["Bq"], and no value as an empty list. BIDS
// itself allows a number where a list has one element. A sidecar is therefore read
// after every value of it, and of the objects in it, was made plain.

// plainObject returns a sidecar with plain values; a text that is not a JSON object
// comes back as it is.
func plainObject(text []byte) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object == nil {
		return text
	}
	for key, v := range object {
		v = plainValue(v)
		var members map[string]json.RawMessage
		if json.Unmarshal(v, &members) == nil && members != nil {
			for name, member := range members {
				members[name] = plainValue(member)
			}
			v, _ = json.Marshal(members)
		}
		object[key] = plainKind(key, v)
	}
	plain, err := json.Marshal(object)
	if err != nil {
		return text
	}
	return plain
}

// plainValue returns the element of a list of one, or of several that are equal,
// and null for an empty list. Anything else comes back as it is.
func plainValue(v json.RawMessage) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil || list == nil {
		return v
	}
	if len(list) == 0 {
		return json.RawMessage("null")
	}
	for _, other := range list[1:] {
		if !bytes.Equal(bytes.TrimSpace(other), bytes.TrimSpace(list[0])) {
			return v
		}
	}
	return list[0]
}

// plainKind turns a number or a truth value that was written as a text into what it
// says, for the keys that hold one.
func plainKind(key string, v json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(v, &text) != nil {
		return v
	}
	text = strings.ToLower(strings.TrimSpace(text))
	switch strings.ToLower(key) {
	case "radionuclidehalflife", "imagedecaycorrectiontime", "injectionstart":
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	case "imagedecaycorrected":
		if text == "true" || text == "false" {
			return json.RawMessage(text)
		}
	}
	return v
}

// numbers returns a list of numbers, of which one may stand alone; nil where it is
// something else.
func numbers(v json.RawMessage) []float64 {
	var list []float64
	if json.Unmarshal(v, &list) == nil {
		return list
	}
	var one *float64
	if json.Unmarshal(v, &one) != nil || one == nil {
		return nil
	}
	return []float64{*one}
}
