package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
			list = append(list, Refit{Series: s.Series, Tracer: s.Tracer, Result: s.Result, Event: s.Event, Changes: changes(s, today)})
		}
	}
	slices.SortFunc(list, func(a, b Refit) int { return strings.Compare(string(a.Series), string(b.Series)) })
	return list, nil
}

// changes says what differs between the plan of a result and today's.
func changes(s ingest.State, today ingest.Plan) []string {
	if s.Formula < ingest.LookFormula {
		return []string{"made by an earlier release"}
	}
	var list []string
	was := s.Plan
	add := func(what, from, to string) {
		if from != to {
			list = append(list, fmt.Sprintf("%s: %s → %s", what, orNone(from), orNone(to)))
		}
	}
	add("results version", was.ResultsVersion, today.ResultsVersion)
	if was.Settings == today.Settings {
		return list
	}
	p, known := decodeProtocol(was.Protocol)
	q, _ := decodeProtocol(today.Protocol)
	if !known {
		return append(list, "protocol: as an earlier release had it → "+orNone(q.Tracer))
	}
	add("decay", was.Decay, today.Decay)
	for _, f := range p.compare(q) {
		add(f[0], f[1], f[2])
	}
	return list
}

// compare returns name and both values of every setting of a protocol, as text.
func (p Protocol) compare(q Protocol) [][3]string {
	text := func(v any) string { return strings.Trim(fmt.Sprint(v), "[]") }
	return [][3]string{
		{"tracer", p.Tracer, q.Tracer}, {"name", p.Name, q.Name}, {"match", p.Match, q.Match}, {"reference", p.Reference, q.Reference},
		{"models", text(p.Models), text(q.Models)}, {"k2prime", text(p.K2Prime), text(q.K2Prime)},
		{"t_star", time.Duration(p.TStar).String(), time.Duration(q.TStar).String()},
		{"allow_uncorrected", text(p.Uncorrected), text(q.Uncorrected)}, {"atlas", p.Atlas, q.Atlas},
		{"merge", text(p.Merge), text(q.Merge)}, {"erode", text(p.Erode), text(q.Erode)},
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// ErrHasResult means that there is nothing to try again.
var ErrHasResult = errors.New("it has a result")

// Ask notes what the operator wants of a series and asks whoever takes notices
// to see to it: the running ingest makes the job, by its own configuration.
func (l *Line) Ask(ctx context.Context, series ingest.Token, what ingest.Ask) error {
	_, err := l.Ledger.Update(ctx, series, func(s *ingest.State) error {
		if err := askable(*s, what); err != nil {
			return err
		}
		s.Ask = what
		if what == ingest.AskRedrive {
			s.Attempts, s.Crashes, s.HandBacks, s.HandedBack = 0, 0, 0, ingest.Reason{}
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
		return ingest.Reject(ingest.CodeJoined, "series %s is fitted with series %s, which it continues: name that one", s.Series, s.Lead)
	case !s.Whole():
		return ingest.Reject(ingest.CodeFrameCount, "series %s is not whole, so there is nothing to try: it is %s", s.Series, s.Condition)
	case what == ingest.AskRedrive && s.Stands() && s.Result == ingest.Estimated:
		return fmt.Errorf("series %s: %w, which 'tacstream refit %s' replaces if today's configuration makes another", s.Series, ErrHasResult, s.Series)
	case what == ingest.AskRedrive && s.Stands() && s.Result == ingest.Unfitted:
		return fmt.Errorf("series %s waits for a protocol and goes on by itself: add one to the configuration, see 'tacstream config', and start 'tacstream serve' anew", s.Series)
	case what == ingest.AskRefit && !s.Stands():
		return fmt.Errorf("series %s has no result yet: it is made by today's configuration anyway", s.Series)
	}
	return nil
}
