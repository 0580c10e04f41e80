package fit

import (
	"math"

	"tacstream/extract"
	"tacstream/ingest"
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
// BPND is biased, mostly low.
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

// The range of θ in 1/min and the nodes of the grid over its logarithm. A
// half-life of the tissue below 15 s or above 2 days is not seen in a scan.
const (
	thetaMin   = 2e-4
	thetaMax   = 3.0
	thetaNodes = 320
)

// Fit estimates R1, k2, BPND and k2′ = k2/R1 of every region.
func (m SRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	b := newBasis(p)
	return p.each(func(_ extract.TAC, u []float64) Estimate {
		e, _ := b.fit(u, m.Uniform)
		return e
	}), nil
}

// A basis holds the reference curve convolved with the exponential of every
// θ on the grid.
type basis struct {
	*prepared
	step      float64     // of ln θ
	columns   [][]float64 // of each node
	operators [][][]float64
}

func newBasis(p *prepared) *basis {
	b := &basis{prepared: p, step: math.Log(thetaMax/thetaMin) / (thetaNodes - 1)}
	b.columns = make([][]float64, thetaNodes)
	for i := range b.columns {
		b.columns[i] = make([]float64, len(p.ref))
		p.refCurve.convolve(b.theta(i)+p.lambda, b.columns[i])
	}
	b.operators = make([][][]float64, thetaNodes)
	return b
}

func (b *basis) theta(node int) float64 { return thetaMin * math.Exp(float64(node)*b.step) }

// operator returns the matrix from reference frame means to the column of a
// node. It is made when it is first asked for.
func (b *basis) operator(theta float64) [][]float64 {
	node := int(math.Round(math.Log(theta/thetaMin) / b.step))
	node = min(max(node, 0), thetaNodes-1)
	if b.operators[node] == nil {
		b.operators[node] = b.grid.operator(b.theta(node) + b.lambda)
	}
	return b.operators[node]
}

// at writes the column of θ and its derivative by ln θ: the cubic through the
// four nearest nodes, which over a step of 0.03 is exact to 1e-8.
func (b *basis) at(theta float64, column, slope []float64) {
	x := math.Log(theta/thetaMin) / b.step
	i := min(max(int(x), 1), thetaNodes-3)
	t := x - float64(i)
	// Lagrange polynomials on −1, 0, 1, 2 and their derivatives.
	l := [4]float64{-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2, (t + 1) * t * (t - 1) / 6}
	d := [4]float64{-(3*t*t - 6*t + 2) / 6, (3*t*t - 4*t - 1) / 2, -(3*t*t - 2*t - 2) / 2, (3*t*t - 1) / 6}
	for f := range column {
		column[f], slope[f] = 0, 0
		for k := range 4 {
			v := b.columns[i-1+k][f]
			column[f] += l[k] * v
			slope[f] += d[k] * v / b.step
		}
	}
}

// A solution is a point of the search.
type solution struct {
	r1, c2, theta float64
	rss           float64
}

// fit estimates one region, and the noise level of its curve.
func (b *basis) fit(u []float64, uniform bool) (e Estimate, level float64) {
	n := len(u)
	e = Estimate{Model: SRTM{}.Name(), Weights: make([]float64, n), Fitted: make([]float64, n)}
	v, column, slope := make([]float64, n), make([]float64, n), make([]float64, n)
	b.unitVariances(b.ref, v) // the reference's shape, until there is a model
	var s solution
	for range 3 {
		weigh(v, e.Weights)
		if uniform {
			weigh(ones(n), e.Weights)
		}
		s = b.search(u, e.Weights, column, slope)
		b.at(s.theta, column, slope)
		for f := range u {
			e.Fitted[f] = s.r1*b.ref[f] + s.c2*column[f]
		}
		b.unitVariances(e.Fitted, v)
	}
	e.RSS = s.rss
	e.criteria(n, 3)
	level = b.parameters(&e, s, u, v, column, slope)
	e.Warnings = append(e.Warnings, b.warnings...)
	e.Warnings = append(e.Warnings, commonWarnings(e, u)...)
	if s.theta <= thetaMin*1.001 || s.theta >= thetaMax/1.001 {
		e.Warnings = append(e.Warnings, boundWarning(s.theta))
	}
	return e, level
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// search returns the minimum over θ: every fourth node first, then the nodes
// around the best, then the minimum between its neighbours.
func (b *basis) search(u, w, column, slope []float64) solution {
	best, at := solution{rss: math.Inf(1)}, 0
	try := func(i int) {
		if s := b.linear(u, w, b.columns[i]); s.rss < best.rss {
			s.theta = b.theta(i)
			best, at = s, i
		}
	}
	for i := 0; i < thetaNodes; i += 4 {
		try(i)
	}
	for i := max(at-3, 0); i <= min(at+3, thetaNodes-1); i++ {
		try(i)
	}
	lo, hi := b.theta(max(at-1, 0)), b.theta(min(at+1, thetaNodes-1))
	return b.refine(u, w, column, slope, best, math.Log(lo), math.Log(hi))
}

// linear solves for R1 and k2 − R1 θ at one θ.
func (b *basis) linear(u, w, column []float64) solution {
	var aa, ab, bb, ay, by, yy float64
	for f, y := range u {
		r, c := b.ref[f], column[f]
		wr, wc := w[f]*r, w[f]*c
		aa += wr * r
		ab += wr * c
		bb += wc * c
		ay += wr * y
		by += wc * y
		yy += w[f] * y * y
	}
	det := aa*bb - ab*ab
	if !(det > 1e-14*aa*bb) {
		return solution{rss: math.Inf(1)}
	}
	s := solution{r1: (ay*bb - by*ab) / det, c2: (by*aa - ay*ab) / det}
	for f, y := range u {
		r := y - s.r1*b.ref[f] - s.c2*column[f]
		s.rss += w[f] * r * r
	}
	return s
}

// refine finds the minimum of the sum of squares over ln θ between two nodes,
// by the zero of its slope: with R1 and c2 at their best, that is
// −2 c2 Σ w r ∂E/∂ln θ.
func (b *basis) refine(u, w, column, slope []float64, best solution, lo, hi float64) solution {
	down := func(x float64) (float64, solution) {
		b.at(math.Exp(x), column, slope)
		s := b.linear(u, w, column)
		s.theta = math.Exp(x)
		sum := 0.0
		for f, y := range u {
			sum -= w[f] * (y - s.r1*b.ref[f] - s.c2*column[f]) * s.c2 * slope[f]
		}
		return sum, s
	}
	fl, sl := down(lo)
	fh, sh := down(hi)
	if !(fl < 0 && fh > 0) { // the best node lies at the end of the range
		for _, s := range []solution{sl, sh} {
			if s.rss < best.rss {
				best = s
			}
		}
		return best
	}
	for range 60 {
		x := (lo*fh - hi*fl) / (fh - fl)
		f, s := down(x)
		if s.rss <= best.rss {
			best = s
		}
		if hi-lo < 1e-12 || f == 0 {
			break
		}
		// Illinois: halve the end that stays, so that both move.
		if f < 0 {
			lo, fl = x, f
			fh /= 2
		} else {
			hi, fh = x, f
			fl /= 2
		}
		if math.Abs(f) < 1e-13*math.Abs(best.rss) {
			break
		}
	}
	return best
}

// parameters fills in what the solution means, with standard errors by the
// delta method:
//
//	BPND = R1 + c2/θ − 1    k2 = c2 + R1 θ    k2′ = k2/R1
//
// It returns the noise level of the region.
func (b *basis) parameters(e *Estimate, s solution, u, v, column, slope []float64) (level float64) {
	n := len(u)
	bp, k2 := s.r1+s.c2/s.theta-1, s.c2+s.r1*s.theta
	lin := linearised{z: make([][]float64, n), w: e.Weights, b: make([][]float64, n)}
	op := b.operator(s.theta)
	residuals := make([]float64, n)
	for f := range u {
		lin.z[f] = []float64{b.ref[f], column[f], s.c2 * slope[f] / s.theta}
		lin.b[f] = make([]float64, n)
		for j := range n {
			lin.b[f][j] = s.c2 * op[f][j]
		}
		lin.b[f][f] += s.r1
		residuals[f] = u[f] - e.Fitted[f]
	}
	var cov [][]float64
	gain, ok := lin.gain()
	if ok {
		level = lin.level(gain, residuals, v, b.refUnit, b.refLevel)
		cov = lin.covariance(gain, v, b.refUnit, level, b.refLevel)
	}
	grads := []struct {
		symbol Symbol
		value  float64
		grad   []float64
	}{
		{R1, s.r1, []float64{1, 0, 0}},
		{K2, k2, []float64{s.theta, 1, s.r1}},
		{BPND, bp, []float64{1, 1 / s.theta, -s.c2 / (s.theta * s.theta)}},
		{K2Prime, k2 / s.r1, []float64{-s.c2 / (s.r1 * s.r1), 1 / s.r1, 1}},
	}
	for _, g := range grads {
		e.add(g.symbol, g.value, g.grad, cov, ok)
	}
	return level
}

// add appends a parameter with the standard error that its gradient and the
// covariance give.
func (e *Estimate) add(symbol Symbol, value float64, grad []float64, cov [][]float64, ok bool) {
	p := Parameter{Symbol: symbol, Value: value, SE: math.NaN()}
	if ok {
		variance := 0.0
		for i, gi := range grad {
			for j, gj := range grad {
				variance += gi * gj * cov[i][j]
			}
		}
		p.SE = math.Sqrt(variance)
	}
	e.Parameters = append(e.Parameters, p)
}

// criteria sets Akaike's and Schwarz' criteria of a fit with p parameters,
// the noise level counted as one more.
func (e *Estimate) criteria(n, p int) {
	ll := float64(n) * math.Log(math.Max(e.RSS, math.SmallestNonzeroFloat64)/float64(n))
	e.AIC = ll + 2*float64(p+1)
	e.BIC = ll + math.Log(float64(n))*float64(p+1)
}

func boundWarning(theta float64) ingest.Warning {
	limit := thetaMin
	if theta > 1 {
		limit = thetaMax
	}
	return ingest.Warning{Code: ingest.WarnFitBound, Level: ingest.LevelWarn, Value: theta, Threshold: limit, Detail: "k2/(1+BPND) in 1/min lies on the bound of its search"}
}
