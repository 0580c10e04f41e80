package publish

import (
	"errors"
	"fmt"
	"io"
	"maps"
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
	// Time is when the ledger gave the revision that the event is about: the
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
	if d, ok := e.Data.(replacing); ok {
		e.Data = d.superseding(id)
	}
	return e
}

// Data is what an event says: *SeriesState, *Progress, *TACs, *Binding,
// *Failed, *Withdrawn or *Dead.
type Data interface {
	// because returns the cause of the event.
	because() Cause
	// about returns the token of what the event is about.
	about() ingest.Token
	// channel returns where events with such data go.
	channel() Channel
	// line says the same in one line for people. It may hold what cannot be
	// printed.
	line() string
}

// Data that have more to say have more methods.
type (
	// labelled data have labels in their subject beside site and series.
	labelled interface{ labels() map[string]string }
	// replacing data name the event whose place theirs takes.
	replacing interface{ superseding(id string) Data }
	// repeating data can say the same as those of an event of another cause.
	repeating interface{ repeats(other Data) bool }
	// resulting data are the result of a series, with the files that it has.
	resulting interface {
		result() (ingest.Result, *Files)
	}
	// printing data are printed as more than a line.
	printing interface{ print(w io.Writer) error }
)

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
	subject, err := subjectOf(data)
	return Event{ID: id, Type: t, Subject: subject, Data: data}, err
}

// subjectOf returns the NATS subject of an event with these data.
func subjectOf(data Data) (string, error) { return data.channel().subject(labelsOf(data)) }

// labelsOf returns the label of each parameter in the subject of an event with
// these data.
func labelsOf(data Data) map[string]string {
	labels := map[string]string{"site": string(data.because().Site), "series": string(data.because().Series)}
	if d, ok := data.(labelled); ok {
		maps.Copy(labels, d.labels())
	}
	return labels
}
