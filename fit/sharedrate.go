package fit

import (
	"math"

	"tacstream/extract"
)

// A sharedRate is k2′, which the regions of a scan share: given, or estimated
// from them. Where it was estimated it knows how it answers to the errors of
// every curve, so that the regions' own errors can be told from those that
// come through it, correlations included.
type sharedRate struct {
	value, se float64
	variance  map[extract.Region]float64   // what each region's noise makes of its variance
	total     float64                      // of these
	target    map[extract.Region][]float64 // δk2′ by the errors of each region's curve
	reference []float64                    // and of the reference's
}

// given returns a k2′ that is known, or known with a spread, that of a
// population: then its standard error. One that no reference can have is an
// error: estimates with it would look sound and be wrong.
func (o shareOptions) given() (*sharedRate, error) {
	perMin := o.k2PrimePerMin
	if !(perMin >= thetaMin && perMin <= thetaMax) {
		return nil, ErrK2Prime.With("k2′ of %g /min, which lies outside %g to %g", perMin, thetaMin, thetaMax)
	}
	if !(o.k2PrimeSD >= 0 && o.k2PrimeSD <= mostDoubt*perMin) {
		return nil, ErrK2Prime.With("k2′ of %g ± %g /min, a spread that is negative or above half of it", perMin, o.k2PrimeSD)
	}
	if o.k2PrimeSD == 0 {
		return &sharedRate{value: perMin, se: math.NaN()}, nil
	}
	return &sharedRate{
		value: perMin, se: o.k2PrimeSD, total: o.k2PrimeSD * o.k2PrimeSD,
		target: map[extract.Region][]float64{}, reference: make([]float64, o.frames),
	}, nil
}

// estimated reports whether k2′ has an error.
func (k *sharedRate) estimated() bool { return k != nil && k.target != nil }

// join makes k2′ one more parameter of a fit with n of them, which answer to
// it as by says.
func (k *sharedRate) join(s *spread, f *influences, n int, by gradient, region extract.Region, unit []float64, ref noise) {
	own := k.target[region]
	for v := range unit {
		g := 0.0
		if own != nil {
			g = own[v]
		}
		for i := range n {
			f.target[i][v] += by[i] * g
			f.reference[i][v] += by[i] * k.reference[v]
		}
		f.target[n][v], f.reference[n][v] = g, k.reference[v]
	}
	var through, others square
	f.target.cov(n+1, unit, f.row, &through)
	f.reference.cov(n+1, ref.unit, f.row, &others)
	by[n] = 1
	s.by = by
	rest := math.Max(k.total-k.variance[region], 0)
	for i := range n + 1 {
		for j := range n + 1 {
			s.cov[i][j] = s.level*through[i][j] + ref.level*others[i][j] + by[i]*by[j]*rest
		}
	}
}

// report adds k2′ to an estimate, as parameter n of its fit, and says what of
// the main parameter's standard error comes from it.
func (k *sharedRate) report(e *Estimate, s *spread, n int) {
	e.Parameters = append(e.Parameters, Parameter{K2Prime, k.value, k.se})
	var g gradient
	g[n] = 1
	e.gradients = append(e.gradients, g)
	if !k.estimated() {
		return
	}
	if i := e.main(); i >= 0 {
		sum := 0.0
		for j, d := range e.gradients[i] {
			sum += d * s.by[j]
		}
		e.K2PrimeSE = math.Abs(sum) * k.se
	}
}
