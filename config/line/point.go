package line

// A point is called at labelled points of the work, so that tests can end a
// process there; it may be nil.
type point func(label string)

func (p point) reach(label string) {
	if p != nil {
		p(label)
	}
}
