package extract

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// WithMerged returns the curves and, after them, a merged curve for each rule,
// in the order of the rules' names. A rule names regions, or patterns of names
// as path.Match has them; case is ignored. What a left and a right region have
// in common names both, unless a region is called so. A region that several of
// a rule's patterns match counts once.
//
// A rule gives nothing where a region of its name exists, or where it matches
// no region; a warning says so, and also where one of its patterns matches
// none. The error is path.ErrBadPattern.
//
// Where WithBilateral is wanted too it comes second, so that a rule and not a
// pair decides what a name means.
func (c Curves) WithMerged(rules map[string][]string) (Curves, error) {
	c = c.clipped()
	sources := c.TACs
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if c.united(name) {
			continue
		}
		if c.has(name) {
			c.Warnings = append(c.Warnings, ruleNotice("merge", name, "has no effect: a region of that name exists and is kept"))
			continue
		}
		parts, unmatched, err := match(sources, rules[name])
		if err != nil {
			return Curves{}, fmt.Errorf("rule to merge %q: %w", name, err)
		}
		for _, pattern := range unmatched {
			c.Warnings = append(c.Warnings, ruleNotice("merge", name, fmt.Sprintf("finds no region called %q%s", pattern, thereAre(sources))))
		}
		if len(parts) > 0 {
			c.TACs = append(c.TACs, merged(Region(name), parts))
		}
	}
	return c, nil
}

// thereAre lists the names of regions for a message.
func thereAre(tacs []TAC) string {
	const most = 20
	var names []string
	for _, t := range tacs {
		names = append(names, string(t.Region))
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return "; there are " + strings.Join(names, ", ")
}

// clipped returns c with slices that appending cannot change for others.
func (c Curves) clipped() Curves {
	c.TACs, c.Warnings = slices.Clip(c.TACs), slices.Clip(c.Warnings)
	return c
}

// has reports whether a region is called so, case ignored.
func (c Curves) has(name string) bool {
	return slices.ContainsFunc(c.TACs, func(t TAC) bool { return strings.EqualFold(string(t.Region), name) })
}

// united reports whether Mask.Under has merged a region of that name.
func (c Curves) united(name string) bool {
	return slices.ContainsFunc(c.TACs, func(t TAC) bool { return string(t.Region) == name && len(t.Parts) > 0 })
}

// match returns the regions of the source that any of the patterns matches, in
// the order of tacs, and the patterns that match none. A merged region stands
// for its parts.
func match(tacs []TAC, patterns []string) (parts []TAC, unmatched []string, err error) {
	chosen := map[Region]bool{}
	calls := callings(tacs)
	for _, pattern := range patterns {
		found := false
		for at, t := range tacs {
			ok, err := calls[at].match(pattern)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				found, chosen[t.Region] = true, true
				for _, part := range t.Parts {
					chosen[part] = true
				}
			}
		}
		if !found {
			unmatched = append(unmatched, pattern)
		}
	}
	for _, t := range tacs {
		if chosen[t.Region] && len(t.Parts) == 0 {
			parts = append(parts, t)
		}
	}
	return parts, unmatched, nil
}

// A calling is what a rule may call a region, in lower case: its name and, where
// it is one side of a pair, what both sides have in common.
type calling struct{ name, base string }

// callings returns those of regions. A base that is a region's own name is that
// region's alone.
func callings(tacs []TAC) []calling {
	list, own := make([]calling, len(tacs)), map[string]bool{}
	for at, t := range tacs {
		list[at].name = strings.ToLower(string(t.Region))
		own[list[at].name] = true
	}
	for at, pair := range pairs(tacs) {
		if base := strings.ToLower(pair.base); pair.other >= 0 && !own[base] {
			list[at].base = base
		}
	}
	return list
}

func (c calling) match(pattern string) (bool, error) {
	pattern = strings.ToLower(pattern)
	ok, err := path.Match(pattern, c.name)
	if ok || err != nil || c.base == "" {
		return ok, err
	}
	return path.Match(pattern, c.base)
}

// merged returns the mean curve of the parts, weighted by their voxels:
//
//	C = Σ nᵢCᵢ / Σ nᵢ
//
// Where a part's voxels are not known, as in a bare table, all weigh the same.
func merged(name Region, parts []TAC) TAC {
	weight := func(t TAC) float64 { return t.Voxels }
	if slices.ContainsFunc(parts, func(t TAC) bool { return !(t.Voxels > 0) }) {
		weight = func(TAC) float64 { return 1 }
	}
	m := TAC{Region: name, BqPerML: make([]float64, len(parts[0].BqPerML))}
	total := 0.0
	for _, p := range parts {
		m.Parts = append(m.Parts, p.Region)
		m.Voxels += p.Voxels
		m.VolumeMM3 += p.VolumeMM3
		total += weight(p)
	}
	for _, p := range parts {
		for f, v := range p.BqPerML {
			m.BqPerML[f] += v * (weight(p) / total)
		}
	}
	return m
}
