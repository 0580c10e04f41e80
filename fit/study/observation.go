package study

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// An Observation is one estimate of a study: a region of a scan. Each cell of
// subject, condition, tracer and region has at most one that counts. Subjects and
// reasons appear in the sentences of a finding: give tokens, never identities.
type Observation struct {
	Subject, Condition, Tracer, Region string
	Group                              string  // of the subject; may be empty
	Value                              float64 // BPND, unitless, or VT in mL/cm³
	SE                                 float64 // standard error in the unit of Value; 0 where it is not known

	Order      int    // place of the scan among the subject's scans with the tracer, from 1; 0 where it is not known
	BeyondPlan bool   // the subject was not planned: it is kept out of every test
	Excluded   string // why the scan does not count, as a code; empty where it counts

	// Settings is what scans that are compared must have alike, such as model,
	// reference, scanner and version, each by its name.
	Settings map[string]string
	// Covariates are numbers of the scan or the subject, such as injected mass.
	Covariates map[string]float64
}

// A Cell is a planned scan: of a subject under a condition with a tracer.
type Cell struct{ Subject, Condition, Tracer string }

// Unsettled returns the planned cells, of every subject, condition and tracer, that
// are not settled, in this order. A cell is settled when its scan counts, is
// excluded for a reason or is lost. A study without any is complete.
func (d Design) Unsettled(subjects []string, settled []Cell) []Cell {
	done := map[Cell]bool{}
	for _, c := range settled {
		done[c] = true
	}
	var list []Cell
	for _, s := range subjects {
		for _, c := range d.Conditions {
			for _, t := range d.Tracers {
				if at := (Cell{s, c.Label, t.Label}); !done[at] {
					list = append(list, at)
				}
			}
		}
	}
	return list
}

// A cell is the place of an observation.
type cell struct{ subject, condition, tracer, region string }

// A table is the observations of a study by their cells.
type table struct {
	counted  map[cell]*Observation
	excluded map[string]map[cell]*Observation // by reason
	subjects []string                         // in order
	beyond   []string                         // of the plan, in order
}

// mostValue is far beyond every binding potential and distribution volume.
const mostValue = 1e9

// newTable sorts observations into their cells and checks them. Tracers and
// conditions that the design does not name are left out.
func newTable(d Design, list []Observation) (*table, error) {
	named := map[string]bool{}
	for _, t := range d.Tracers {
		for _, c := range d.Conditions {
			named[t.Label+"\x00"+c.Label] = true
		}
	}
	t := &table{counted: make(map[cell]*Observation, len(list)), excluded: map[string]map[cell]*Observation{}}
	subjects, beyond := map[string]bool{}, map[string]bool{}
	for i := range list {
		o := &list[i]
		if !named[o.Tracer+"\x00"+o.Condition] {
			continue
		}
		at := cell{o.Subject, o.Condition, o.Tracer, o.Region}
		if !(math.Abs(o.Value) <= mostValue) || !(o.SE >= 0 && o.SE <= mostValue) {
			return nil, fmt.Errorf("subject %s, %s, %s, %s: value %v with standard error %v: %w",
				at.subject, at.condition, at.tracer, at.region, o.Value, o.SE, ErrValues)
		}
		for name, v := range o.Covariates {
			if err := checkFinite(v); err != nil {
				return nil, fmt.Errorf("subject %s, %s, %s: covariate %s is %v: %w",
					at.subject, at.condition, at.tracer, name, v, ErrValues)
			}
		}
		if o.BeyondPlan {
			beyond[o.Subject] = true
			continue
		}
		into := t.counted
		if o.Excluded != "" {
			if t.excluded[o.Excluded] == nil {
				t.excluded[o.Excluded] = map[cell]*Observation{}
			}
			into = t.excluded[o.Excluded]
		}
		if into[at] != nil {
			return nil, fmt.Errorf("subject %s has two values of %s in %s under %s: %w",
				at.subject, at.tracer, at.region, at.condition, ErrDesign)
		}
		into[at] = o
		subjects[o.Subject] = true
	}
	t.subjects, t.beyond = slices.Sorted(maps.Keys(subjects)), slices.Sorted(maps.Keys(beyond))
	return t, nil
}

// with returns a table in which scans that were excluded for a reason count again,
// where nothing else fills their cells.
func (t *table) with(reason string) *table {
	again := *t
	again.counted = maps.Clone(t.counted)
	for at, o := range t.excluded[reason] {
		if again.counted[at] == nil {
			again.counted[at] = o
		}
	}
	return &again
}

// without returns a table without one subject.
func (t *table) without(subject string) *table {
	less := *t
	less.subjects = slices.DeleteFunc(slices.Clone(t.subjects), func(s string) bool { return s == subject })
	return &less
}

// complete returns the observations of a region under several conditions, of the
// subjects that have all of them: one row a subject, in the order of subjects.
func (t *table) complete(tracer, region string, conditions ...string) [][]*Observation {
	var rows [][]*Observation
	for _, s := range t.subjects {
		row := make([]*Observation, 0, len(conditions))
		for _, c := range conditions {
			if o := t.counted[cell{s, c, tracer, region}]; o != nil {
				row = append(row, o)
			}
		}
		if len(row) == len(conditions) {
			rows = append(rows, row)
		}
	}
	return rows
}

// subjectsOf returns the subjects of rows.
func subjectsOf(rows [][]*Observation) []string {
	var list []string
	for _, r := range rows {
		list = append(list, r[0].Subject)
	}
	return list
}

// unlike returns the names of the settings in which the observations differ, in
// order.
func unlike(rows [][]*Observation) []string {
	differ := map[string]bool{}
	var first *Observation
	for _, row := range rows {
		for _, o := range row {
			if first == nil {
				first = o
			}
			for _, pair := range [2][2]*Observation{{first, o}, {o, first}} {
				for name, value := range pair[0].Settings {
					if pair[1].Settings[name] != value {
						differ[name] = true
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(differ))
}
