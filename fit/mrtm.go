package fit

import (
	"math"
	"time"

	"tacstream/extract"
)

// MRTM is the multilinear reference tissue model (MRTM1). Integrated once, the
// equation of SRTM is linear in its parameters:
//
//	C(t) = k2 ∫₀ᵗ R ds − k2a ∫₀ᵗ C ds + R1 R(t)    k2a = k2 / (1 + BPND)
//
// for curves corrected for decay. Both sides are multiplied by e^(−λt), which
// leaves C and R as they were measured, and averaged over each frame, with the
// integrals of the rebuilt curves. The noise of C is in its integral too:
// standard errors propagate it.
//
// Of the coefficients the first is k2 and not k2a, and R1 is the last one;
// some programs report otherwise. A region whose curve is proportional to the
// reference's has no single solution: its BPND is NaN, with a warning.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA.
type MRTM struct {
	// TStar leaves out the frames whose middle lies before it, after model
	// zero: for tracers that need two compartments. 0 uses all frames.
	TStar time.Duration
}

// Name returns "mrtm".
func (MRTM) Name() string { return "mrtm" }

// Fit estimates R1, k2, BPND, k2′ = k2/R1 and k2a of every region.
func (m MRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	first, err := p.startAt(m.TStar, minFrames)
	if err != nil {
		return nil, err
	}
	shared := newMultilinear(p, first)
	return p.each(m.Name(), func(_ extract.TAC, u []float64) Estimate {
		e := shared.estimate(u)
		e.TStar = m.TStar
		return e
	}), nil
}

// A multilinear is what the regions of a scan share in MRTM.
type multilinear struct {
	*prepared
	first       int // the first frame that is used
	integral    *operator
	refIntegral []float64
}

func newMultilinear(p *prepared, first int) multilinear {
	m := multilinear{prepared: p, first: first, integral: newOperators(p.grid).of(0), refIntegral: make([]float64, len(p.ref))}
	p.refCurve.convolve(p.kernel(0), m.refIntegral)
	return m
}

// estimate fits one region.
func (m multilinear) estimate(u []float64) Estimate {
	n := len(u)
	own := make([]float64, n)
	m.curve(u).convolve(m.kernel(0), own)
	from := func(x []float64) []float64 { return x[m.first:] }
	l := linearised{first: m.first, z: [][]float64{from(m.refIntegral), from(own), from(m.ref)}, w: make([]float64, n-m.first)}
	e := Estimate{Fitted: make([]float64, n), Weights: make([]float64, n)}
	unit := append([]float64(nil), m.refNoise.unit...)
	var g [maxParameters]float64
	for range passes {
		var ok bool
		weigh(from(unit), l.w)
		if g, ok = solve(l.z, l.w, from(u)); !ok {
			return unsolved()
		}
		for i := range n {
			e.Fitted[i] = g[0]*m.refIntegral[i] + g[1]*own[i] + g[2]*m.ref[i]
		}
		m.unitVariances(e.Fitted, unit)
	}
	rss := 0.0
	for i, w := range l.w {
		r := u[m.first+i] - e.Fitted[m.first+i]
		rss += w * r * r
	}
	l.target = effect{own: 1, through: -g[1], op: m.integral}
	l.reference = effect{own: g[2], through: g[0], op: m.integral}
	m.parameters(&e, g, l.spread(rss, unit, m.refNoise, -1))
	copy(from(e.Weights), l.w)
	for i := range m.first {
		e.Fitted[i] = math.NaN()
	}
	m.score(&e, rss, n-m.first, 3)
	return e
}

// parameters turns coefficients into parameters:
//
//	k2 = g₀    k2a = −g₁    R1 = g₂    BPND = k2/k2a − 1
func (m multilinear) parameters(e *Estimate, g [maxParameters]float64, s spread) {
	k2, k2a, r1 := g[0], -g[1], g[2]
	e.add(R1, r1, s, 0, 0, 1)
	e.add(K2, k2, s, 1, 0, 0)
	e.add(BPND, k2/k2a-1, s, 1/k2a, k2/(k2a*k2a), 0)
	e.add(K2Prime, k2/r1, s, 1/r1, 0, -k2/(r1*r1))
	e.add(K2A, k2a, s, 0, -1, 0)
}
