package publish

import (
	"fmt"
	"math"
	"slices"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// curveStatements returns what is doubtful about the curves of a result.
func curveStatements(r Result) []Warning {
	all, _ := statements(r.AllWarnings(), nil)
	return all
}

// A concern is a warning of one estimate, or of one curve where it has no model.
type concern struct {
	ingest.Warning
	region extract.Region
	model  string
}

// gravity orders levels, −1 for none.
func gravity(l ingest.Level) int {
	return slices.Index([]ingest.Level{ingest.LevelNotice, ingest.LevelWarn, ingest.LevelDoubt}, l)
}

// excess is how far a value lies beyond its limit, either way, as a ratio.
func excess(w ingest.Warning) float64 {
	if r := math.Abs(math.Log(math.Abs(w.Value / w.Threshold))); r >= 0 {
		return r
	}
	return math.Inf(1) // no limit, or none that a ratio is made of
}

// graver reports whether a is said before b.
func (a concern) graver(b concern) bool {
	if x, y := gravity(a.Level), gravity(b.Level); x != y {
		return x > y
	}
	return excess(a.Warning) > excess(b.Warning)
}

// maxNamed bounds the regions that a statement names: every estimate has its codes.
const maxNamed = 100

// regional are the codes of curves that name a region each.
func regional(c ingest.Code) bool {
	return c == ingest.WarnNoise || c == ingest.WarnSmallRegion || c == ingest.WarnNegative
}

// words tell a warning from another one with the same code.
func words(w ingest.Warning) string { return string(w.Code) + " " + w.Detail }

// statements returns what is doubtful about a scan, one statement for each cause:
// warnings that several estimates or curves have in common are one, the gravest, that
// says how many they are. What concerns one estimate only is left to it.
func statements(scan []ingest.Warning, estimates []fit.Estimate) (all []Warning, alone map[spot][]Warning) {
	var groups groups
	said, times := map[string]bool{}, map[string]int{}
	for _, w := range scan {
		if said[words(w)] = true; regional(w.Code) {
			groups.add(string(w.Code)+" of curves", concern{Warning: w})
			continue
		}
		all = append(all, newWarning(w))
	}
	var whole statement
	for _, e := range estimates {
		whole.count(concern{region: e.Region, model: e.Model})
		for _, w := range e.Warnings {
			times[words(w)]++
		}
	}
	key := func(w ingest.Warning) string {
		if n := times[words(w)]; n > 1 && n >= len(whole.regions) { // a model says it of every region
			return words(w)
		}
		return string(w.Code)
	}
	for _, e := range estimates {
		for _, w := range e.Warnings {
			if !said[words(w)] {
				groups.add(key(w), concern{w, e.Region, e.Model})
			}
		}
	}
	alone = map[spot][]Warning{}
	for _, key := range groups.order {
		list := groups.lists[key]
		if first := list[0]; len(list) > 1 || first.model == "" {
			all = append(all, state(list, whole))
		} else {
			at := spot{first.region, first.model}
			alone[at] = append(alone[at], newWarning(first.Warning))
		}
	}
	return most(all), alone
}

// A spot is where an estimate stands: its region and its model.
type spot struct {
	region extract.Region
	model  string
}

// groups are concerns by what they have in common, in order.
type groups struct {
	order []string
	lists map[string][]concern
}

func (g *groups) add(key string, c concern) {
	if g.lists == nil {
		g.lists = map[string][]concern{}
	}
	if g.lists[key] == nil {
		g.order = append(g.order, key)
	}
	g.lists[key] = append(g.lists[key], c)
}

// A statement counts the regions and models of concerns, each once. Scans may have
// thousands of regions.
type statement struct {
	regions []extract.Region
	models  []string
	seen    map[extract.Region]bool
}

func (s *statement) count(c concern) {
	if s.seen == nil {
		s.seen = map[extract.Region]bool{}
	}
	if !s.seen[c.region] {
		s.seen[c.region] = true
		s.regions = append(s.regions, c.region)
	}
	if !slices.Contains(s.models, c.model) {
		s.models = append(s.models, c.model)
	}
}

// state returns the gravest of concerns with one code, and which regions and models
// they are of, where that is not the whole.
func state(list []concern, whole statement) Warning {
	worst, same := list[0], true
	var of statement
	for _, c := range list {
		if c.graver(worst) {
			worst = c
		}
		same = same && c.Detail == list[0].Detail
		of.count(c)
	}
	w := newWarning(worst.Warning)
	if worst.model == "" { // of curves: the words name the region
		if len(list) > 1 {
			w.Detail += fmt.Sprintf(" It is the gravest of %s.", count(len(list), "region"))
		}
		return w
	}
	if len(of.regions) < len(whole.regions) {
		w.Regions = of.regions[:min(len(of.regions), maxNamed)]
	}
	if len(of.models) < len(whole.models) {
		w.Models = of.models
	}
	if !same {
		w.Detail += fmt.Sprintf(" That is %s by %s, the gravest of %s in %s.",
			plain(string(worst.region)), plain(worst.model), count(len(list), "estimate"), count(len(of.regions), "region"))
	}
	return w
}

// gravest returns the gravest level of warnings, "" where there are none.
func gravest(list []ingest.Warning) (level ingest.Level) {
	for _, w := range list {
		if gravity(w.Level) > gravity(level) {
			level = w.Level
		}
	}
	return level
}
