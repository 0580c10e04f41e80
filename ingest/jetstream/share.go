package jetstream

import (
	"encoding/json"

	"tacstream/ingest"
)

// A sharer decodes the records of a series so that what they have in common
// is held once: a series of many thousand slices stays small. Headers that
// look the same are not even decoded.
type sharer struct {
	headers map[string]*ingest.Header
	texts   map[string]string
}

func newSharer() sharer {
	return sharer{headers: map[string]*ingest.Header{}, texts: map[string]string{}}
}

// A rawRecord is a record whose header is left for later.
type rawRecord struct {
	ingest.Record
	Header json.RawMessage `json:"head"`
	Seq    uint64          `json:"rev"` // of a packed record
}

func (s sharer) decode(body []byte) (ingest.Record, error) {
	var raw rawRecord
	if err := json.Unmarshal(body, &raw); err != nil {
		return ingest.Record{}, err
	}
	r := raw.Record
	r.Seq = raw.Seq
	if len(raw.Header) > 0 {
		h, known := s.headers[string(raw.Header)]
		if !known {
			h = new(ingest.Header)
			if err := json.Unmarshal(raw.Header, h); err != nil {
				return r, err
			}
			s.headers[string(raw.Header)] = h
		}
		r.Header = h
	}
	r.Bucket, r.Kind, r.Site = s.text(r.Bucket), ingest.Kind(s.text(string(r.Kind))), ingest.Site(s.text(string(r.Site)))
	r.Series = ingest.Token(s.text(string(r.Series)))
	if r.Instance != nil {
		r.Instance.TransferSyntaxUID = s.text(r.Instance.TransferSyntaxUID)
	}
	return r, nil
}

func (s sharer) text(t string) string {
	if known, ok := s.texts[t]; ok {
		return known
	}
	s.texts[t] = t
	return t
}
