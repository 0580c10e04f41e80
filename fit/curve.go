package fit

import "math"

// A curve is a time-activity curve rebuilt from its frame means. Corrected for
// decay it is the derivative of a spline through the cumulative integral at
// the edges of the frames; decaying, its means over the frames are exactly the
// data. Its convolution with an exponential has a closed form.
//
// It is the corrected curve that is taken to be smooth: decay alone bends the
// other by a third within a frame of ten minutes of carbon-11.
//
// A curve is linear in the frame means. An arterial input is a curve too, on a
// grid of its own whose pieces are parts of frames: see newInput.
type curve struct {
	*partition
	// Over each piece of length h, h times the curve, corrected for decay to
	// the start of the piece.
	pieces []polynomial
}

// curve rebuilds the curve with these frame means.
func (s *spline) curve(g *partition, means []float64) curve {
	factors := g.conditions(means, make([]float64, 0, len(g.pieces)))
	s.system.solve(factors)
	c := curve{partition: g, pieces: make([]polynomial, len(g.pieces))}
	for k := range g.pieces {
		p, to := &g.pieces[k], &c.pieces[k]
		for j := range degree + 1 {
			at := s.first[k] + j - 1
			if at < 0 {
				continue
			}
			b, scale := &s.pieces[k][j], factors[at]*p.length*p.decay
			for i := range b {
				to[i] += scale * b[i]
			}
		}
	}
	return c
}

// finite reports whether the curve is made of numbers: not where the frames
// leave the equations of its spline without a solution.
func (c curve) finite() bool {
	for _, p := range c.pieces {
		for _, a := range p {
			if math.IsNaN(a) || math.IsInf(a, 0) {
				return false
			}
		}
	}
	return true
}
