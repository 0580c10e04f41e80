package fit

import "slices"

// A term is a curve as it is, its integral and the integral of that, each with
// a factor: all averaged over the frames, decayed.
type term struct{ own, through, twice float64 }

// of returns the sum, in out unless it is one of the curves as it stands.
func (t term) of(own, once, again, out []float64) []float64 {
	switch t {
	case term{own: 1}:
		return own
	case term{through: 1}:
		return once
	case term{twice: 1}:
		return again
	}
	for i := range out {
		out[i] = 0
		if t.own != 0 {
			out[i] = t.own * own[i]
		}
		if t.through != 0 {
			out[i] += t.through * once[i]
		}
		if t.twice != 0 {
			out[i] += t.twice * again[i]
		}
	}
	return out
}

// A plan is a model that is linear in its parameters g:
//
//	y = Σ g x    y of the region; each x of the input or of the region
//
// with the input's first. Multiplied by e^(−λt) and averaged over the frames
// exactly, the integrals are those of the rebuilt curves.
type plan struct {
	y             term
	input, region []term
	k2Prime       bool // the first term of the input has R/k2′
	ratio         bool // the main parameter is a ratio of the first coefficients of input and region
	misfits       bool // its residuals hold more than noise, such as blood that it does not have
	plot          bool // it is a line after t*, whatever y is
	main          Symbol
	parameters    func(e *Estimate, g gradient, s *spread)
}

// least is the number of points that must be left after a t* that is given.
func (p *plan) least() int {
	if p.lined() {
		return fewestPoints
	}
	return minFrames
}

// graphical reports whether y is an integral: then noise in the curve, which
// is a regressor, biases the estimate, and the expected curve must come from
// another model.
func (p *plan) graphical() bool { return p.y.through != 0 }

// lined reports whether the plan holds after t* only.
func (p *plan) lined() bool { return p.graphical() || p.plot }

// fewestPoints is the least number of points that a given t* may leave.
const fewestPoints = 3

// A sources holds the curves of an input that plans are made of.
type sources struct {
	own, once, again []float64
	noise            noise // none for blood
}

// sources returns those of an input, own being its means.
func (p *plan) sources(c curve, own []float64, n noise) sources {
	once, again := c.integrals(len(own), slices.ContainsFunc(p.input, func(t term) bool { return t.twice != 0 }))
	return sources{own, once, again, n}
}

// A guess is what another model says of a region, for plans that need it: the
// curve to expect and the level of its noise, NaN where it does not know that.
type guess struct {
	expected, unit []float64
	tissue         []float64 // expected, without the blood in the region; nil where that is not known
	level          float64
	unsure         bool      // noise bends the expected curve
	main           Parameter // the plot's main parameter by that model; 0 where it has none
}
