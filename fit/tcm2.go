package fit

import (
	"math"

	"tacstream/extract"
	"tacstream/ingest"
)

// TCM2 is the two-tissue compartment model with an arterial input: tracer that
// is free or bound to nothing in particular (ND) and tracer that is bound (S),
//
//	dC_ND/dt = K1 Cp − (k2 + k3) C_ND + k4 C_S    dC_S/dt = k3 C_ND − k4 C_S
//	C = (1 − vB)(C_ND + C_S) + vB Cb    VT = K1/k2 (1 + k3/k4)    BPND = k3/k4
//
// Its answer to plasma is a sum of two exponentials. Their factors and vB enter
// linearly, so only two rates are searched for: over every pair on a grid, so
// that no minimum is taken for the least one that is not, and then refined.
// Without whole blood vB is 0.
//
// VT is far better determined than k3, k4 and BPND, which a scan often cannot
// tell: see their standard errors. That of VT is half the width of the profile of
// its likelihood. Where one compartment describes the region
// as well, BPND is not told from 0, and a warning says so.
//
// Source: Mintun et al., Ann Neurol 1984;15:217–227, doi:10.1002/ana.410150302.
type TCM2 struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "2tcm".
func (TCM2) Name() string { return "2tcm" }

// Input returns Plasma.
func (TCM2) Input() Input { return Plasma }

// Fit estimates K1, k2, k3, k4, VT, BPND and, where there is whole blood, vB of
// every region.
func (m TCM2) Fit(s Scan) ([]Estimate, error) {
	a, err := prepareArterial(s, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newTwoRate(a.basis(), nil, a.whole != nil)
	return a.each(m.Name(), VT, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		f.reversible(e)
		f.widen(e)
		e.finish(a.partition, u, &f.spread)
	}), nil
}

// vB returns the fraction of blood in a solution laid out by linearise.
func (t *twoRate) vB(g *gradient) float64 {
	if !t.blood {
		return 0
	}
	return g[t.l.n-1]
}

// solution returns the parameters of the fit as linearise lays them out.
func (t *twoRate) solution() gradient {
	g := gradient{t.p[1], t.p[2], t.ln[1]}
	if t.trapped == nil {
		g[3] = t.ln[0]
	}
	if t.blood {
		g[t.l.n-1] = t.p[0]
	}
	return g
}

// volume returns VT of a solution, trapping Ki of one in which nothing comes off.
func (t *twoRate) volume(g *gradient) float64 {
	return (g[0]/math.Exp(g[3]) + g[1]/math.Exp(g[2])) / (1 - t.vB(g))
}

func (t *twoRate) trapping(g *gradient) float64 { return g[0] / (1 - t.vB(g)) }

// reversible adds the parameters of TCM2. With φ the factors of plasma's
// exponentials of rates α₁ < α₂,
//
//	K1 = φ₁ + φ₂    k3 + k4 = (φ₁ α₂ + φ₂ α₁)/K1    k2 + k3 + k4 = α₁ + α₂    k2 k4 = α₁ α₂
func (t *twoRate) reversible(e *Estimate) {
	rates := func(g *gradient) (k1, k2, k3, k4 float64) {
		tissue := 1 - t.vB(g)
		a, b, slow, fast := g[0]/tissue, g[1]/tissue, math.Exp(g[3]), math.Exp(g[2])
		k1 = a + b
		both := (a*fast + b*slow) / k1
		k2 = slow + fast - both
		k4 = slow * fast / k2
		return k1, k2, both - k4, k4
	}
	at := t.solution()
	t.derive(e, K1, &at, func(g *gradient) float64 { k1, _, _, _ := rates(g); return k1 })
	t.derive(e, K2, &at, func(g *gradient) float64 { _, k2, _, _ := rates(g); return k2 })
	t.derive(e, K3, &at, func(g *gradient) float64 { _, _, k3, _ := rates(g); return k3 })
	t.derive(e, K4, &at, func(g *gradient) float64 { _, _, _, k4 := rates(g); return k4 })
	t.derive(e, VT, &at, t.volume)
	t.derive(e, BPND, &at, func(g *gradient) float64 { _, _, k3, k4 := rates(g); return k3 / k4 })
	if t.blood {
		t.derive(e, VB, &at, t.vB)
	}
	e.Warnings = append(e.Warnings, t.bounds()...)
	if bp, se := e.Get(BPND); se > math.Abs(bp) {
		e.Warnings = append(e.Warnings, broken(rule{true, ingest.WarnIdentify, ingest.LevelNotice, se / math.Abs(bp), 1,
			"The standard error of BPND is {value} of its value, above {limit}: one compartment describes the region as well, and k3, k4 and BPND mean nothing."})...)
	}
}

// TCM2Irreversible is TCM2 without release, k4 = 0: for tracers that are
// trapped, such as FDG,
//
//	Ki = K1 k3 / (k2 + k3)
//
// Where the tracer comes off again Ki is low, the more so the longer the scan.
//
// Source: Phelps et al., Ann Neurol 1979;6:371–388, doi:10.1002/ana.410060502.
type TCM2Irreversible struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "2tcm-irreversible".
func (TCM2Irreversible) Name() string { return "2tcm-irreversible" }

// Input returns Plasma.
func (TCM2Irreversible) Input() Input { return Plasma }

// Fit estimates K1, k2, k3, Ki and, where there is whole blood, vB of every
// region.
func (m TCM2Irreversible) Fit(s Scan) ([]Estimate, error) {
	a, err := prepareArterial(s, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := a.irreversible(a.basis())
	return a.each(m.Name(), KI, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		at := f.solution()
		k1 := func(g *gradient) float64 { return (g[0] + g[1]) / (1 - f.vB(g)) }
		k3 := func(g *gradient) float64 { return g[0] / (g[0] + g[1]) * math.Exp(g[2]) }
		f.derive(e, K1, &at, k1)
		f.derive(e, K2, &at, func(g *gradient) float64 { return math.Exp(g[2]) - k3(g) })
		f.derive(e, K3, &at, k3)
		f.derive(e, KI, &at, f.trapping)
		if f.blood {
			f.derive(e, VB, &at, f.vB)
		}
		e.Warnings = append(e.Warnings, f.bounds()...)
		e.finish(a.partition, u, &f.spread)
	}), nil
}

// irreversible returns the fit of two rates of which the slow one is 0.
func (a *arterial) irreversible(b *basis) *twoRate {
	trapped := make([]float64, len(a.mid))
	a.plasma.convolve(a.plasma.kernel(0), trapped)
	return newTwoRate(b, trapped, a.whole != nil)
}

// derive adds a parameter that follows from the solution, with derivatives by
// differences.
func (t *twoRate) derive(e *Estimate, symbol Symbol, at *gradient, of func(*gradient) float64) {
	var d gradient
	for i := range t.l.n {
		h := 1e-5 * math.Max(math.Abs(at[i]), 1e-3)
		up, down := *at, *at
		up[i] += h
		down[i] -= h
		d[i] = (of(&up) - of(&down)) / (2 * h)
	}
	e.add(symbol, of(at), &t.spread, d[:t.l.n]...)
}

// bounds says where a rate ended at a bound of its search, or both at the
// same.
func (t *twoRate) bounds() []ingest.Warning {
	slow, fast := math.Exp(t.ln[0]), math.Exp(t.ln[1])
	list := boundWarning(fast)
	if t.trapped == nil {
		list = append(list, boundWarning(slow)...)
		apart := t.ln[1] - t.ln[0]
		list = append(list, broken(rule{apart < 2*nearest, ingest.WarnFitBound, ingest.LevelWarn, apart, 2 * nearest, "Both rates of the tissue are one: their logarithms differ by {value}, less than {limit}, so that a second compartment cannot be told."})...)
	}
	return append(list, broken(rule{t.p[1] <= 0 || t.p[2] <= 0, ingest.WarnFitBound, ingest.LevelWarn, math.Min(t.p[1], t.p[2]), 0, "The factor of an exponential of the tissue is {value} and not above {limit}: a second compartment cannot be told."})...)
}
