package phantom

// Truth returns the kinetics of each label but the cerebellum, in the order of
// the atlas: every region left, then right.
func (s Series) Truth() []Kinetics {
	var truth []Kinetics
	for _, k := range s.Merged() {
		for _, side := range []string{"Left-", "Right-"} {
			of := k
			of.Region = side + k.Region
			truth = append(truth, of)
		}
	}
	return truth
}

// Merged returns the kinetics of each region but the cerebellum, left and
// right together, in the order of the atlas.
func (s Series) Merged() []Kinetics {
	s = s.filled()
	var truth []Kinetics
	for _, o := range organs() {
		if k, ok := s.kineticsOf(o.region); ok && o.region != Cerebellum {
			truth = append(truth, k)
		}
	}
	return truth
}
