package fit

import "tacstream/extract"

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
	// Uniform gives every frame the same weight instead of the inverse of its
	// variance.
	Uniform bool
}

// Name returns "srtm".
func (SRTM) Name() string { return "srtm" }

// Fit estimates R1, k2, BPND and k2′ = k2/R1 of every region.
func (m SRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	b := newBasis(p)
	return p.each(m.Name(), func(_ extract.TAC, u []float64) Estimate {
		return b.fit(u, m.Uniform).estimate()
	}), nil
}

// A srtmFit is what SRTM finds in one region.
type srtmFit struct {
	*basis
	u, w          []float64
	r1, c2, theta float64   // c2 = k2 − R1 θ
	column, slope []float64 // E(θ) and its derivative by θ
	fitted        []float64
	unit          []float64 // variances of the fitted curve, but for their level
	rss           float64
	spread        spread
}

// passes is how often a region is fitted: the weights follow from the
// reference's shape first, and then from the model's curve.
const passes = 2

// fit estimates one region. Every pass searches all of θ; the last one is
// exact and takes E(θ) from its closed form.
func (b *basis) fit(u []float64, uniform bool) *srtmFit {
	n := b.n
	buffer := make([]float64, 5*n)
	f := &srtmFit{basis: b, u: u,
		w: buffer[:n], column: buffer[n : 2*n], slope: buffer[2*n : 3*n], fitted: buffer[3*n : 4*n], unit: buffer[4*n:]}
	copy(f.unit, b.refNoise.unit)
	for pass := range passes {
		if weigh(f.unit, f.w); uniform {
			even(f.w)
		}
		b.load(u, f.w)
		if pass < passes-1 {
			at := b.search(rough)
			b.interpolate(at, f.column, nil)
			f.settle(b.at(at))
		} else {
			at := b.search(exact)
			b.interpolate(at, f.column, f.slope)
			b.refCurve.convolve(b.kernel(b.at(at)), f.column)
			f.settle(b.at(at))
		}
	}
	f.spread = f.linearised().spread(f.rss, f.unit, b.refNoise, -1)
	return f
}

// settle takes the best fit at θ, and the variances that follow from it.
func (f *srtmFit) settle(theta float64) {
	f.theta = theta
	f.r1, f.c2 = f.linear(f.column)
	f.rss = 0
	for i, u := range f.u {
		f.fitted[i] = f.r1*f.ref[i] + f.c2*f.column[i]
		r := u - f.fitted[i]
		f.rss += f.w[i] * r * r
	}
	f.unitVariances(f.fitted, f.unit)
}

// linearised says how errors move R1, c2 and θ.
func (f *srtmFit) linearised() linearised {
	for i := range f.slope {
		f.slope[i] *= f.c2
	}
	return linearised{
		z: [][]float64{f.ref, f.column, f.slope}, w: f.w,
		target:    effect{own: 1},
		reference: effect{own: f.r1, through: f.c2, op: f.operator(f.theta)},
	}
}

// estimate says what the solution means:
//
//	BPND = R1 + c2/θ − 1    k2 = c2 + R1 θ    k2′ = k2/R1
func (f *srtmFit) estimate() Estimate {
	e := Estimate{Fitted: f.fitted, Weights: f.w}
	bpnd, k2 := f.bpnd(), f.c2+f.r1*f.theta
	e.Parameters = make([]Parameter, 0, 4)
	e.add(R1, f.r1, f.spread, 1, 0, 0)
	e.add(K2, k2, f.spread, f.theta, 1, f.r1)
	e.add(BPND, bpnd, f.spread, 1, 1/f.theta, -f.c2/(f.theta*f.theta))
	e.add(K2Prime, k2/f.r1, f.spread, -f.c2/(f.r1*f.r1), 1/f.r1, 1)
	f.score(&e, f.rss, f.n, 3)
	e.Warnings = boundWarning(f.theta)
	return e
}

func (f *srtmFit) bpnd() float64 { return f.r1 + f.c2/f.theta - 1 }
