package publish

import (
	"cmp"

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

func (f *Failed) because() Cause { return f.Cause }

func (f *Failed) about() ingest.Token { return f.Cause.Series }

func (f *Failed) subject() (string, error) {
	return BindingSubject(f.Cause.Site, f.Tracer, f.Cause.Series)
}
