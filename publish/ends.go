package publish

import (
	"cmp"
	"fmt"
	"strconv"

	"tacstream/ingest"
)

// Failed says why a series that is ready has no estimate.
type Failed struct {
	Cause      Cause  `json:"cause"`
	Tracer     string `json:"tracer" doc:"Label of the tracer, as in the subject; unknown where no protocol matches."`
	Reason     Reason `json:"reason"`
	Files      *Files `json:"files,omitempty" doc:"What there is all the same, such as curves."`
	Supersedes string `json:"supersedes,omitempty" doc:"Id of the event of the same series and kind whose place this one takes; left out where it is the first."`
}

// NewFailed returns the event that says why there is no estimate. A tracer of
// "" means TracerUnknown.
func NewFailed(c Cause, tracer string, why ingest.Reason, files Files) (Event, error) {
	f := &Failed{Cause: c, Tracer: cmp.Or(tracer, TracerUnknown), Reason: newReason(why), Files: files.orNil()}
	return newEvent(BindingFailed, c.ID(BindingFailed), f)
}

func (f *Failed) because() Cause      { return f.Cause }
func (f *Failed) about() ingest.Token { return f.Cause.Series }
func (f *Failed) subject() (string, error) {
	return BindingSubject(f.Cause.Site, f.Tracer, f.Cause.Series)
}

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

func (w *Withdrawn) because() Cause      { return w.Cause }
func (w *Withdrawn) about() ingest.Token { return w.Cause.Series }
func (w *Withdrawn) subject() (string, error) {
	return BindingSubject(w.Cause.Site, w.Tracer, w.Cause.Series)
}

// Dead says what no retry could cure: a series whose attempts are used up, or
// the objects of a folder that serve for nothing, for one cause.
type Dead struct {
	Cause      Cause        `json:"cause"`
	Stage      Stage        `json:"stage" enum:"ingest,extract,fit,publish" doc:"Where it came to its end."`
	Object     ingest.Token `json:"object,omitempty" doc:"Token of the object, where it is a single one that serves for nothing."`
	Folder     ingest.Token `json:"folder,omitempty" doc:"Token of the folder, where several of its objects serve for nothing."`
	Count      int          `json:"count,omitempty" doc:"How many objects of the folder serve for nothing, for this reason."`
	Reason     Reason       `json:"reason" doc:"Why; of several objects the detail is that of one of them."`
	Attempts   int          `json:"attempts,omitempty" doc:"How often it was tried; left out where trying is pointless."`
	Redrive    string       `json:"redrive" doc:"What brings it back, in words for the operator."`
	Supersedes string       `json:"supersedes,omitempty" doc:"Id of the event that this one replaces: it told of fewer objects of the folder."`
}

// NewDead returns the event that says that a series died in a stage after so
// many attempts.
func NewDead(c Cause, stage Stage, why ingest.Reason, attempts int) (Event, error) {
	return newDead(&Dead{
		Cause: c, Stage: stage, Reason: newReason(why), Attempts: attempts,
		Redrive: "mend the cause, then: tacstream redrive " + string(c.Series),
	})
}

// NewUnusable returns the event that says that objects serve for nothing.
func NewUnusable(b ingest.Byproducts) (Event, error) {
	d := &Dead{Cause: Cause{Site: b.Site}, Stage: StageIngest, Reason: newReason(b.Reason), Supersedes: b.Supersedes}
	if b.Count == 1 {
		d.Object = b.Object
		d.Redrive = "drop it again, mended, under the same key; tacstream show " + string(b.Object) + " says which object it is"
	} else {
		d.Folder, d.Count = b.Folder, b.Count
		d.Redrive = "drop them again, mended, under the same keys; tacstream show " + string(b.Folder) + " lists the objects"
	}
	e, err := newDead(d)
	return e.At(b.Time), err
}

func newDead(d *Dead) (Event, error) {
	t := deadType(d.Stage)
	parts := []string{string(d.Object), string(d.Reason.Code), d.Reason.Detail, strconv.Itoa(d.Attempts)}
	if d.Folder != "" || d.Supersedes != "" {
		parts = append(parts, string(d.Folder), strconv.Itoa(d.Count), d.Supersedes)
	}
	return newEvent(t, d.Cause.ID(t, parts...), d)
}

func (d *Dead) because() Cause           { return d.Cause }
func (d *Dead) about() ingest.Token      { return cmp.Or(d.Cause.Series, d.Object, d.Folder) }
func (d *Dead) subject() (string, error) { return DeadSubject(d.Cause.Site, d.Stage) }
