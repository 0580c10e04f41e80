package line

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tacstream/config"
	"tacstream/ingest"
)

// A Choice says which results are meant. The zero value means all.
type Choice struct {
	Series []ingest.Token
	Tracer string    // label; "" means every tracer
	Since  time.Time // results of revisions made before are left out; their time must be known
}

func (c Choice) takes(s ingest.State) bool {
	return (len(c.Series) == 0 || slices.Contains(c.Series, s.Series)) && (c.Tracer == "" || c.Tracer == s.Tracer) &&
		(c.Since.IsZero() || !s.Time.Before(c.Since))
}

// A Refit is a result that today's configuration and release would make
// otherwise.
type Refit struct {
	Series  ingest.Token  `json:"series"`
	Tracer  string        `json:"tracer,omitempty"`
	Result  ingest.Result `json:"result"`
	Event   string        `json:"event,omitempty"` // id of the event that the new result's will supersede
	Changes []string      `json:"changes"`         // in words
}

// Outdated returns the results that stand and would be made otherwise today. It
// changes nothing.
func (l *Line) Outdated(ctx context.Context, choice Choice) ([]Refit, error) {
	var states []ingest.State
	err := l.Ledger.States(ctx, func(s ingest.State) error {
		if s.Stands() && choice.takes(s) {
			states = append(states, s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var list []Refit
	for _, s := range states {
		v, err := l.Judge.View(ctx, s.Series, true, s.Atlas)
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", s.Series, err)
		}
		today := l.plan(v.Assembly, s.Plan)
		if len(v.Assembly.Slots) > 0 && s.Outdated(today) {
			list = append(list, Refit{Series: s.Series, Tracer: s.Tracer, Result: s.Result, Event: s.Event, Changes: config.Changes(s, today)})
		}
	}
	slices.SortFunc(list, func(a, b Refit) int { return strings.Compare(string(a.Series), string(b.Series)) })
	return list, nil
}

// Ask notes what the operator wants of a series and asks whoever takes notices
// to see to it: the running ingest makes the job, by its own configuration.
func (l *Line) Ask(ctx context.Context, series ingest.Token, what ingest.Ask) error {
	_, err := l.Ledger.Update(ctx, series, func(s *ingest.State) error {
		if err := askable(*s, what); err != nil {
			return err
		}
		s.Ask = what
		if what == ingest.AskRedrive {
			s.Attempts, s.Crashes, s.HandBacks, s.HandedBack, s.Stage = 0, 0, 0, ingest.Reason{}, ""
			s.Redrives++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.Broker.AskJudge(ctx, series)
}

// askable says why a series is not for what the operator wants.
func askable(s ingest.State, what ingest.Ask) error {
	switch {
	case s.Lead != "":
		return ingest.Reject(ingest.CodeJoined, "series %s is fitted with series %s, which it continues: give that token", s.Series, s.Lead)
	case !s.Whole():
		return ingest.Reject(ingest.CodeFrameCount, "series %s cannot be tried again: it is %s", s.Series, s.Condition)
	case what == ingest.AskRedrive && s.Stands() && s.Result == ingest.Estimated:
		return fmt.Errorf("series %s has a result, so nothing is tried again; to redo it with today's configuration, use 'tacstream refit %s'", s.Series, s.Series)
	case what == ingest.AskRedrive && s.Stands() && s.Result == ingest.Unfitted:
		return fmt.Errorf("series %s waits for a protocol: add one to the configuration, see 'tacstream config', and restart 'tacstream serve'", s.Series)
	case what == ingest.AskRefit && !s.Stands():
		return fmt.Errorf("series %s has no result yet: it will be made with today's configuration", s.Series)
	}
	return nil
}
