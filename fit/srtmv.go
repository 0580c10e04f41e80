package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
)

// SRTMV is SRTM with blood in the region and in the reference. With Cb whole
// blood, R_m the reference as it was measured and vB′ the fraction of it that is
// blood, its tissue R and the region are
//
//	R = (R_m − vB′ Cb) / (1 − vB′)
//	C(t) = (1 − vB) [R1 R(t) + (k2 − R1 θ) ∫₀ᵗ R(s) e^(−θ(t−s)) ds] + vB Cb(t)    θ = k2 / (1 + BPND)
//
// R1, k2 − R1 θ and vB enter linearly, so only θ is searched for. vB′ cannot be
// told from the curves and is given, as in the source.
//
// Blood counts where the tracer is slow to come in, or where a region has much
// of it: there SRTM takes the early peak of the blood for delivery. It needs
// whole blood, from samples or from the image, on the time of the regions: see
// Scan.Delay.
//
// Source: Tomasi et al., J Nucl Med 2008;49:1249–1256,
// doi:10.2967/jnumed.108.050583.
type SRTMV struct {
	VBPrime   *float64  // vB′, such as new(0.04); nil means defaultVBPrime, and 0 a reference without blood
	Weighting Weighting // of the frames; "" is InverseVariance
}

// defaultVBPrime is the fraction of the reference that is taken to be blood.
const defaultVBPrime = 0.05

// Name returns "srtm-v".
func (SRTMV) Name() string { return "srtm-v" }

// Input returns a reference curve and whole blood.
func (SRTMV) Input() Input { return ReferenceCurve | WholeBlood }

// Fit estimates R1, k2, BPND, k2′ = k2/R1 and vB of every region. The standard
// error of vB′ is NaN, since it is given.
func (m SRTMV) Fit(s Scan) ([]Estimate, error) {
	vBPrime := defaultVBPrime
	if m.VBPrime != nil {
		vBPrime = *m.VBPrime
	}
	if !(vBPrime >= 0 && vBPrime < highestVB) {
		return nil, ErrSettings.Saying("vB′ must be from 0 to %[2]g, and is %[1]g", vBPrime, highestVB)
	}
	p, err := prepare(s, m.Input(), m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newSRTMVFit(p, vBPrime)
	return p.each(m.Name(), BPND, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		f.parameters(e)
	}), nil
}

// An srtmvFit is what SRTMV finds in one region: C = p₀ R + p₁ E(θ) + p₂ Cb. It is
// used again for the next region.
type srtmvFit struct {
	*basis
	blood         []float64
	vBPrime       float64
	p             gradient // p₀, p₁, p₂, θ
	column, slope []float64
	u, w, fitted  []float64
	unit          []float64
	memory        *memory
	l             linearised
	spread        spread
}

func newSRTMVFit(p *prepared, vBPrime float64) *srtmvFit {
	n := len(p.mid)
	tissue := make([]float64, n)
	floats.AddScaledTo(tissue, p.ref, -vBPrime, p.whole)
	floats.Scale(1/(1-vBPrime), tissue)
	return &srtmvFit{
		basis: newBasis(p, p.curve(tissue), tissue, p.ref), blood: p.whole, vBPrime: vBPrime,
		column: make([]float64, n), slope: make([]float64, n), unit: make([]float64, n), memory: newMemory(p.partition),
		l: linearised{influences: newInfluences(4, n)},
	}
}

// fit estimates one region, with the weights that were given or else with those
// that follow from the model's curve.
func (f *srtmvFit) fit(u, given []float64, e *Estimate) {
	f.u, f.w, f.fitted = u, e.Weights, e.Fitted
	if given == nil {
		copy(f.w, f.basis.w)
		f.search()
		f.weigh(f.fitted, 0, f.w)
	} else {
		copy(f.w, given)
	}
	rss := f.search()
	f.unitVariances(f.fitted, f.unit)
	theta := f.p[3]
	f.interpolate(spotOf(theta), nil, f.slope)
	floats.Scale(f.p[1]/theta, f.slope)
	f.memory.set(f.partition, f.kernel(theta))
	share := 1 / (1 - f.vBPrime) // of the reference's errors that enter R
	f.lay(4)
	f.l.target = effect{own: 1}
	f.l.reference = effect{own: f.p[0] * share, through: f.p[1] * share, memory: f.memory}
	f.l.spread(rss, f.unit, f.refNoise, -1, &f.spread)
	f.score(e, rss, len(u), 4)
}

// lay puts the first columns into the linearised fit: R, E, Cb and the
// derivative by θ.
func (f *srtmvFit) lay(n int) {
	f.l.n, f.l.w, f.l.z = n, f.w, [maxParameters][]float64{f.direct, f.column, f.blood, f.slope}
	f.l.solved = false
}

// search takes the best θ over all of its range, and returns the sum of squares
// that is left: the best node, and then golden sections around it.
func (f *srtmvFit) search() (rss float64) {
	least, at := math.Inf(1), 0
	for i := range thetaNodes {
		if rss := f.at(float64(i)); rss < least {
			least, at = rss, i
		}
	}
	const exactly = 1e-8
	node, _ := golden(f.at, math.Max(float64(at-1), 0), math.Min(float64(at+1), thetaNodes-1), exactly)
	return f.at(node)
}

// at takes the best factors for the θ of a node, which need not be whole, and
// returns the sum of squares that is left.
func (f *srtmvFit) at(node float64) (rss float64) {
	theta := clamp(thetaMin*math.Exp(node*step), thetaMin, thetaMax)
	f.interpolate(spotOf(theta), f.column, nil)
	f.lay(3)
	p, ok := f.l.solve(f.u)
	if !ok { // without blood, or where the region is proportional to the reference
		f.l.n = 2
		if p, ok = f.l.solve(f.u); !ok {
			return math.Inf(1)
		}
	}
	f.p = gradient{p[0], p[1], p[2], theta}
	floats.ScaleTo(f.fitted, p[0], f.direct)
	floats.AddScaled(f.fitted, p[1], f.column)
	floats.AddScaled(f.fitted, p[2], f.blood)
	return squares(f.w, f.u, f.fitted)
}

// parameters says what the solution means:
//
//	R1 = p₀/(1 − vB)    k2 = (p₁ + p₀ θ)/(1 − vB)    BPND = k2/θ − 1    k2′ = p₁/p₀ + θ    vB = p₂
func (f *srtmvFit) parameters(e *Estimate) {
	a, b, vB, theta := f.p[0], f.p[1], f.p[2], f.p[3]
	tissue := 1 - vB
	k2 := (b + a*theta) / tissue
	e.add(R1, a/tissue, &f.spread, 1/tissue, 0, a/(tissue*tissue))
	e.add(K2, k2, &f.spread, theta/tissue, 1/tissue, k2/tissue, a/tissue)
	e.add(BPND, k2/theta-1, &f.spread, 1/tissue, 1/(theta*tissue), k2/(theta*tissue), -b/(theta*theta*tissue))
	e.add(K2Prime, b/a+theta, &f.spread, -b/(a*a), 1/a, 0, 1)
	e.add(VB, vB, &f.spread, 0, 0, 1)
	e.finish(f.partition, f.u, &f.spread)
	e.Parameters = append(e.Parameters, Parameter{VBPrime, f.vBPrime, math.NaN()})
	e.Warnings = append(e.Warnings, boundWarning(theta)...)
}
