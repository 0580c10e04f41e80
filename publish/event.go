package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tacstream/ingest"
)

// ContentType is the media type of an encoded event.
const ContentType = "application/cloudevents+json"

// MaxEventBytes is the length beyond which an event is not encoded in full:
// what is longest in it is left out, LeftOut says so, and Files says where it
// is.
const MaxEventBytes = 256 << 10

// maxDecodeBytes bounds what Decode reads: more than anybody encodes, no more
// than NATS carries by default.
const maxDecodeBytes = 1 << 20

// The errors of Decode.
var (
	ErrNotEvent    = errors.New("no event of tacstream")
	ErrUnknownType = fmt.Errorf("an unknown type: %w", ErrNotEvent)
)

// An Event is a fact that anyone may subscribe to.
type Event struct {
	ID      string // CloudEvents id and Nats-Msg-Id: 32 digits in hex
	Type    Type
	Subject string // of NATS; follows from Type and Data
	Data    Data
	// Time is when the ledger gave the revision that the event states: the
	// line's clock, in whole seconds, and no part of the id. It is zero for
	// progress and for revisions of releases that kept none.
	Time time.Time
}

// At returns the event with its time.
func (e Event) At(t time.Time) Event {
	e.Time = t
	return e
}

// Superseding returns the event as one that takes the place of the event with
// that id. It changes no id: the same work has the same id whatever it replaces.
func (e Event) Superseding(id string) Event {
	if e.ID == id {
		return e
	}
	switch d := e.Data.(type) {
	case *SeriesState:
		c := *d
		c.Supersedes, e.Data = id, &c
	case *TACs:
		c := *d
		c.Supersedes, e.Data = id, &c
	case *Binding:
		c := *d
		c.Supersedes, e.Data = id, &c
	case *Failed:
		c := *d
		c.Supersedes, e.Data = id, &c
	case *Withdrawn:
		c := *d
		c.Supersedes, e.Data = id, &c
	}
	return e
}

// Data is what an event says: *SeriesState, *Progress, *TACs, *Binding,
// *Failed, *Withdrawn or *Dead.
type Data interface {
	// because returns the cause of the event.
	because() Cause
	// subject returns the NATS subject of the event.
	subject() (string, error)
	// about returns the token of what the event is about.
	about() ingest.Token
}

// Cause returns what decided the event; of the zero Event the zero Cause.
func (e Event) Cause() Cause {
	if e.Data == nil {
		return Cause{}
	}
	return e.Data.because()
}

// newEvent puts an event together and checks that it may leave.
func newEvent(t Type, id string, data Data) (Event, error) {
	if err := data.because().check(); err != nil {
		return Event{}, err
	}
	if !isToken(data.about()) {
		return Event{}, fmt.Errorf("what the event is about: %w", ErrLabel)
	}
	subject, err := data.subject()
	return Event{ID: id, Type: t, Subject: subject, Data: data}, err
}

// An envelope is the structured form of CloudEvents 1.0 in JSON. Its time is the
// ledger's and not the moment of sending: an event that is stated again has the
// same bytes.
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

// SchemaID returns the $id of the JSON Schema of a type's data.
func SchemaID(t Type) string { return "urn:tacstream:schema:" + string(t) }

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

// Decode reads an event. It ignores fields that it does not know, as every
// consumer must. A type that it does not know is ErrUnknownType.
func Decode(body []byte) (Event, error) {
	if len(body) > maxDecodeBytes {
		return Event{}, fmt.Errorf("%d bytes: %w", len(body), ErrNotEvent)
	}
	var env envelope
	if json.Unmarshal(body, &env) != nil || env.SpecVersion != "1.0" || len(env.ID) != 32 || !isHex(env.ID) {
		return Event{}, ErrNotEvent
	}
	data := newData(env.Type)
	if data == nil {
		return Event{}, ErrUnknownType
	}
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

// A Step is what is to become of an event.
type Step int

// The steps.
const (
	Publish Step = iota // it is news
	Done                // it has been said
	Stale               // something newer has been said
)

// After says what is to become of an event once the last one of its subject is
// known; last is zero where there is none.
//
// A message id alone does not tell: the same series may be estimated,
// withdrawn and estimated again from the same content within one duplicate
// window.
func (e Event) After(last Event) Step {
	switch {
	case last.Data == nil:
		return Publish
	case last.ID == e.ID:
		return Done
	case last.Data.about() != e.Data.about():
		return Publish // a stage's dead share a subject, whatever they were
	case last.Cause().Revision > e.Cause().Revision:
		return Stale
	case last.Type == e.Type && e.Cause().SameWork(last.Cause()), e.sameState(last):
		return Done
	}
	return Publish
}

// sameState reports whether both state the same of a series' input.
func (e Event) sameState(last Event) bool {
	s, ok := e.Data.(*SeriesState)
	before, both := last.Data.(*SeriesState)
	return ok && both && s.digest() == before.digest()
}
