package line

import (
	"errors"
	"fmt"

	"tacstream/ingest"
)

// A handBack ends work on a job that another worker, or the same one later, is
// to take up again. It is no attempt: the ledger alone says when a job has
// ended.
type handBack struct {
	why ingest.Reason
	// object is what the store holds otherwise than the ledger says, nil where
	// it is nothing of the kind: somebody is to look at it again.
	object *ingest.Object
	cause  error // may be nil
}

// Error returns why the job is handed back.
func (h *handBack) Error() string {
	if h.cause != nil {
		return h.why.Detail + ": " + h.cause.Error()
	}
	return h.why.Detail
}

// Unwrap returns the cause.
func (h *handBack) Unwrap() error { return h.cause }

// errOvertaken means that the ledger asks for another revision than the job's,
// or for none.
var errOvertaken = errors.New("the job is overtaken")

// notReady hands back the job of a series that is not whole any more: whoever
// judges it makes another job, or takes this one out of the ledger.
func notReady(o ingest.Outcome) error {
	return &handBack{why: ingest.Reason{Code: ingest.CodeNotReady, Detail: fmt.Sprintf("the series is %s at the moment", o.Condition)}}
}

// otherVersion hands back a job that was made for another release.
func otherVersion(want, have string) error {
	return &handBack{why: ingest.Reason{Code: ingest.CodeOtherRelease, Detail: fmt.Sprintf("the job wants results of version %q, and this worker makes those of version %q", want, have)}}
}
