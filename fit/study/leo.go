package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The occupancies that LEO looks at. A drug may raise binding, so that they go
// below 0.
const (
	leoLeast = -2.0
	leoMost  = 1.5
)

// A LEOFit is the occupancy of a subject by likelihood.
type LEOFit struct {
	Regions   int
	Occupancy float64 // a share, from −2 to 1.5
	SE        float64 // from the curvature
	Interval  Interval
	Bounded   bool     // false where the interval ends at −2 or 1.5
	VND       *float64 // mL/cm³; nil where nothing was displaced: |Occupancy| below 0.02
	Least     float64  // z′Σ⁻¹z/(1 + (1−o)²) at the occupancy: χ² with Regions − 2 degrees of freedom if Σ is right
}

// LEO returns the occupancy from VT of the same regions before and after a drug,
// in mL/cm³, by maximum likelihood with noise in both scans, of covariance Σ
// between regions, in (mL/cm³)². A nil covariance is the same noise in all regions, which is
// orthogonal regression. Only its shape matters for the occupancy, and its size is
// estimated for the interval, which is by profile, because Σ of fits counts the noise of
// counting alone.
//
//	z = V₁ − (1−o)V₀ − o·VND    minimise z′Σ⁻¹z / (1 + (1−o)²)
//
// VND has a closed form given o, and with it o has one too: the quotient is one of
// two quadratic forms in 1 − o.
//
// Source: Schain et al., NeuroImage 2018;178:255–265,
// doi:10.1016/j.neuroimage.2018.05.017.
func LEO(before, after []float64, covariance [][]float64, level float64) (LEOFit, error) {
	n, err := checkRegions(before, after, 3, level)
	if err != nil {
		return LEOFit{}, fmt.Errorf("leo: %w", err)
	}
	l, err := newLEO(before, after, covariance)
	if err != nil {
		return LEOFit{}, fmt.Errorf("leo: %w", err)
	}
	o := l.occupancy()
	f := LEOFit{Regions: len(before), Occupancy: o, Least: l.at(o)}
	s2 := f.Least / (n - 2)
	const step = 1e-4
	if curvature := (l.at(o+step) + l.at(o-step) - 2*f.Least) / (step * step); curvature > 0 {
		f.SE = math.Sqrt(2 * s2 / curvature)
	}
	t := tQuantile((1+level)/2, n-2)
	f.Interval, f.Bounded = l.profile(o, f.Least+t*t*s2)
	if math.Abs(o) >= leastOccupancy {
		vnd := (l.meanAfter - (1-o)*l.meanBefore) / o
		f.VND = &vnd
	}
	return f, nil
}

// A leo is what the likelihood needs: with M = Σ⁻¹ − Σ⁻¹11′Σ⁻¹/1′Σ⁻¹1 the forms
// V₁′MV₁, V₀′MV₁ and V₀′MV₀, and the means weighted by Σ⁻¹.
type leo struct {
	kk, bk, bb            float64
	meanBefore, meanAfter float64
}

func newLEO(before, after []float64, covariance [][]float64) (leo, error) {
	n := len(before)
	s := mat.NewSymDense(n, nil)
	if covariance != nil && len(covariance) != n {
		return leo{}, fmt.Errorf("a covariance of %d rows for %d regions: %w", len(covariance), n, ErrValues)
	}
	for i := range n {
		if covariance == nil {
			s.SetSym(i, i, 1)
			continue
		}
		if len(covariance[i]) != n {
			return leo{}, fmt.Errorf("row %d of the covariance is of %d regions: %w", i+1, len(covariance[i]), ErrValues)
		}
		if err := checkFinite(covariance[i]...); err != nil {
			return leo{}, err
		}
		for j := i; j < n; j++ {
			if a, b := covariance[i][j], covariance[j][i]; math.Abs(a-b) > 1e-9*math.Max(math.Abs(a), math.Abs(b)) {
				return leo{}, fmt.Errorf("the covariance is not symmetric: %w", ErrValues)
			}
			s.SetSym(i, j, covariance[i][j])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(s) || chol.Cond() > 1e13 {
		return leo{}, fmt.Errorf("the covariance is not positive definite: %w", ErrValues)
	}
	ones := make([]float64, n)
	for i := range ones {
		ones[i] = 1
	}
	weigh := func(a, b []float64) float64 {
		var x mat.VecDense
		if err := chol.SolveVecTo(&x, mat.NewVecDense(n, b)); err != nil {
			return math.NaN()
		}
		return floats.Dot(a, x.RawVector().Data)
	}
	total := weigh(ones, ones)
	l := leo{meanBefore: weigh(ones, before) / total, meanAfter: weigh(ones, after) / total}
	centred := func(values []float64, mean float64) []float64 {
		c := make([]float64, n)
		for i, v := range values {
			c[i] = v - mean
		}
		return c
	}
	b, k := centred(before, l.meanBefore), centred(after, l.meanAfter)
	l.kk, l.bk, l.bb = weigh(k, k), weigh(b, k), weigh(b, b)
	if largest(b) <= noScatter*largest(before) {
		return leo{}, fmt.Errorf("VT is the same in all regions: %w", ErrConstant)
	}
	return l, checkFinite(l.kk, l.bk, l.bb)
}

// at returns the quotient at an occupancy.
func (l leo) at(o float64) float64 {
	w := 1 - o
	return math.Max(l.kk-2*w*l.bk+w*w*l.bb, 0) / (1 + w*w)
}

// occupancy returns where the quotient is least, between −2 and 1.5.
func (l leo) occupancy() float64 {
	// Its derivative in w = 1 − o vanishes where bk·w² + (bb − kk)w − bk = 0.
	candidates := []float64{leoLeast, leoMost}
	if d := l.kk - l.bb; l.bk != 0 {
		root := math.Hypot(d, 2*l.bk)
		for _, sign := range []float64{1, -1} {
			candidates = append(candidates, 1-(d+sign*root)/(2*l.bk))
		}
	} else {
		candidates = append(candidates, 1)
	}
	best := candidates[0]
	for _, o := range candidates[1:] {
		if o >= leoLeast && o <= leoMost && l.at(o) < l.at(best) {
			best = o
		}
	}
	return best
}

// profile returns the occupancies around the best one at which the quotient is at
// most some value, and whether they end before −2 and 1.5.
func (l leo) profile(best, most float64) (Interval, bool) {
	// kk − most − 2bk·w + (bb − most)w² ≤ 0
	a, b, c := l.bb-most, l.bk, l.kk-most
	root := b*b - a*c
	if !(a > 0) || !(root >= 0) {
		return Interval{leoLeast, leoMost}, false
	}
	i := Interval{1 - (b+math.Sqrt(root))/a, 1 - (b-math.Sqrt(root))/a}
	bounded := i.Low >= leoLeast && i.High <= leoMost
	i.Low, i.High = math.Max(math.Min(i.Low, best), leoLeast), math.Min(math.Max(i.High, best), leoMost)
	return i, bounded
}

// A SharedVND is the occupancies of several scans of a subject after different
// doses, with one VND.
type SharedVND struct {
	Occupancies []float64 // in the order of the scans
	VND         float64   // mL/cm³
	Residual    float64   // sum of squares that is left, (mL/cm³)²
}

// LEOShared returns the occupancies of scans after one or more doses against one
// before, with the same VND in all, all having the same noise. With one scan it is LEO
// without a covariance.
//
//	V_scan = VND + (1 − o_scan) VS    o = 0 before
//
// At a given VND the rest is the best matrix of rank one, of which the quotient of the
// components are the occupancies, so that only VND is searched for.
//
// Source: Radua et al., Med Phys 2011;38:2558–2562, doi:10.1118/1.3578606, for the
// model, that of the R package occ; Eckart & Young, Psychometrika 1936;1:211–218,
// doi:10.1007/BF02288367.
func LEOShared(before []float64, after [][]float64) (SharedVND, error) {
	scans := append([][]float64{before}, after...)
	for _, s := range scans {
		if _, err := checkRegions(before, s, 3, 0.5); err != nil {
			return SharedVND{}, fmt.Errorf("leo: %w", err)
		}
	}
	if len(after) == 0 {
		return SharedVND{}, fmt.Errorf("leo: no scan after a dose: %w", ErrTooFew)
	}
	if _, _, err := moments(before); err != nil {
		return SharedVND{}, fmt.Errorf("leo: %w", err)
	}
	reach := 0.0
	for _, s := range scans {
		reach = math.Max(reach, largest(s))
	}
	left := func(vnd float64) float64 { rss, _ := rankOne(scans, vnd); return rss }
	const nodes = 400
	best := 0
	node := func(i int) float64 { return reach * (2*float64(i)/nodes - 1) }
	for i := range nodes + 1 {
		if left(node(i)) < left(node(best)) {
			best = i
		}
	}
	vnd := goldenLeast(left, node(max(best-1, 0)), node(min(best+1, nodes)))
	rss, direction := rankOne(scans, vnd)
	if math.Abs(direction[0]) < 1e-9 {
		return SharedVND{}, fmt.Errorf("leo: nothing binds before the dose: %w", ErrNotIdentified)
	}
	out := SharedVND{VND: vnd, Residual: rss}
	moved := false
	for _, d := range direction[1:] {
		o := 1 - d/direction[0]
		out.Occupancies = append(out.Occupancies, o)
		moved = moved || math.Abs(o) >= leastOccupancy
	}
	if !moved {
		return SharedVND{}, fmt.Errorf("leo: nothing was displaced: %w", ErrNotIdentified)
	}
	return out, nil
}

// rankOne returns what the best matrix of rank one leaves of scans less VND, and
// its direction.
func rankOne(scans [][]float64, vnd float64) (left float64, direction []float64) {
	k := len(scans)
	gram := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			sum := 0.0
			for r := range scans[i] {
				sum += (scans[i][r] - vnd) * (scans[j][r] - vnd)
			}
			gram.SetSym(i, j, sum)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(gram, true) {
		return math.Inf(1), make([]float64, k)
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	for _, v := range e.Values(nil)[:k-1] {
		left += math.Max(v, 0)
	}
	return left, mat.Col(nil, k-1, &vectors)
}

// goldenLeast returns where f is least between two ends, by golden sections.
func goldenLeast(f func(float64) float64, low, high float64) float64 {
	ratio := (math.Sqrt(5) - 1) / 2
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := f(a), f(b)
	for range 80 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = f(b)
		}
	}
	return (low + high) / 2
}
