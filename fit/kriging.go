package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Means that were not measured follow from their neighbours. Tracer curves are
// sums of exponentials, so that is what is taken to be likely: with amplitudes
// of independent, equal variance over the logarithm of the rate the means of any
// two times are correlated in a known way, and the best guess of one from others
// (kriging) is a weighted sum of them: the curve is still linear in the data.
//
// How far neighbours need not agree, the nugget, is what the curve itself makes
// the likeliest: next to nothing for an exact curve, its noise for a measured
// one. Less would follow every error, more would bend the curve.
//
// Source: Matheron, Les variables régionalisées et leur estimation, Masson
// 1965; in today's terms Rasmussen & Williams, Gaussian Processes for Machine
// Learning, MIT Press 2006, sections 2.7 and 5.4.1.

// A prior is what is likely of a curve before its means are known.
type prior struct {
	rates []float64 // 1/min
	// What is known of model zero: nothing (0), that nothing has arrived (1), or
	// that nothing has begun to arrive, either (2).
	still int
	// The variance of a mean of krigingLength that neighbours need not agree on,
	// relative to the curve's.
	nugget float64
}

// krigingLength is the length, in min, of the means that a nugget is of.
const krigingLength = 5.0

// nuggets are those that are tried.
func nuggets() []float64 {
	return []float64{1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3}
}

// usualNugget is that of a curve that nothing is known of.
const usualNugget = 1e-8

// rates returns n rates, evenly spread over their logarithm.
func rates(slowest, fastest float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = slowest * math.Pow(fastest/slowest, float64(i)/float64(n-1))
	}
	return list
}

// A field is what a prior says of the means of some pieces, corrected for decay
// on average: their covariances are products of the rows.
type field struct {
	pieces []piece
	rows   *mat.Dense
}

// field returns that of pieces.
func (g *partition) field(pieces []piece, p *prior) field {
	f := field{pieces, mat.NewDense(len(pieces), len(p.rates), nil)}
	known := p.known()
	for i, at := range pieces {
		row := f.rows.RawRowView(i)
		for j, r := range p.rates {
			r += g.lambda
			row[j] = -math.Exp(-r*at.start) * math.Expm1(-r*at.length) / (r * at.length) / g.level(at)
		}
		for _, k := range known {
			floats.AddScaled(row, -floats.Dot(row, k), k)
		}
	}
	return f
}

// known returns, orthonormal, what the amplitudes add up to 0 with: what is
// known of the curve is taken out of what may happen.
func (p *prior) known() (list [][]float64) {
	for power := range p.still {
		k := make([]float64, len(p.rates))
		for i, r := range p.rates {
			k[i] = math.Pow(r, float64(power))
		}
		for _, other := range list {
			floats.AddScaled(k, -floats.Dot(k, other), other)
		}
		floats.Scale(1/floats.Norm(k, 2), k)
		list = append(list, k)
	}
	return list
}

// covariances returns those of the pieces, the nugget left out, and the mean
// variance.
func (f field) covariances() (*mat.SymDense, float64) {
	k := mat.NewSymDense(len(f.pieces), nil)
	k.SymOuterK(1, f.rows)
	return k, mat.Trace(k) / float64(len(f.pieces))
}

// disagree adds a nugget to covariances.
func (f field) disagree(k *mat.SymDense, variance, nugget float64) *mat.SymDense {
	sum := mat.NewSymDense(len(f.pieces), nil)
	sum.CopySym(k)
	for i, p := range f.pieces {
		sum.SetSym(i, i, k.At(i, i)+nugget*variance*krigingLength/p.length)
	}
	return sum
}

// likeliest returns the prior, of several, and its nugget that make means the
// likeliest, whatever the scale of the curve.
func (g *partition) likeliest(asked []piece, means []float64, priors ...prior) prior {
	best, top := priors[len(priors)-1], math.Inf(-1)
	best.nugget = usualNugget
	if means == nil {
		return best
	}
	y := mat.NewVecDense(len(asked), nil)
	for i, p := range asked {
		y.SetVec(i, means[p.frame]/g.level(p))
	}
	for _, p := range priors {
		f := g.field(asked, &p)
		k, variance := f.covariances()
		for _, p.nugget = range nuggets() {
			if l := likelihood(f.disagree(k, variance, p.nugget), y); l > top {
				best, top = p, l
			}
		}
	}
	return best
}

// likelihood returns the logarithm of how likely values are, but for a
// constant, at the scale that suits them best.
func likelihood(k *mat.SymDense, y *mat.VecDense) float64 {
	var c mat.Cholesky
	var x mat.VecDense
	if !c.Factorize(k) || c.SolveVecTo(&x, y) != nil {
		return math.Inf(-1)
	}
	square := mat.Dot(y, &x)
	if !(square > 0) {
		return math.Inf(-1)
	}
	return -(float64(y.Len())*math.Log(square) + c.LogDet()) / 2
}
