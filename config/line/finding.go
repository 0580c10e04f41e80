package line

import (
	"errors"

	"tacstream/config"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/watch"
	"tacstream/publish"
	"tacstream/publish/bids"
	"tacstream/publish/outbox"
)

// A finding is what a job has found out about a series.
type finding struct {
	outbox.Result
	parts []ingest.Token // the series that continue the one of the job
}

// begin returns the finding of a job as far as the ledger knows it. Where no
// protocol matches, it is zero.
func (l *Line) begin(job ingest.Job, v watch.View, protocol config.Protocol) finding {
	a := v.Assembly
	f := finding{parts: v.Outcome.Parts, Result: outbox.Result{Result: bids.Result{Header: a.Header, Subject: a.Header.Soft.Subject}}}
	f.Cause = l.causeOf(job)
	f.Cause.Regions = l.keyed(job.Site, "regions", v.Regions.Digest())
	f.Tracer, f.TracerName = protocol.Tracer, protocol.Name
	if site, ok := l.Sites.Of(a.Bucket, a.Slots[0].Key); ok {
		f.Examination = site.Key.Token("study", a.Header.Soft.StudyInstanceUID)
	}
	if v.Outcome.Unverified {
		f.Warnings = append(f.Warnings, stream.Unverified(v.Outcome))
	}
	if n := len(v.Relatives.Parts); n > 0 {
		f.Warnings = append(f.Warnings, stream.Joined(n+1))
	}
	f.Warnings = append(f.Warnings, v.Regions.Doubts()...)
	return f
}

// failed returns the finding that there is no estimate, and nothing else.
func (f finding) failed(why ingest.Reason) finding {
	none := finding{parts: f.parts}
	none.Cause, none.Tracer, none.TracerName, none.Failure = f.Cause, f.Tracer, f.TracerName, why
	return none
}

// end returns what the ledger notes of the job with this finding.
func (f finding) end() ingest.Result {
	switch {
	case f.Failure.Code == ingest.CodeConflict:
		return ingest.Conflict
	case f.Failure.Code != "":
		return ingest.Failed
	case f.Tracer == "":
		return ingest.Unfitted
	}
	return ingest.Estimated
}

// statement returns what makes the finding public. One that cannot be written
// down is a failure, which says why: no further try would end otherwise.
func (f finding) statement(bucket string) (outbox.Statement, finding, error) {
	s, err := outbox.NewStatement(f.Result, bucket)
	if errors.Is(err, ingest.ErrRejected) {
		f = f.failed(ingest.ReasonOf(err))
		s, err = outbox.NewStatement(f.Result, bucket)
	}
	return s, f, err
}

func (l *Line) causeOf(job ingest.Job) publish.Cause {
	return publish.Cause{Site: job.Site, Series: job.Series, Revision: job.Revision, Settings: l.keyed(job.Site, "settings", job.Settings), Version: job.Version}
}
