package fit

import "tacstream/extract"

// TCM1 is the one-tissue compartment model with an arterial input. With Cp the
// unmetabolised tracer in plasma and Cb whole blood,
//
//	C(t) = (1 − vB) K1 ∫₀ᵗ Cp(s) e^(−k2(t−s)) ds + vB Cb(t)    VT = K1/k2
//
// vB and K1 enter linearly, so only k2 is searched for, over all its range.
// Without whole blood vB is 0. Most receptor tracers need two compartments:
// for them VT comes out low.
//
// Source: Kety, Pharmacol Rev 1951;3:1–41; in today's terms Innis et al.,
// doi:10.1038/sj.jcbfm.9600493.
type TCM1 struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "1tcm".
func (TCM1) Name() string { return "1tcm" }

// Input returns Plasma.
func (TCM1) Input() Input { return Plasma }

// Fit estimates K1, k2, VT and, where there is whole blood, vB of every region.
func (m TCM1) Fit(s Scan) ([]Estimate, error) {
	a, err := prepareArterial(s, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newSRTMFit(a.basis())
	blood := a.whole != nil
	return a.each(m.Name(), VT, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		vB, c, k2 := f.r1, f.c2, f.theta
		if tissue := 1 - vB; blood {
			e.add(K1, c/tissue, &f.spread, c/(tissue*tissue), 1/tissue)
			e.add(K2, k2, &f.spread, 0, 0, 1)
			e.add(VT, c/tissue/k2, &f.spread, c/(tissue*tissue*k2), 1/(tissue*k2), -c/(tissue*k2*k2))
			e.add(VB, vB, &f.spread, 1)
		} else {
			e.add(K1, c, &f.spread, 1)
			e.add(K2, k2, &f.spread, 0, 1)
			e.add(VT, c/k2, &f.spread, 1/k2, -c/(k2*k2))
		}
		e.finish(a.partition, u, &f.spread)
		e.Warnings = append(e.Warnings, boundWarning(k2)...)
	}), nil
}
