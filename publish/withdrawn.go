package publish

import (
	"fmt"

	"tacstream/ingest"
)

// Withdrawn takes back the result of a series: its input is no longer what the
// result rests on.
type Withdrawn struct {
	Cause      Cause  `json:"cause"`
	Tracer     string `json:"tracer" doc:"Label of the tracer, as in the subject."`
	Event      string `json:"event" doc:"Id of the event that no longer holds."`
	Reason     Reason `json:"reason"`
	Supersedes string `json:"supersedes,omitempty" doc:"Id of the event of the same series and kind whose place this one takes; left out where it is the first."`
}

// NewWithdrawn returns the event that takes back the result that stood last
// under its subject, in favour of a revision: no result with a smaller one may
// follow. Last is an estimate or a failure.
func NewWithdrawn(last Event, revision int, why ingest.Reason) (Event, error) {
	w := &Withdrawn{Cause: last.Cause(), Event: last.ID, Reason: newReason(why)}
	switch d := last.Data.(type) {
	case *Binding:
		w.Tracer = d.Tracer
	case *Failed:
		w.Tracer = d.Tracer
	case *Withdrawn:
		w.Tracer, w.Event = d.Tracer, d.Event
	default:
		return Event{}, fmt.Errorf("there is no result to withdraw: %w", ErrNotEvent)
	}
	w.Cause = Cause{Site: w.Cause.Site, Series: w.Cause.Series, Revision: revision}
	return newEvent(BindingWithdrawn, w.Cause.ID(BindingWithdrawn, w.Event, string(why.Code)), w)
}

func (w *Withdrawn) because() Cause { return w.Cause }

func (w *Withdrawn) about() ingest.Token { return w.Cause.Series }

func (w *Withdrawn) subject() (string, error) {
	return BindingSubject(w.Cause.Site, w.Tracer, w.Cause.Series)
}
