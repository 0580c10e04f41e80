package publish

import (
	"fmt"

	"tacstream/ingest"
)

// The types of SeriesState.
const (
	SeriesReady        Type = "tacstream.series.ready.v1"        // whole, with regions: a result will follow
	SeriesWaiting      Type = "tacstream.series.waiting.v1"      // whole, without regions
	SeriesIncomplete   Type = "tacstream.series.incomplete.v1"   // slots are empty and nothing more came
	SeriesInconsistent Type = "tacstream.series.inconsistent.v1" // instances contradict each other
	SeriesRejected     Type = "tacstream.series.rejected.v1"     // an instance is at fault
	SeriesJoined       Type = "tacstream.series.joined.v1"       // whole, and fitted with the series that it continues
)

// A SeriesState says what became of a series' input.
type SeriesState struct {
	Cause        Cause            `json:"cause"`
	State        ingest.Condition `json:"state" enum:"ready,waiting,incomplete,inconsistent,rejected,joined,absent" doc:"As in the type; absent is an incomplete series without any object left."`
	Reason       *Reason          `json:"reason,omitempty" doc:"Why, unless the series is ready."`
	Counted      Counted          `json:"counted"`
	Frames       int              `json:"frames,omitempty" doc:"Frames of the series; left out where not known."`
	Slices       int              `json:"slices,omitempty" doc:"Slices of each frame; left out where not known."`
	MissingTotal int              `json:"missing_total,omitempty" doc:"Number of empty slots."`
	Missing      []ingest.Slot    `json:"missing,omitempty" doc:"The first 20 empty slots."`
	Unverified   bool             `json:"unverified,omitempty" doc:"The series is taken as whole although its header does not say how many images it has."`
	Lead         ingest.Token     `json:"lead,omitempty" doc:"The series that this one continues; the frames of both are fitted under that one."`
	Parts        []ingest.Token   `json:"parts,omitempty" doc:"The series that continue this one, in order of time: their frames are fitted with its own."`
	Twins        []ingest.Token   `json:"twins,omitempty" doc:"Other reconstructions of the same acquisition. They stay apart."`
	Supersedes   string           `json:"supersedes,omitempty" doc:"Id of the event that this one replaces, of the same series and kind; left out in the first."`
}

// Counted says how many slots of a series are filled.
type Counted struct {
	Have int `json:"have" doc:"Slots that a usable object fills."`
	Want int `json:"want,omitempty" doc:"Slots of the series; left out where the header does not say how many there are."`
}

// NewSeries returns the event of an outcome. Revision grows with each
// event of the series' subject. A series that is still being received has no
// such event: see NewProgress.
func NewSeries(revision int, o ingest.Outcome) (Event, error) {
	t := seriesType(o.Condition)
	if t == "" {
		return Event{}, fmt.Errorf("series %s: no event states that it is %s", o.Series, o.Condition)
	}
	s := &SeriesState{
		Cause: Cause{Site: o.Site, Series: o.Series, Revision: revision}, State: o.Condition,
		Counted: Counted{Have: o.Have, Want: o.Want}, Frames: o.Frames, Slices: o.Slices, Unverified: o.Unverified,
		Lead: o.Lead, Parts: o.Parts, Twins: o.Twins,
	}
	if o.Reason.Code != "" {
		r := newReason(o.Reason)
		s.Reason = &r
	}
	if len(o.Missing) > 0 {
		s.Missing = o.Missing[:min(len(o.Missing), ingest.MaxMissing)]
		s.MissingTotal = max(o.Frames*o.Slices-o.Have, len(o.Missing))
	}
	e, err := newEvent(t, s.Cause.ID(t, s.digest()), s)
	return e.At(o.Since), err
}

// digest tells states apart whatever their revision. The level of a reason is no
// part of it: it follows from the code, and earlier releases left it out.
func (s *SeriesState) digest() string {
	same := *s
	same.Cause, same.Supersedes = Cause{}, ""
	if s.Reason != nil {
		same.Reason = &Reason{Code: s.Reason.Code, Detail: s.Reason.Detail}
	}
	body, err := encode(same)
	if err != nil {
		panic(err) // strings and whole numbers only
	}
	return string(body)
}

// withoutWords returns the state without the detail of its reason.
func (s *SeriesState) withoutWords() *SeriesState {
	c := *s
	if s.Reason != nil {
		c.Reason = &Reason{Code: s.Reason.Code}
	}
	return &c
}

func (s *SeriesState) because() Cause      { return s.Cause }
func (s *SeriesState) about() ingest.Token { return s.Cause.Series }
func (s *SeriesState) line() string        { return stateDetail(s.outcome()) }

func (s *SeriesState) channel() Channel {
	return Channel{"series", Prefix + "{site}.series.{series}", "What became of a series' input."}
}

func (s *SeriesState) superseding(id string) Data {
	c := *s
	c.Supersedes = id
	return &c
}

// repeats reports whether the state was said before. A reason without a level is
// of an earlier release, which said the same in other words.
func (s *SeriesState) repeats(other Data) bool {
	before, ok := other.(*SeriesState)
	if ok && before.Reason != nil && before.Reason.Level == "" {
		s, before = s.withoutWords(), before.withoutWords()
	}
	return ok && s.digest() == before.digest()
}

// SeriesSubject returns where events say what became of a series' input.
func SeriesSubject(site ingest.Site, series ingest.Token) (string, error) {
	return subjectOf(&SeriesState{Cause: Cause{Site: site, Series: series}})
}

// seriesType returns the type of the event of a condition; "" for Receiving, which
// is progress and no fact yet. A series that lost every object is incomplete.
func seriesType(c ingest.Condition) Type {
	switch c {
	case ingest.Ready:
		return SeriesReady
	case ingest.Waiting:
		return SeriesWaiting
	case ingest.Incomplete, ingest.Absent:
		return SeriesIncomplete
	case ingest.Inconsistent:
		return SeriesInconsistent
	case ingest.Rejected:
		return SeriesRejected
	case ingest.Joined:
		return SeriesJoined
	}
	return ""
}

// outcome returns what the event says.
func (s *SeriesState) outcome() ingest.Outcome {
	o := ingest.Outcome{
		Series: s.Cause.Series, Site: s.Cause.Site, Condition: s.State, Have: s.Counted.Have, Want: s.Counted.Want,
		Frames: s.Frames, Slices: s.Slices, Missing: s.Missing, Unverified: s.Unverified,
		Relatives: ingest.Relatives{Lead: s.Lead, Parts: s.Parts, Twins: s.Twins},
	}
	if s.Reason != nil {
		o.Reason = ingest.Reason{Code: s.Reason.Code, Detail: s.Reason.Detail}
	}
	return o
}
