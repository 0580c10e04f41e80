package fit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/ingest"
)

// FRTM is the full reference tissue model, of four parameters: two tissue
// compartments in the region and one in the reference,
//
//	C(t) = R1 [R(t) + a ∫ R e^(−c(t−s)) ds + b ∫ R e^(−d(t−s)) ds]
//	a = (k2/R1 − c)(d − k2)/(d − c)    b = (k2/R1 − d)(k2 − c)/(d − c)
//	c + d = k2 + k3 + k4    c d = k2 k4    BPND = k3/k4
//
// R1 enters linearly. The others are searched for on a grid over c < k2 < d, so
// that k3 and k4 do not end in a local minimum, and then refined. A scan with
// real noise seldom tells k3 from k4: see the standard errors. BPND is better
// determined than either.
//
// There are two solutions where R1 is near 1: k2′ and k3 + k4 can change places
// and the curve stays the same, BPND too. The one that fits better is given, and
// a warning says where the other fits as well: then k2′ must be known from
// elsewhere to tell which of the two holds.
//
// Source: Lammertsma et al., J Cereb Blood Flow Metab 1996;16:42–52,
// doi:10.1097/00004647-199601000-00005.
type FRTM struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "frtm".
func (FRTM) Name() string { return "frtm" }

// Input returns ReferenceCurve.
func (FRTM) Input() Input { return ReferenceCurve }

// Fit estimates R1, k2, k3, k4, BPND and k2′ = k2/R1 of every region.
func (m FRTM) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s, ReferenceCurve, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newFRTMFit(referenceBasis(p))
	return p.each(m.Name(), BPND, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		f.parameters(e)
	}), nil
}

// A frtmFit is what FRTM finds in one region, over R1 and the logarithms of
// k2, c and d. It is used again for the next region.
type frtmFit struct {
	*twoRate
	at      gradient // R1, ln k2, ln c, ln d
	columns [4][]float64
	memory  [2]*memory
	twin    float64 // k3 of another solution that fits as well, NaN where there is none
}

func newFRTMFit(b *basis) *frtmFit {
	f := &frtmFit{twoRate: newTwoRate(b, nil, true)}
	for i := range f.columns {
		f.columns[i] = make([]float64, len(b.mid))
	}
	f.memory = [2]*memory{newMemory(b.partition), newMemory(b.partition)}
	return f
}

// fit estimates one region, with the weights that were given or else with
// those that follow from the model's curve.
func (f *frtmFit) fit(u, given []float64, e *Estimate) {
	f.begin(u, given, e)
	best, top := gradient{}, math.Inf(1)
	for _, start := range f.starts() {
		if f.evaluate(start); f.climb(1e-7) && f.rss < top {
			best, top = f.at, f.rss
		}
	}
	f.seekTwin(best, top)
	f.evaluate(best)
	if given == nil {
		f.reweigh()
		f.evaluate(f.at)
	}
	f.climb(1e-12)
	f.unitVariances(f.fitted, f.unit)
	f.linearise()
	c, d := math.Exp(f.at[2]), math.Exp(f.at[3])
	f.memory[0].set(f.partition, f.kernel(c))
	f.memory[1].set(f.partition, f.kernel(d))
	a, b := f.factors(&f.at)
	f.l.target = effect{own: 1}
	f.l.reference = effect{own: f.at[0], through: a, memory: f.memory[0], also: &effect{through: b, memory: f.memory[1]}}
	f.l.spread(f.rss, f.unit, f.refNoise, -1, &f.spread)
	f.score(e, f.rss, len(u), 4)
}

// seekTwin looks for the other solution: at R1 = 1 the curve is the same when
// k2′ and k3 + k4 change places, which is k2 → c + d − k2, and near it nearly so.
func (f *frtmFit) seekTwin(best gradient, rss float64) {
	f.twin = math.NaN()
	at := best
	at[1] = math.Log(math.Exp(best[2]) + math.Exp(best[3]) - math.Exp(best[1]))
	if f.evaluate(at); !f.climb(1e-7) || math.Abs(f.at[1]-best[1]) < distinct {
		return
	}
	freedom, total := float64(len(f.u)-4), 0.0
	for k, w := range f.w {
		total += w * f.u[k] * f.u[k]
	}
	if f.rss-rss <= asWell*rss/freedom || f.rss <= exactly*exactly*total {
		k4 := math.Exp(f.at[2] + f.at[3] - f.at[1])
		f.twin = math.Exp(f.at[2]) + math.Exp(f.at[3]) - math.Exp(f.at[1]) - k4
	}
}

const (
	// distinct is how far apart, in the logarithm of k2, two solutions are two.
	distinct = 0.05
	// asWell is by how much, over the variance of the noise, one that fits as
	// well may fit worse: the 95 % point of χ² of one degree of freedom.
	asWell = 3.84
	// exactly is the misfit, as a fraction of the curve, below which nothing
	// measured could tell.
	exactly = 1e-4
)

// factors returns those of E(c) and E(d).
func (f *frtmFit) factors(g *gradient) (a, b float64) {
	r1, k2, c, d := g[0], math.Exp(g[1]), math.Exp(g[2]), math.Exp(g[3])
	return (k2 - r1*c) * (d - k2) / (d - c), (k2 - r1*d) * (k2 - c) / (d - c)
}

// k2Steps is how many values of k2 are tried between c and d.
const k2Steps = 8

// starts returns the points of the grid that are better than all beside them,
// the best ones.
func (f *frtmFit) starts() []gradient {
	const n = evenNodes
	yd := f.project(f.u, f.w)
	yy := floats.Dot(f.scratch.wu, f.u)
	var rss [n + 2][n + 2][k2Steps + 2]float64 // with a margin
	for i := range rss {
		for j := range rss[i] {
			for k := range rss[i][j] {
				if rss[i][j][k] = math.Inf(1); i >= 1 && i <= n && j > i && j <= n && k >= 1 && k <= k2Steps {
					_, rss[i][j][k] = f.point(i-1, j-1, k-1, yy, yd)
				}
			}
		}
	}
	type start struct {
		rss float64
		at  gradient
	}
	var list []start
	for i := 1; i <= n; i++ {
		for j := i + 1; j <= n; j++ {
			for k := 1; k <= k2Steps; k++ {
				r := rss[i][j][k]
				if r <= rss[i-1][j][k] && r <= rss[i+1][j][k] && r <= rss[i][j-1][k] && r <= rss[i][j+1][k] && r <= rss[i][j][k-1] && r <= rss[i][j][k+1] && !math.IsInf(r, 0) {
					at, _ := f.point(i-1, j-1, k-1, yy, yd)
					list = append(list, start{r, at})
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b start) int { return cmp.Compare(a.rss, b.rss) })
	var best []gradient
	for _, s := range list[:min(len(list), mostStarts)] {
		best = append(best, s.at)
	}
	return best
}

// mostStarts is from how many points the search goes on.
const mostStarts = 6

// point returns the point of the grid with the rates c and d of two nodes and
// one of the values of k2 between them, and its sum of squares, infinite where
// R1 is not positive: given c, d and k2 the model is C = R1 F + G.
func (f *frtmFit) point(i, j, s int, yy, yd float64) (at gradient, rss float64) {
	const n = evenNodes
	c, d := theta(2*i), theta(2*j)
	add, aid, ajd, aii, ajj, aij := f.gram[n][n], f.gram[i][n], f.gram[j][n], f.gram[i][i], f.gram[j][j], f.gram[i][j]
	yi, yj := f.scratch.by[i], f.scratch.by[j]
	k2 := c * math.Pow(d/c, (float64(s)+0.5)/k2Steps)
	fi, fj := -c*(d-k2)/(d-c), -d*(k2-c)/(d-c)
	gi, gj := k2*(d-k2)/(d-c), k2*(k2-c)/(d-c)
	ff := add + 2*fi*aid + 2*fj*ajd + fi*fi*aii + fj*fj*ajj + 2*fi*fj*aij
	fg := gi*aid + gj*ajd + fi*gi*aii + fj*gj*ajj + (fi*gj+fj*gi)*aij
	gg := gi*gi*aii + gj*gj*ajj + 2*gi*gj*aij
	fy, gy := yd+fi*yi+fj*yj, gi*yi+gj*yj
	r1 := (fy - fg) / ff
	if !(r1 > 0) {
		return at, math.Inf(1)
	}
	return gradient{r1, math.Log(k2), math.Log(c), math.Log(d)}, yy - 2*gy + gg - (fy-fg)*(fy-fg)/ff
}

// evaluate takes the model's curve at a point.
func (f *frtmFit) evaluate(g gradient) {
	f.at = g
	f.interpolate(spotOf(math.Exp(g[2])), f.e[0], f.slope[0])
	f.interpolate(spotOf(math.Exp(g[3])), f.e[1], f.slope[1])
	a, b := f.factors(&g)
	f.rss = 0
	for k, w := range f.w {
		f.fitted[k] = g[0]*f.direct[k] + a*f.e[0][k] + b*f.e[1][k]
		r := f.u[k] - f.fitted[k]
		f.rss += w * r * r
	}
}

// linearise lays out the derivatives by R1, ln k2, ln c and ln d.
func (f *frtmFit) linearise() {
	r1, k2, c, d := f.at[0], math.Exp(f.at[1]), math.Exp(f.at[2]), math.Exp(f.at[3])
	a, b := f.factors(&f.at)
	apart := d - c
	aR, bR := -c*(d-k2)/apart, -d*(k2-c)/apart
	aK, bK := (d-2*k2+r1*c)/apart, (2*k2-c-r1*d)/apart
	aC := -r1*(d-k2)/apart + a/apart
	bC := -(k2-r1*d)/apart + b/apart
	aD := (k2-r1*c)/apart - a/apart
	bD := -r1*(k2-c)/apart - b/apart
	for k := range f.u {
		x, y := f.e[0][k], f.e[1][k]
		f.columns[0][k] = f.direct[k] + aR*x + bR*y
		f.columns[1][k] = k2 * (aK*x + bK*y)
		f.columns[2][k] = c*(aC*x+bC*y) + a*f.slope[0][k]
		f.columns[3][k] = d*(aD*x+bD*y) + b*f.slope[1][k]
	}
	f.l = linearised{n: 4, w: f.w, z: [maxParameters][]float64{f.columns[0], f.columns[1], f.columns[2], f.columns[3]}, influences: f.influences}
}

// climb goes down to the least sum of squares, by Levenberg's and Marquardt's
// rule, and reports whether there is one.
func (f *frtmFit) climb(tolerance float64) bool {
	if math.IsNaN(f.rss) || math.IsInf(f.rss, 0) {
		return false
	}
	damping := 1e-3
	for range 300 {
		f.linearise()
		next, ok := f.next(damping)
		if !ok {
			return true
		}
		old, at := f.rss, f.at
		moved := 0.0
		for i := range next {
			moved = math.Max(moved, math.Abs(next[i]-at[i]))
		}
		if f.evaluate(next); !(f.rss < old) {
			f.evaluate(at)
			if damping *= 8; damping > 1e9 || moved < 1e-11 {
				return true
			}
			continue
		}
		if damping /= 6; old-f.rss < tolerance*old && moved < math.Sqrt(tolerance) || moved < 1e-12 {
			return true
		}
	}
	return true
}

// next returns the point after a damped step, within bounds: c < k2 < d.
func (f *frtmFit) next(damping float64) (next gradient, ok bool) {
	normal := f.l.normal()
	for i := range f.l.n {
		normal[i][i] *= 1 + damping
	}
	step, ok := f.towards(&normal)
	if !ok {
		return next, false
	}
	next = f.at
	for i := range f.l.n {
		next[i] += step[i]
	}
	for i := 1; i < 4; i++ {
		next[i] = clamp(next[i], f.at[i]-1, f.at[i]+1)
	}
	next[2] = clamp(next[2], lnMin, lnMax-2*nearest)
	next[3] = clamp(next[3], next[2]+2*nearest, lnMax)
	next[1] = clamp(next[1], next[2]+nearest/100, next[3]-nearest/100)
	return next, true
}

// parameters says what the solution means.
func (f *frtmFit) parameters(e *Estimate) {
	k4 := func(g *gradient) float64 { return math.Exp(g[2] + g[3] - g[1]) }
	k3 := func(g *gradient) float64 { return math.Exp(g[2]) + math.Exp(g[3]) - math.Exp(g[1]) - k4(g) }
	k2 := func(g *gradient) float64 { return math.Exp(g[1]) }
	f.derive(e, R1, &f.at, func(g *gradient) float64 { return g[0] })
	f.derive(e, K2, &f.at, k2)
	f.derive(e, K3, &f.at, k3)
	f.derive(e, K4, &f.at, k4)
	f.derive(e, BPND, &f.at, func(g *gradient) float64 { return k3(g) / k4(g) })
	f.derive(e, K2Prime, &f.at, func(g *gradient) float64 { return k2(g) / g[0] })
	e.finish(f.partition, f.u, &f.spread)
	e.Warnings = append(e.Warnings, boundWarning(math.Exp(f.at[2]))...)
	e.Warnings = append(e.Warnings, boundWarning(math.Exp(f.at[3]))...)
	apart := math.Min(f.at[3]-f.at[1], f.at[1]-f.at[2])
	e.Warnings = append(e.Warnings, broken(rule{apart < nearest, ingest.WarnFitBound, ingest.LevelWarn, apart, nearest, "The rate k2 meets a rate of the tissue: their logarithms differ by {value}, less than {limit}, so that a second compartment cannot be told."})...)
	if !math.IsNaN(f.twin) {
		k3, _ := e.Get(K3)
		e.Warnings = append(e.Warnings, broken(rule{true, ingest.WarnIdentify, ingest.LevelDoubt, f.twin, k3,
			"Another solution fits as well, with a k3 of {value} /min in place of {limit} /min: in it k2′ and k3 + k4 have changed places."})...)
	}
}
