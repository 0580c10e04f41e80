package publish

import (
	"cmp"

	"tacstream/ingest"
)

// BindingFailed is the type of Failed.
const BindingFailed Type = "tacstream.binding.failed.v1"

// Failed says why a series that is ready has no estimate.
type Failed struct {
	Cause      Cause  `json:"cause"`
	Tracer     string `json:"tracer" doc:"Label of the tracer, as in the subject; unknown where no protocol matches."`
	Reason     Reason `json:"reason"`
	Files      *Files `json:"files,omitempty" doc:"Files that exist nevertheless, such as curves."`
	Supersedes string `json:"supersedes,omitempty" doc:"Id of the event that this one replaces, of the same series and kind; left out in the first."`
}

// NewFailed returns the event that says why there is no estimate. A tracer of
// "" means TracerUnknown.
func NewFailed(c Cause, tracer string, why ingest.Reason, files Files) (Event, error) {
	f := &Failed{Cause: c, Tracer: cmp.Or(tracer, TracerUnknown), Reason: newReason(why), Files: files.orNil()}
	return newEvent(BindingFailed, c.ID(BindingFailed), f)
}

func (f *Failed) because() Cause                  { return f.Cause }
func (f *Failed) about() ingest.Token             { return f.Cause.Series }
func (f *Failed) channel() Channel                { return bindingChannel() }
func (f *Failed) result() (ingest.Result, *Files) { return ingest.Failed, f.Files }
func (f *Failed) labels() map[string]string       { return map[string]string{"tracer": f.Tracer} }
func (f *Failed) line() string                    { return f.Tracer + ": " + f.Reason.String() }

func (f *Failed) superseding(id string) Data {
	c := *f
	c.Supersedes = id
	return &c
}
