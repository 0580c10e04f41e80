package publish

import (
	"errors"
	"fmt"
	"time"

	"tacstream/ingest"
)

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
