package publish

import (
	"encoding/json"
	"time"

	"tacstream/ingest"
)

// ContentType is the media type of an encoded event.
const ContentType = "application/cloudevents+json"

// MaxEventBytes is the length beyond which an event is not encoded in full:
// what is longest in it is left out, LeftOut says so, and Files says where it
// is.
const MaxEventBytes = 256 << 10

// reservedBytes are left for what an event is given later: its time and what it
// supersedes.
const reservedBytes = 128

// An envelope is the structured form of CloudEvents 1.0 in JSON. Its time is the
// ledger's and not the moment of sending: an event that is published again has
// the same bytes.
//
// Source: CloudEvents specification 1.0.2, https://github.com/cloudevents/spec.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            Type            `json:"type"`
	Subject         ingest.Token    `json:"subject"`
	Time            string          `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype"`
	DataSchema      string          `json:"dataschema"`
	Data            json.RawMessage `json:"data"`
}

// Encode returns the event as it is published. The same event always has the
// same bytes: fields in the order of their declaration, maps by key, numbers
// with as few digits as they need, what is no number left out.
func (e Event) Encode() ([]byte, error) {
	if e.Data == nil {
		return nil, ErrNotEvent
	}
	data, err := encode(e.Data)
	if err != nil {
		return nil, err
	}
	return encode(envelope{
		SpecVersion: "1.0", ID: e.ID, Source: source(e.Cause().Site), Type: e.Type, Subject: e.Data.about(), Time: stamp(e.Time),
		DataContentType: "application/json", DataSchema: SchemaID(e.Type), Data: data,
	})
}

// stamp returns a time as events and files have it: whole seconds in UTC, "" for
// the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// source returns the CloudEvents source of a site's events.
func source(site ingest.Site) string { return "/tacstream/" + string(site) }

// shrink leaves out what is longest, step by step, until the event is no
// longer than MaxEventBytes. Each step returns the name of what it left out.
func shrink(e Event, note func(string), steps ...func() string) (Event, error) {
	for _, step := range steps {
		body, err := e.Encode()
		if err != nil {
			return Event{}, err
		}
		if len(body) <= MaxEventBytes-reservedBytes {
			return e, nil
		}
		note(step())
	}
	_, err := e.Encode()
	return e, err
}
