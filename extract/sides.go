package extract

import "strings"

// A partner is the region on the other side.
type partner struct {
	base  string // what both names have in common
	other int    // where the other is, −1 where there is none
}

// pairs returns the partner of each region.
func pairs(tacs []TAC) []partner {
	first := map[sidedName]int{}
	names := make([]sidedName, len(tacs))
	for at, t := range tacs {
		names[at] = sided(string(t.Region))
		if _, taken := first[names[at]]; !taken && len(t.Parts) == 0 {
			first[names[at]] = at
		}
	}
	list := make([]partner, len(tacs))
	for at, n := range names {
		list[at] = partner{base: n.base, other: -1}
		if n.side == "" || first[n] != at || len(tacs[at].Parts) > 0 {
			continue
		}
		n.side = opposite(n.side)
		if other, ok := first[n]; ok {
			list[at].other = other
		}
	}
	return list
}

// A sidedName is a name taken apart: two regions make a pair if they differ in
// nothing but in being opposite sides.
type sidedName struct {
	base string // the name without its side
	side string // in lower case; "" where there is none
	at   int    // where the side stood, in bytes
}

// opposite returns the word for the other side, or "" for what is no side.
func opposite(side string) string {
	switch side {
	case "left":
		return "right"
	case "right":
		return "left"
	case "l":
		return "r"
	case "r":
		return "l"
	case "lh":
		return "rh"
	case "rh":
		return "lh"
	}
	return ""
}

// sided takes a name apart. The side is the first or the last word, or the
// second after ctx or wm as FreeSurfer has it; words are separated by hyphens,
// underscores, dots and spaces.
func sided(name string) sidedName {
	separator := func(r rune) bool { return strings.ContainsRune("-_. ", r) }
	lower := strings.ToLower(name)
	words := strings.FieldsFunc(lower, separator)
	if len(words) < 2 || len(lower) != len(name) {
		return sidedName{base: name}
	}
	first, last := words[0], words[len(words)-1]
	prefix := 0
	if first == "ctx" || first == "wm" {
		prefix = strings.Index(lower, first) + len(first) + 1
		first = words[1]
	}
	switch {
	case opposite(first) != "" && len(words) > 1+min(prefix, 1):
		from := prefix + strings.Index(lower[prefix:], first)
		rest := strings.TrimLeftFunc(name[from+len(first):], separator)
		return sidedName{base: name[:from] + rest, side: first, at: from}
	case opposite(last) != "":
		from := strings.LastIndex(lower, last)
		return sidedName{base: strings.TrimRightFunc(name[:from], separator), side: last, at: from}
	}
	return sidedName{base: name}
}
