package fit

import (
	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
)

// SRTM is the simplified reference tissue model. The activity C of a region
// follows from that of the reference R by
//
//	C(t) = R1 R(t) + (k2 − R1 θ) ∫₀ᵗ R(s) e^(−θ(t−s)) ds    θ = k2 / (1 + BPND)
//
// for curves corrected for decay. The undecayed curves obey the same equation
// with θ + λ in the exponent, and they are what is fitted. R1 and k2 − R1 θ
// enter linearly, so only θ is searched for: on a grid over all its range, and
// then refined. There are no start values, and no local minimum is taken for
// the global one.
//
// It holds for a reference and a region that one tissue compartment each
// describes, without blood volume. Where the region needs two compartments
// BPND is biased, mostly low. A region whose curve is proportional to the
// reference's has R1 = 1 + BPND and any k2: it comes without standard errors
// and with a warning.
//
// Source: Lammertsma & Hume, NeuroImage 1996;4:153–158,
// doi:10.1006/nimg.1996.0066.
type SRTM struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "srtm".
func (SRTM) Name() string { return "srtm" }

// Input returns ReferenceCurve.
func (SRTM) Input() Input { return ReferenceCurve }

// Fit estimates R1, k2, BPND and k2′ = k2/R1 of every region.
func (m SRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s, ReferenceCurve, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newSRTMFit(referenceBasis(p))
	return p.each(m.Name(), BPND, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		f.parameters(e)
	}), nil
}

// A srtmFit is what SRTM, or with blood and plasma in place of the reference
// 1TCM, finds in one region: C = r1 D + c2 E(θ). It is used again for the next one.
type srtmFit struct {
	*basis
	u, w          []float64
	at            spot
	r1, c2, theta float64   // c2 = k2 − R1 θ
	column, slope []float64 // E(θ), and its derivative by θ times c2
	fitted        []float64
	unit          []float64 // variances of the fitted curve, but for their level
	rss           float64
	memory        *memory
	space         kernel
	influences    *influences
	spread        spread
	profile       profile
}

func newSRTMFit(b *basis) *srtmFit {
	n := len(b.mid)
	return &srtmFit{
		basis: b, column: make([]float64, n), slope: make([]float64, n), unit: make([]float64, n),
		memory: newMemory(b.partition), influences: newInfluences(3, n), profile: newProfile(b, singleCurve),
	}
}

// fit estimates one region, with the weights that were given or else with
// those that follow from the model's curve: these are found from a first pass
// over all θ, in which they follow from the reference's shape. The last pass
// is exact and takes E(θ) from its closed form.
func (f *srtmFit) fit(u, given []float64, e *Estimate) {
	f.u, f.w, f.fitted = u, e.Weights, e.Fitted
	if given != nil {
		copy(f.w, given)
		f.at = f.searchWith(u, f.w)
	} else {
		f.at = f.search(u)
		f.interpolate(f.at, f.column, nil)
		f.solve(f.basis.w)
		f.weigh(f.fitted, 0, f.w)
	}
	f.at = f.polish(u, f.w, f.at)
	f.theta = f.at.theta()
	f.space = f.kernelIn(f.space, f.theta)
	k := f.space
	if f.ref != nil {
		f.refCurve.convolve(k, f.column)
	} else {
		f.interpolate(f.at, f.column, nil)
	}
	f.interpolate(f.at, nil, f.slope)
	f.settle()
	f.memory.set(f.partition, k)
	l := f.linearised()
	l.spread(f.rss, f.unit, f.refNoise, -1, &f.spread)
	f.score(e, f.rss, len(u), l.n)
}

// settle takes the best fit for the column at hand, and what follows from it.
func (f *srtmFit) settle() {
	f.solve(f.w)
	f.rss = squares(f.w, f.u, f.fitted)
	f.unitVariances(f.fitted, f.unit)
}

// solve takes the best fit for the column at hand under weights w.
func (f *srtmFit) solve(w []float64) {
	f.r1, f.c2 = f.linear(f.column, f.u, w)
	floats.ScaleTo(f.fitted, f.r1, f.direct)
	floats.AddScaled(f.fitted, f.c2, f.column)
}

// linearised says how errors move R1, c2 and θ; without a direct curve there is
// no R1.
func (f *srtmFit) linearised() linearised {
	perTheta := f.c2 / f.theta
	for i := range f.slope {
		f.slope[i] *= perTheta
	}
	if empty(f.direct) {
		return linearised{n: 2, z: [maxParameters][]float64{f.column, f.slope}, w: f.w, target: effect{own: 1}, influences: f.influences}
	}
	return linearised{
		n: 3, z: [maxParameters][]float64{f.direct, f.column, f.slope}, w: f.w,
		target:    effect{own: 1},
		reference: effect{own: f.r1, through: f.c2, memory: f.memory}, influences: f.influences,
	}
}

// parameters says what the solution means:
//
//	BPND = R1 + c2/θ − 1    k2 = c2 + R1 θ    k2′ = k2/R1
func (f *srtmFit) parameters(e *Estimate) {
	k2 := f.c2 + f.r1*f.theta
	e.add(R1, f.r1, &f.spread, 1, 0, 0)
	e.add(K2, k2, &f.spread, f.theta, 1, f.r1)
	e.add(BPND, f.r1+f.c2/f.theta-1, &f.spread, 1, 1/f.theta, -f.c2/(f.theta*f.theta))
	e.add(K2Prime, k2/f.r1, &f.spread, -f.c2/(f.r1*f.r1), 1/f.r1, 1)
	e.finish(f.partition, f.u, &f.spread)
	e.profile, e.loose = f.profile, f.loose(f.u, f.w, f.rss)
	e.Warnings = append(e.Warnings, boundWarning(f.theta)...)
}
