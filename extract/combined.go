package extract

import "slices"

// Combined says of each region whether it is made of others that are there too: its
// parts are, or it bears the name that a left and a right region have in common, as in
// a table that does not tell parts. What it says is said already by those.
func Combined(tacs []TAC) []bool {
	there := make(map[Region]bool, len(tacs))
	for _, t := range tacs {
		there[t.Region] = true
	}
	bases := map[Region]bool{}
	for _, p := range pairs(tacs) {
		if p.other >= 0 {
			bases[Region(p.base)] = true
		}
	}
	list := make([]bool, len(tacs))
	for i, t := range tacs {
		if list[i] = bases[t.Region]; len(t.Parts) > 0 {
			list[i] = !slices.ContainsFunc(t.Parts, func(part Region) bool { return !there[part] })
		}
	}
	return list
}
