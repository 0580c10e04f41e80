package publish

import (
	"fmt"

	"tacstream/ingest"
)

// BindingWithdrawn is the type of Withdrawn.
const BindingWithdrawn Type = "tacstream.binding.withdrawn.v1"

// Withdrawn takes back the result of a series: its input is no longer what the
// result rests on.
type Withdrawn struct {
	Cause      Cause  `json:"cause"`
	Tracer     string `json:"tracer" doc:"Label of the tracer, as in the subject."`
	Event      string `json:"event" doc:"Id of the event that no longer holds."`
	Reason     Reason `json:"reason"`
	Supersedes string `json:"supersedes,omitempty" doc:"Id of the event that this one replaces, of the same series and kind; left out in the first."`
}

// NewWithdrawn returns the event that takes back the result that stood last
// under its subject, in favour of a revision: no result with a smaller one may
// follow. Last is an estimate or a failure.
func NewWithdrawn(last Event, revision int, why ingest.Reason) (Event, error) {
	if last.Data == nil || last.Data.channel() != bindingChannel() {
		return Event{}, fmt.Errorf("there is no result to withdraw: %w", ErrNotEvent)
	}
	w := &Withdrawn{
		Cause:  Cause{Site: last.Cause().Site, Series: last.Cause().Series, Revision: revision},
		Tracer: labelsOf(last.Data)["tracer"], Event: last.ID, Reason: newReason(why),
	}
	if before, again := last.Data.(*Withdrawn); again {
		w.Event = before.Event
	}
	return newEvent(BindingWithdrawn, w.Cause.ID(BindingWithdrawn, w.Event, string(why.Code)), w)
}

func (w *Withdrawn) because() Cause                  { return w.Cause }
func (w *Withdrawn) about() ingest.Token             { return w.Cause.Series }
func (w *Withdrawn) channel() Channel                { return bindingChannel() }
func (w *Withdrawn) result() (ingest.Result, *Files) { return ingest.Withdrawn, nil }
func (w *Withdrawn) labels() map[string]string       { return map[string]string{"tracer": w.Tracer} }
func (w *Withdrawn) line() string                    { return w.Tracer + ": " + w.Reason.String() }

func (w *Withdrawn) superseding(id string) Data {
	c := *w
	c.Supersedes = id
	return &c
}
