package extract

// WithBilateral returns the curves and, after them, a merged curve for each
// pair of a left and a right region, in the order of the pairs' first parts.
// It is called what the names of the pair have in common: Left-Putamen and
// Right-Putamen give Putamen, ctx-lh-insula and ctx-rh-insula ctx-insula.
// There is none where a region of that name exists.
func (c Curves) WithBilateral() Curves {
	c = c.clipped()
	sources := c.TACs
	for at, pair := range pairs(sources) {
		if pair.other <= at { // the pair is met at its first part
			continue
		}
		if UsableName(pair.base) && !c.has(pair.base) {
			c.TACs = append(c.TACs, merged(Region(pair.base), []TAC{sources[at], sources[pair.other]}))
		}
	}
	return c
}
