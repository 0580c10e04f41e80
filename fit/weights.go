package fit

import (
	"math"
	"strings"

	"tacstream/extract"
)

// A Weighting names how the frames of a curve are weighted. The residuals are
// those of the activity as it decayed, U, so a scheme that was made for values
// corrected for decay, C = U·DF, is turned into the same fit of U by DF².
//
// In the formulas d is the duration, t the start and s the middle of a frame
// in min, λ = ln 2/half-life, DF the decay factor to model zero, and U, C the
// measured values; where they stand in a denominator they count as at least a
// hundredth of their largest. All weights are then brought to a mean of 1.
// Standard errors hold whatever the weights are: they follow from the noise,
// not from the weights. See Weightings for all.
type Weighting string

// The weightings. Those called kinfitr-1 to kinfitr-9 are that program's nine
// (Matheson, bioRxiv 2019, doi:10.1101/755751), by the formulas of its
// documentation where its code and they differ, and without its squeeze into
// 0.5 to 1.
const (
	// InverseVariance is the default: d/Û with Û the activity that the model
	// expects, found in two passes, and floored at a fiftieth of its peak. The
	// measured activity would correlate the weights with the noise and bias
	// the fit.
	InverseVariance Weighting = "inverse-variance"
	Uniform         Weighting = "uniform"         // 1 on C
	UniformDecayed  Weighting = "uniform-decayed" // 1 on U
	Duration        Weighting = "duration"        // d on C
	DurationDecay   Weighting = "duration-decay"  // d e^(−λs) on C (Thiel & others)
	// Counts is the inverse of the variance of C when d U are counts, d/(U DF²)
	// on C (after Mazoyer et al., J Comput Assist Tomogr 1986;10:637–645).
	Counts   Weighting = "counts"
	Kinfitr1 Weighting = "kinfitr-1" // d/U on C
	Kinfitr2 Weighting = "kinfitr-2" // √(d U) on C
	Kinfitr3 Weighting = "kinfitr-3" // d/C on C (its code: √d/C)
	Kinfitr4 Weighting = "kinfitr-4" // √d on C
	Kinfitr5 Weighting = "kinfitr-5" // d e^(−λs) on C (its code leaves out s)
	Kinfitr6 Weighting = "kinfitr-6" // d/C on C
	Kinfitr7 Weighting = "kinfitr-7" // d on C
	Kinfitr8 Weighting = "kinfitr-8" // d²/U on C
	Kinfitr9 Weighting = "kinfitr-9" // d²/(d C) DF⁻² on C (its code: d³ DF²/C)
	User     Weighting = "user"      // Scan.Weights on C
)

// Weightings returns all of them.
func Weightings() []Weighting {
	return []Weighting{
		InverseVariance, Uniform, UniformDecayed, Duration, DurationDecay, Counts,
		Kinfitr1, Kinfitr2, Kinfitr3, Kinfitr4, Kinfitr5, Kinfitr6, Kinfitr7, Kinfitr8, Kinfitr9, User,
	}
}

// check returns what is wrong with a weighting for a scan.
func (w Weighting) check(s Scan) error {
	if w != User {
		return w.Check()
	}
	if len(s.Weights) == 0 {
		return ErrValues.With("weighting \"user\" needs Scan.Weights, a column named weights")
	}
	if len(s.Weights) != len(s.Frames) {
		return ErrFrames.With("%d weights for %d frames", len(s.Weights), len(s.Frames))
	}
	positive := 0
	for f, v := range s.Weights {
		if !(v >= 0) || v > largest {
			return ErrValues.With("weight %g of frame %d", v, f+1)
		}
		if v > 0 {
			positive++
		}
	}
	if positive < minFrames {
		return ErrTooFewFrames.With("%d frames have a weight", positive)
	}
	return nil
}

// Check returns ErrSettings where there is no such weighting. "" is InverseVariance.
func (w Weighting) Check() error {
	var names []string
	for _, known := range Weightings() {
		if w == known || w == "" {
			return nil
		}
		names = append(names, string(known))
	}
	return ErrSettings.Saying("no weighting is called %q; there are %s", w, strings.Join(names, ", "))
}

// of returns the weights of the frames of a region that are used, nil where
// they follow from the model.
func (w Weighting) of(s *Scan, from int, g *partition, t *extract.TAC) []float64 {
	if w == "" || w == InverseVariance {
		return nil
	}
	n := len(g.mid)
	list := make([]float64, n)
	top := 0.0
	for _, v := range t.BqPerML[from:] {
		top = math.Max(top, v)
	}
	for i := range list {
		factor := s.Frames[from+i].DecayFactor(s.HalfLife, 0)
		u := math.Max(t.BqPerML[from+i], top/100)
		list[i] = factor * factor * w.formula(g.length[i], u, u*factor, factor, math.Exp(-g.lambda*g.mid[i]))
		if w == User {
			list[i] *= s.Weights[from+i]
		}
		if w == UniformDecayed {
			list[i] = 1
		}
	}
	normalise(list)
	return list
}

// formula returns the weight on C, decayed being e^(−λs).
func (w Weighting) formula(d, u, c, factor, decayed float64) float64 {
	switch w {
	case Duration, Kinfitr7:
		return d
	case DurationDecay, Kinfitr5:
		return d * decayed
	case Counts:
		return d / (u * factor * factor)
	case Kinfitr1:
		return d / u
	case Kinfitr2:
		return math.Sqrt(d * u)
	case Kinfitr3, Kinfitr6:
		return d / c
	case Kinfitr4:
		return math.Sqrt(d)
	case Kinfitr8:
		return d * d / u
	case Kinfitr9:
		return d / (c * factor * factor)
	}
	return 1
}
