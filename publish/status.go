package publish

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tacstream/ingest"
)

// maxStatusSeries bounds the series of one Status; what is more is counted.
const maxStatusSeries = 1000

// A Status tells a facility what became of the series that it dropped into one
// folder, without NATS. It names them by token, as everything does.
type Status struct {
	Series []SeriesStatus `json:"series"` // by token
	More   bool           `json:"more,omitempty"`
}

// A SeriesStatus says what became of one series.
type SeriesStatus struct {
	Series       ingest.Token     `json:"series"`
	Revision     int              `json:"revision"`
	State        ingest.Condition `json:"state"`
	Reason       *Reason          `json:"reason,omitempty"` // why the series is in that state, unless it is ready
	Counted      Counted          `json:"counted"`
	Frames       int              `json:"frames,omitempty"`
	Slices       int              `json:"slices,omitempty"`
	MissingTotal int              `json:"missing_total,omitempty"`
	Missing      []ingest.Slot    `json:"missing,omitempty"` // the first of them
	Result       ingest.Result    `json:"result,omitempty"`  // of the newest revision that came to an end; "" while there is none
	Why          *Reason          `json:"why,omitempty"`     // why there is no estimate
	Event        string           `json:"event,omitempty"`   // id of the result's event
	Tracer       string           `json:"tracer,omitempty"`
	Pending      bool             `json:"pending,omitempty"` // a result, or another one, will follow
	ingest.Relatives
}

// NewSeriesStatus returns what a state says to the facility.
func NewSeriesStatus(s ingest.State) SeriesStatus {
	status := SeriesStatus{
		Series: s.Series, Revision: s.Revision, State: s.Condition, Counted: Counted{Have: s.Have, Want: s.Want},
		Frames: s.Frames, Slices: s.Slices, Missing: s.Missing, Result: s.Result, Event: s.Event, Tracer: s.Tracer,
		Pending: s.Look != "" && s.Done < s.Revision, Relatives: s.Relatives,
	}
	if len(s.Missing) > 0 {
		status.MissingTotal = max(s.Frames*s.Slices-s.Have, len(s.Missing))
	}
	if s.Reason.Code != "" {
		r := newReason(s.Reason)
		status.Reason = &r
	}
	if s.Why.Code != "" {
		r := newReason(s.Why)
		status.Why = &r
	}
	return status
}

// With returns the status with one series in its place, and whether that
// changes anything. An older revision changes nothing.
func (s Status) With(one SeriesStatus) (Status, bool, error) {
	list := slices.Clone(s.Series)
	at, found := slices.BinarySearchFunc(list, one, func(a, b SeriesStatus) int {
		return strings.Compare(string(a.Series), string(b.Series))
	})
	switch {
	case found && list[at].Revision > one.Revision:
		return s, false, nil
	case found:
		old, err := encode(list[at])
		if err != nil {
			return s, false, err
		}
		now, err := encode(one)
		if err != nil || bytes.Equal(old, now) {
			return s, false, err
		}
		list[at] = one
	case len(list) >= maxStatusSeries:
		changed := !s.More
		s.More = true
		return s, changed, nil
	default:
		list = slices.Insert(list, at, one)
	}
	s.Series = list
	return s, true, nil
}

// Encode returns the file. The same Status always has the same bytes.
func (s Status) Encode() ([]byte, error) { return encodeFile(s) }

// DecodeStatus reads what Encode wrote. Anyone may have written the object:
// what makes no sense is ErrFile, and the caller starts a new one.
func DecodeStatus(data []byte) (Status, error) {
	var s Status
	if len(data) > maxFileBytes || json.Unmarshal(data, &s) != nil || len(s.Series) > maxStatusSeries {
		return Status{}, fmt.Errorf("%s: %w", StatusName, ErrFile)
	}
	sorted := slices.IsSortedFunc(s.Series, func(a, b SeriesStatus) int { return strings.Compare(string(a.Series), string(b.Series)) })
	if !sorted || slices.ContainsFunc(s.Series, func(one SeriesStatus) bool { return !isToken(one.Series) }) {
		return Status{}, fmt.Errorf("%s: %w", StatusName, ErrFile)
	}
	return s, nil
}

// StatusName is the name of the object beside a drop that tells the facility
// what became of it. ingest.Ours knows it.
const StatusName = "status.json"
