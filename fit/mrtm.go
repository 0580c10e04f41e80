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
// for curves corrected for decay. The undecayed curves obey
//
//	C(t) = (k2 + R1 λ) ∫₀ᵗ R ds − (k2a + λ) ∫₀ᵗ C ds + R1 R(t)
//
// exactly. Both sides are averaged over each frame, with the integrals of the
// rebuilt curves. The noise of C is in its integral too: standard errors
// propagate it.
//
// Of the coefficients the first is k2 and not k2a, and R1 is the last one;
// some programs report otherwise.
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

// Fit estimates R1, k2, k2a, BPND and k2′ = k2/R1 of every region.
func (m MRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	first, err := p.firstAfter(m.TStar)
	if err != nil {
		return nil, err
	}
	integral := p.grid.operator(0)
	refIntegral := make([]float64, len(p.ref))
	p.refCurve.convolve(0, refIntegral)
	return p.each(func(t extract.TAC, u []float64) Estimate {
		e := p.multilinear(u, first, integral, refIntegral)
		e.TStar = m.TStar
		return e
	}), nil
}

// firstAfter returns the first frame whose middle is not before t*.
func (p *prepared) firstAfter(tStar time.Duration) (int, error) {
	first := 0
	for first < len(p.mid) && p.mid[first] < minutes(tStar) {
		first++
	}
	if len(p.mid)-first < minFrames {
		return 0, ErrTooFewFrames
	}
	return first, nil
}

// multilinear estimates one region from the frames from first on.
func (p *prepared) multilinear(u []float64, first int, integral [][]float64, refIntegral []float64) Estimate {
	n := len(u)
	e := Estimate{Model: MRTM{}.Name(), Fitted: make([]float64, n), Weights: make([]float64, n)}
	own := make([]float64, n)
	p.curve(u).convolve(0, own)
	z := make([][]float64, n-first)
	for i := range z {
		z[i] = []float64{refIntegral[first+i], own[first+i], p.ref[first+i]}
	}
	v, w := make([]float64, n), make([]float64, n-first)
	p.unitVariances(p.ref, v)
	var g []float64
	ok := false
	for range 3 {
		weigh(v[first:], w)
		if g, ok = solve(z, w, u[first:]); !ok {
			return e.none(p, u)
		}
		for f := range n {
			e.Fitted[f] = math.NaN()
			if f >= first {
				e.Fitted[f] = dot(z[f-first], g)
			}
		}
		p.unitVariances(p.expected(e.Fitted, first), v)
	}
	copy(e.Weights[first:], w)
	residuals := make([]float64, n-first)
	for i := range residuals {
		residuals[i] = u[first+i] - e.Fitted[first+i]
		e.RSS += w[i] * residuals[i] * residuals[i]
	}
	e.criteria(n-first, 3)
	lin := linearised{z: z, w: w}
	for i := range z {
		a, b := make([]float64, n), make([]float64, n)
		for j := range n {
			a[j], b[j] = -g[1]*integral[first+i][j], g[0]*integral[first+i][j]
		}
		a[first+i]++
		b[first+i] += g[2]
		lin.a, lin.b = append(lin.a, a), append(lin.b, b)
	}
	var cov [][]float64
	gain, ok := lin.gain()
	if ok {
		level := lin.level(gain, residuals, v, p.refUnit, p.refLevel)
		cov = lin.covariance(gain, v, p.refUnit, level, p.refLevel)
	}
	p.mrtmParameters(&e, g, cov, ok)
	e.Warnings = append(append(e.Warnings, p.warnings...), commonWarnings(e, u)...)
	return e
}

// expected is the model's curve, and the reference's shape where there is
// none.
func (p *prepared) expected(fitted []float64, first int) []float64 {
	x := append([]float64{}, fitted...)
	scale := fitted[first] / p.ref[first]
	for f := range first {
		x[f] = p.ref[f] * math.Abs(scale)
	}
	return x
}

// mrtmParameters turns coefficients into parameters:
//
//	R1 = g₂    k2 = g₀ − R1 λ    k2a = −g₁ − λ    BPND = k2/k2a − 1
func (p *prepared) mrtmParameters(e *Estimate, g []float64, cov [][]float64, ok bool) {
	r1, k2, k2a := g[2], g[0]-g[2]*p.lambda, -g[1]-p.lambda
	e.add(R1, r1, []float64{0, 0, 1}, cov, ok)
	e.add(K2, k2, []float64{1, 0, -p.lambda}, cov, ok)
	e.add(BPND, k2/k2a-1, []float64{1 / k2a, k2 / (k2a * k2a), -p.lambda / k2a}, cov, ok)
	e.add(K2Prime, k2/r1, []float64{1 / r1, 0, -g[0] / (r1 * r1)}, cov, ok)
	e.add(K2A, k2a, []float64{0, -1, 0}, cov, ok)
}

// none is what is said of a region in which the model has no unique solution,
// such as one that is proportional to the reference.
func (e Estimate) none(p *prepared, u []float64) Estimate {
	n := math.NaN()
	e.Parameters = []Parameter{{BPND, n, n}}
	e.Fitted, e.AIC, e.BIC, e.RSS = nil, n, n, n
	e.Warnings = append(append(e.Warnings, p.warnings...), degenerate())
	return e
}
