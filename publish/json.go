package publish

import (
	"bytes"
	"encoding/json"
	"errors"
)

// ErrFile means that an object is not what its name says.
var ErrFile = errors.New("no file of tacstream")

// maxFileBytes bounds what DecodeCurrent and DecodeStatus read.
const maxFileBytes = 4 << 20

// encode is json.Marshal that leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// encodeFile encodes what people may open as well.
func encodeFile(v any) ([]byte, error) {
	body, err := encode(v)
	if err != nil {
		return nil, err
	}
	return Indented(body), nil
}

// Indented returns JSON as files have it: two spaces a level, a line feed at
// the end. What is no JSON stays as it is.
func Indented(body []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return body
	}
	b.WriteByte('\n')
	return b.Bytes()
}
