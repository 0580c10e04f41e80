package ingest

import (
	"encoding/json"
	"time"
)

// A State is what the ledger remembers of a series beside its objects. It is
// replaced by compare-and-set only.
type State struct {
	Series Token `json:"series"`
	Site   Site  `json:"site"`

	// Revision is the revision. It grows by one whenever the input changes, that
	// is the objects or the regions, and whenever an operator asks for a result
	// anew. A result of a smaller revision never replaces one of a larger.
	Revision int `json:"number"`
	// Look is a digest of the input that Revision stands for; "" while the series
	// is not whole. Formula says how it was made.
	Look    string `json:"look,omitempty"`
	Formula int    `json:"formula,omitempty"`
	// Plan is by what the result of Revision is made.
	Plan
	// Tried holds the keys of the plans that this input was to be done by
	// since its last result.
	Tried []string `json:"tried,omitempty"`
	// Time is when Revision was given, Since when the condition became what it
	// is: whole seconds in UTC, zero in states of earlier releases.
	Time  time.Time `json:"time,omitzero"`
	Since time.Time `json:"since,omitzero"`
	// Held means that the regions are gone and that a timer runs: until it rings
	// the series counts as it did with them.
	Held bool `json:"held,omitempty"`
	// Ask is what the operator wants and the judge has not done yet.
	Ask Ask `json:"ask,omitempty"`
	// Judged is the newest Seq in the ledger that Condition takes into account.
	Judged uint64 `json:"judged"`
	// Quiet means that nothing came for the quiet time after Judged.
	Quiet bool `json:"quiet,omitempty"`

	Condition Condition `json:"condition"`
	Reason    Reason    `json:"reason,omitzero"`
	Have      int       `json:"have,omitempty"`
	Want      int       `json:"want,omitempty"`
	Frames    int       `json:"frames,omitempty"`
	Slices    int       `json:"slices,omitempty"`
	Missing   []Slot    `json:"missing,omitempty"`
	// Multiframe is that of the outcome.
	Multiframe bool `json:"multiframe,omitempty"`
	// Examination is where the series of the study find each other.
	Examination string `json:"study,omitempty"`
	Relatives

	// Done is the revision whose job came to an end, Result what it ended as.
	Done   int    `json:"done,omitempty"`
	Result Result `json:"result,omitempty"`
	Why    Reason `json:"why,omitzero"`     // why there is no estimate
	Event  string `json:"event,omitempty"`  // id of the result's event
	Tracer string `json:"tracer,omitempty"` // label in the result's subject

	Attempts int  `json:"attempts,omitempty"` // of Revision, that ended in an error
	Crashes  int  `json:"crashes,omitempty"`  // of Revision, that did not end
	Open     bool `json:"open,omitempty"`     // a worker is, or was, at work
	Redrives int  `json:"redrives,omitempty"` // how often the operator asked for another try
	// HandBacks counts how often workers handed the job of Revision back,
	// HandedBack says why the last one did.
	HandBacks  int    `json:"hand_backs,omitempty"`
	HandedBack Reason `json:"handed_back,omitzero"`
	// Stage is where the last attempt at Revision ended in an error, or where the
	// worker was that may have died.
	Stage Stage `json:"stage,omitempty"`

	Seq uint64 `json:"-"`
}

// A Result says how a job ended.
type Result string

// The results of a job.
const (
	Estimated Result = "estimated"
	Failed    Result = "failed"
	Withdrawn Result = "withdrawn"
	Conflict  Result = "inconsistent" // contents contradict each other
	Dead      Result = "dead"         // no attempt is left
	Unfitted  Result = "curves"       // the curves are out; no protocol says how to fit them
)

// Outcome returns what the state says of the series' input.
func (s State) Outcome() Outcome {
	return Outcome{
		Series: s.Series, Site: s.Site, Condition: s.Condition, Reason: s.Reason,
		Have: s.Have, Want: s.Want, Frames: s.Frames, Slices: s.Slices, Missing: s.Missing,
		Multiframe: s.Multiframe, Relatives: s.Relatives, Since: s.Since,
	}
}

// Raise sets a revision that is above every one that was published:
// for a ledger that lost some of them.
func (s *State) Raise(revision int, now time.Time) {
	s.Revision = revision
	s.Time = now.UTC().Truncate(time.Second)
	s.Attempts, s.Crashes, s.Open = 0, 0, false
}

// Job returns the job that an unfinished series has in the queue.
func (s State) Job() Job {
	return Job{
		Series: s.Series, Site: s.Site, Revision: s.Revision, Settings: s.Settings, Version: s.ResultsVersion,
		Protocol: s.Protocol, Decay: s.Decay, Atlas: s.Atlas, Redrive: s.Redrives,
	}
}

// A Job asks for the result of a series. It holds no input: whoever takes it
// reads the ledger anew. It holds how the input is to be treated, so that a
// worker needs no configuration of its own for it.
type Job struct {
	Series   Token           `json:"series"`
	Site     Site            `json:"site"`
	Revision int             `json:"number"`
	Settings string          `json:"settings"` // digest of Protocol and Decay
	Version  string          `json:"version"`  // results version that it was made for
	Protocol json.RawMessage `json:"protocol,omitempty"`
	Decay    string          `json:"decay,omitempty"`
	Atlas    string          `json:"atlas,omitempty"`
	Redrive  int             `json:"redrive,omitempty"`
}

// Same reports whether two jobs ask for the same work.
func (j Job) Same(k Job) bool {
	return j.Series == k.Series && j.Revision == k.Revision && j.Settings == k.Settings && j.Version == k.Version && j.Redrive == k.Redrive
}

// LookFormula numbers the way in which State.Look is made. Formula 0 digested
// the settings and the version of the code too.
const LookFormula = 2

// Whole reports whether the series was whole when it was judged last.
func (s State) Whole() bool { return s.Look != "" }

// Unfinished reports whether a result is due: then a job exists.
func (s State) Unfinished() bool { return s.Look != "" && s.Done < s.Revision }

// Stands reports whether the series has a result that rests on its present
// input.
func (s State) Stands() bool { return s.Look != "" && s.Done == s.Revision }

// Waits reports whether the series may still change by itself once nothing has
// come for the quiet time: then a timer runs.
func (s State) Waits() bool {
	return s.Held || !s.Quiet && (s.Condition == Receiving || s.Outcome().LacksRegions())
}

// WantsProtocol reports whether all that is missing is a protocol for the
// tracer of the series. Earlier releases called that a failure.
func (s State) WantsProtocol() bool {
	return s.Stands() && (s.Result == Unfitted || s.Result == Failed && s.Why.Code == CodeNoProtocol)
}

// Outdated reports whether a result that stands was made otherwise than by a
// plan.
func (s State) Outdated(today Plan) bool {
	switch {
	case !s.Stands() || s.Result == Conflict || s.Result == Dead:
		return false
	case s.WantsProtocol() && len(today.Protocol) == 0:
		return false // it still waits for a protocol
	}
	return s.Plan.Key() != today.Key()
}
