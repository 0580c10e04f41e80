package extract

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"tacstream/ingest"
)

// Reference returns the region that a pattern of path.Match names, case
// ignored: one that is called exactly so, else the only one that matches. Left
// and right count as the region that they are merged into. Where several match
// none is taken: which one is right only a person knows, and a wrong one looks
// as good. Of several patterns, separated by |, the first counts that any region
// matches.
func Reference(patterns string, tacs []TAC) (Region, error) {
	var names []string
	for _, t := range tacs {
		if names = append(names, string(t.Region)); string(t.Region) == patterns {
			return t.Region, nil
		}
	}
	for pattern := range strings.SplitSeq(patterns, "|") {
		r, err := referenceLike(strings.TrimSpace(pattern), tacs)
		if err != nil && ingest.ReasonOf(err).Code == ingest.CodeReferenceAbsent {
			continue
		}
		return r, err
	}
	return "", ingest.Reject(ingest.CodeReferenceAbsent, "no region is called like the reference %q; there are %s", patterns, strings.Join(names, ", "))
}

// referenceLike returns the region that one pattern names.
func referenceLike(pattern string, tacs []TAC) (Region, error) {
	matches := map[Region]bool{}
	for _, t := range tacs {
		if strings.EqualFold(pattern, string(t.Region)) {
			return t.Region, nil
		}
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(string(t.Region)))
		if err != nil {
			return "", fmt.Errorf("the reference %q is not a valid pattern: %w", pattern, err)
		}
		if ok {
			matches[t.Region] = true
		}
	}
	for _, t := range tacs {
		for _, part := range t.Parts {
			if matches[t.Region] {
				delete(matches, part)
			}
		}
	}
	found := slices.Sorted(maps.Keys(matches))
	switch len(found) {
	case 0:
		return "", ingest.Reject(ingest.CodeReferenceAbsent, "no region is called like the reference %q", pattern)
	case 1:
		return found[0], nil
	}
	return "", ingest.Reject(ingest.CodeReferenceUnclear, "several regions are called like the reference %q: %s; make one of them the reference, of the protocol or by --reference, or merge them by a rule: see 'tacstream config'", pattern, joined(found))
}

func joined(regions []Region) string {
	var names []string
	for _, r := range regions {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// RegionsLike returns the regions that a pattern of path.Match names, case
// ignored, and the one that is called exactly so. There may be none.
func RegionsLike(pattern string, tacs []TAC) (list []Region, err error) {
	for _, t := range tacs {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(string(t.Region)))
		if err != nil {
			return nil, fmt.Errorf("%q is not a valid pattern", pattern)
		}
		if ok || string(t.Region) == pattern {
			list = append(list, t.Region)
		}
	}
	return list, nil
}
