package fit

import (
	"math"

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
	search  *frtmSearch
	at      gradient // R1, ln k2, ln c, ln d
	columns [4][]float64
	memory  [2]*memory
	twin    float64 // k3 of another solution that fits as well, NaN where there is none
}

func newFRTMFit(b *basis) *frtmFit {
	f := &frtmFit{twoRate: newTwoRate(b, nil, true), search: newFRTMSearch(b)}
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
	best, ok := f.search.minima(u)
	if !ok {
		best.at = gradient{1, math.Log(0.1), math.Log(0.05), math.Log(0.2)} // no R1 above 0 fits
	}
	best = f.seekTwin(best)
	f.evaluate(best.at)
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
	factors := frtmFactors(&f.at)
	f.l.target = effect{own: 1}
	f.l.reference = effect{own: f.at[0], through: factors[1], memory: f.memory[0], also: &effect{through: factors[2], memory: f.memory[1]}}
	f.l.spread(f.rss, f.unit, f.refNoise, -1, &f.spread)
	f.score(e, f.rss, len(u), 4)
}

// seekTwin looks for the other solution: at R1 = 1 the curve is the same when
// k2′ and k3 + k4 change places, which is k2 → c + d − k2, and near it nearly so.
// It returns the better of the two.
func (f *frtmFit) seekTwin(best frtmPoint) frtmPoint {
	f.twin = math.NaN()
	at := best.at
	at[1] = math.Log(math.Exp(at[2]) + math.Exp(at[3]) - math.Exp(at[1]))
	other := f.search.descend(frtmPoint{at: at})
	if math.Abs(other.at[1]-best.at[1]) < distinct {
		return best
	}
	if other.rss < best.rss {
		best, other = other, best
	}
	freedom := float64(len(f.u) - 4)
	if other.rss-best.rss <= asWell*best.rss/freedom || other.rss <= exactly*exactly*f.search.yy {
		k4 := math.Exp(other.at[2] + other.at[3] - other.at[1])
		f.twin = math.Exp(other.at[2]) + math.Exp(other.at[3]) - math.Exp(other.at[1]) - k4
	}
	return best
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

// evaluate takes the model's curve at a point.
func (f *frtmFit) evaluate(g gradient) {
	f.at = g
	f.interpolate(spotOf(math.Exp(g[2])), f.e[0], f.slope[0])
	f.interpolate(spotOf(math.Exp(g[3])), f.e[1], f.slope[1])
	factors := frtmFactors(&g)
	f.rss = 0
	for k, w := range f.w {
		f.fitted[k] = factors[0]*f.direct[k] + factors[1]*f.e[0][k] + factors[2]*f.e[1][k]
		r := f.u[k] - f.fitted[k]
		f.rss += w * r * r
	}
}

// linearise lays out the derivatives by R1, ln k2, ln c and ln d.
func (f *frtmFit) linearise() {
	_, z := frtmSlopes(&f.at)
	for k := range f.u {
		x, y := f.e[0][k], f.e[1][k]
		f.columns[0][k] = f.direct[k] + z[0][1]*x + z[0][2]*y
		f.columns[1][k] = z[1][1]*x + z[1][2]*y
		f.columns[2][k] = z[2][1]*x + z[2][2]*y + z[2][3]*f.slope[0][k]
		f.columns[3][k] = z[3][1]*x + z[3][2]*y + z[3][4]*f.slope[1][k]
	}
	f.l = linearised{n: 4, w: f.w, z: [maxParameters][]float64{f.columns[0], f.columns[1], f.columns[2], f.columns[3]}, influences: f.influences}
}

// climb goes down to the least sum of squares, by Levenberg's and Marquardt's
// rule.
func (f *frtmFit) climb(tolerance float64) {
	if math.IsNaN(f.rss) || math.IsInf(f.rss, 0) {
		return
	}
	damping := 1e-3
	for range 300 {
		f.linearise()
		next, ok := f.next(damping)
		if !ok {
			return
		}
		old, at := f.rss, f.at
		moved := 0.0
		for i := range next {
			moved = math.Max(moved, math.Abs(next[i]-at[i]))
		}
		if f.evaluate(next); !(f.rss < old) {
			f.evaluate(at)
			if damping *= 8; damping > 1e9 || moved < 1e-11 {
				return
			}
			continue
		}
		if damping /= 6; old-f.rss < tolerance*old && moved < math.Sqrt(tolerance) || moved < 1e-12 {
			return
		}
	}
}

// next returns the point after a damped step, within bounds: c < k2 < d.
func (f *frtmFit) next(damping float64) (next gradient, ok bool) {
	normal := f.l.normal()
	var right [4]float64
	for i := range right {
		normal[i][i] *= 1 + damping
		for k, w := range f.w {
			right[i] += w * f.l.z[i][k] * (f.u[k] - f.fitted[k])
		}
	}
	step, ok := f.at.within(&normal, &right)
	if !ok {
		return next, false
	}
	next = f.at
	next[0] += step[0]
	for i := 1; i < 4; i++ {
		next[i] += clamp(step[i], -1, 1)
	}
	next.bound()
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
