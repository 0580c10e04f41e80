package study

import (
	"fmt"
	"strings"
)

// intervalLevel is what intervals of a finding cover.
const intervalLevel = 0.95

// An analysis is a design with its table.
type analysis struct {
	Analysis
	design Design
	table  *table
	state  State
	alpha  float64
	margin Interval
	mixed  map[cell]*conditionModel // by tracer, region and, as its condition, the scale
	bare   bool                     // verdicts are all that is asked for: intervals that none needs are left out
}

// interval returns what an estimate is shown with, nil where verdicts are all that
// is asked for.
func (s *analysis) interval(e interface{ Interval(float64) Interval }) *Interval {
	if s.bare {
		return nil
	}
	i := e.Interval(intervalLevel)
	return &i
}

func newAnalysis(d Design, list []Observation, state State) (*analysis, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	t, err := newTable(d, list)
	if err != nil {
		return nil, err
	}
	s := &analysis{Analysis: d.Analysis.withDefaults(), design: d, table: t, state: state}
	s.alpha, s.mixed = s.Alpha, map[cell]*conditionModel{}
	if state.ClosedEarly {
		s.alpha = s.EarlyAlpha(d.Planned)
	}
	s.margin, err = LogMargin(s.Margin)
	return s, err
}

// claims reports whether the study may claim anything.
func (s *analysis) claims() bool { return s.state.Complete && len(s.state.Changes) == 0 }

// shows reports whether p and intervals may be seen.
func (s *analysis) shows() bool { return s.state.Complete }

// What a value must be above for its logarithm to be used: 0.05, and four
// standard errors.
const (
	leastForLog   = 0.05
	leastForLogSE = 4
)

// refusal says why pairs cannot be tested.
func (s *analysis) refusal(rows [][]*Observation, scale Scale) (Refusal, string) {
	if names := unlike(rows); len(names) > 0 {
		return RefusedSettings, fmt.Sprintf("The scans differ in %s: fit them alike again.", strings.Join(names, ", "))
	}
	if scale == ScaleLog {
		for _, row := range rows {
			for _, o := range row {
				if o.Value <= leastForLog || o.Value <= leastForLogSE*o.SE {
					return RefusedLog, fmt.Sprintf("Under %s a value of %.3g with standard error %.2g is too near 0 for its "+
						"logarithm; the raw change is shown.", o.Condition, o.Value, o.SE)
				}
			}
		}
	}
	if len(rows) < s.MinPairs {
		return RefusedTooFew, fmt.Sprintf("The number of complete pairs is %d, and a test needs %d.", len(rows), s.MinPairs)
	}
	return "", ""
}

// each visits the contrasts of a kind with each of their tracers.
func (s *analysis) each(kind Kind, visit func(Contrast, Tracer)) {
	for _, k := range s.design.Contrasts {
		if k.Kind == kind {
			for _, t := range s.design.tracersOf(k) {
				visit(k, t)
			}
		}
	}
}
