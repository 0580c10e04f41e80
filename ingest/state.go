package ingest

import (
	"cmp"
	"strings"
)

// A State is what the ledger remembers of a series beside its objects. It is
// replaced by compare-and-set only.
type State struct {
	Series Token `json:"series"`
	Site   Site  `json:"site"`

	// Number grows by one whenever what a result would rest on changes: the
	// objects, the regions, the settings or the version. A result with a
	// smaller number never replaces one with a larger.
	Number int `json:"number"`
	// Look is a digest of what Number stands for; "" while the series is not
	// whole.
	Look string `json:"look,omitempty"`
	// Judged is the newest ledger revision that Condition takes into account.
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
	// Study is where the series of the study find each other.
	Study string `json:"study,omitempty"`
	Family

	// Done is the number whose job came to an end, Result what it ended as.
	Done   int    `json:"done,omitempty"`
	Result Result `json:"result,omitempty"`
	Why    Reason `json:"why,omitzero"`     // why there is no estimate
	Event  string `json:"event,omitempty"`  // id of the result's event
	Tracer string `json:"tracer,omitempty"` // label in the result's subject

	Attempts int  `json:"attempts,omitempty"` // of Number, that ended in an error
	Crashes  int  `json:"crashes,omitempty"`  // of Number, that did not end
	Open     bool `json:"open,omitempty"`     // somebody is, or was, at work
	Redrives int  `json:"redrives,omitempty"` // how often the operator asked for another try

	Revision uint64 `json:"-"`
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
)

// Outcome returns what the state says of the series' input.
func (s State) Outcome() Outcome {
	return Outcome{
		Series: s.Series, Site: s.Site, Condition: s.Condition, Reason: s.Reason,
		Have: s.Have, Want: s.Want, Frames: s.Frames, Slices: s.Slices, Missing: s.Missing,
		Multiframe: s.Multiframe, Family: s.Family,
	}
}

// take copies an outcome into the state. A site that was known stays known.
func (s *State) take(o Outcome) {
	s.Series, s.Site, s.Condition, s.Reason = o.Series, cmp.Or(o.Site, s.Site), o.Condition, o.Reason
	s.Have, s.Want, s.Frames, s.Slices, s.Missing = o.Have, o.Want, o.Frames, o.Slices, o.Missing
	s.Multiframe, s.Family = o.Multiframe, o.Family
}

// renumber starts a new number, whose job nobody has tried.
func (s *State) renumber(look string) {
	s.Number++
	s.Look = look
	s.Attempts, s.Crashes, s.Open = 0, 0, false
	if look == "" && s.Result != "" {
		s.Result, s.Why = Withdrawn, Reason{}
	}
}

// A Job asks for the result of a series. It holds no input: whoever takes it
// reads the ledger anew.
type Job struct {
	Series   Token  `json:"series"`
	Site     Site   `json:"site"`
	Number   int    `json:"number"`
	Settings string `json:"settings"` // digest of the settings that it was made for
	Version  string `json:"version"`  // code version that it was made for
	Redrive  int    `json:"redrive,omitempty"`
}

// ID is the same for the same work.
func (j Job) ID() string {
	return strings.Join([]string{string(j.Series), itoa(j.Number), j.Settings, j.Version, itoa(j.Redrive)}, "|")
}
