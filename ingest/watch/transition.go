package watch

import (
	"cmp"
	"slices"
	"time"

	"tacstream/ingest"
)

// sameState reports whether writing b over a would change nothing worth a
// write: that more has been seen without another judgement is not.
func sameState(a, b ingest.State) bool {
	return a.Revision == b.Revision && a.Look == b.Look && a.Ask == b.Ask && a.Held == b.Held && sameOutcome(a, b) &&
		(a.Quiet == b.Quiet || !b.Quiet) && a.Examination == b.Examination
}

// sameOutcome reports whether both states say the same of the input.
func sameOutcome(a, b ingest.State) bool {
	return a.Condition == b.Condition && a.Reason == b.Reason && a.Have == b.Have && a.Want == b.Want &&
		len(a.Missing) == len(b.Missing) && a.Relatives.Equal(b.Relatives)
}

// take copies an outcome into the state. A site that was known stays known.
func take(s *ingest.State, o ingest.Outcome) {
	s.Series, s.Site, s.Condition, s.Reason = o.Series, cmp.Or(o.Site, s.Site), o.Condition, o.Reason
	s.Have, s.Want, s.Frames, s.Slices, s.Missing = o.Have, o.Want, o.Frames, o.Slices, o.Missing
	s.Multiframe, s.Relatives = o.Multiframe, o.Relatives
}

// revise starts a new revision, whose job nobody has tried.
func revise(s *ingest.State, look string, plan ingest.Plan, now time.Time) {
	s.Revision++
	s.Look, s.Formula, s.Time, s.Ask = look, ingest.LookFormula, now, ""
	s.Attempts, s.Crashes, s.Open = 0, 0, false
	s.HandBacks, s.HandedBack, s.Stage = 0, ingest.Reason{}, ""
	if look != "" {
		s.Plan = plan
		return
	}
	if s.Result != "" {
		s.Result, s.Why = ingest.Withdrawn, ingest.Reason{}
	}
}

// mayFollow reports whether an unfinished revision may be made anew by another
// plan. Of two configurations side by side each gets its way once: otherwise
// they would raise each other's revisions for ever.
func mayFollow(s ingest.State, today ingest.Plan) bool {
	switch {
	case len(today.Protocol) == 0 && len(s.Protocol) > 0:
		return false // a protocol that is missing takes nothing away
	case s.Formula < ingest.LookFormula:
		return true
	}
	return today.Key() != s.Plan.Key() && !slices.Contains(s.Tried, today.Key())
}

// follows reports whether a new revision by another plan is due although the
// input is the same.
func follows(s ingest.State, today ingest.Plan) bool {
	switch {
	case s.Ask == ingest.AskRedrive && s.Stands():
		return s.Result != ingest.Estimated
	case s.Ask == ingest.AskRefit && s.Stands():
		return s.Outdated(today)
	case s.WantsProtocol():
		return len(today.Protocol) > 0
	case s.Unfinished():
		return mayFollow(s, today)
	}
	return false
}
