package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval returns the interval that covers the main parameter (see Main) in
// a share of scans, level, such as 0.95. It is infinite where the data set no
// bound, which INTERVAL_OPEN says of the level 0.95, and NaN where there is no standard error or level is not between 0
// and 1. An Estimate that was put together from its exported fields lacks the
// curve's likelihood, so that its interval is NaN too.
//
// For SRTM and SRTM2 it is the profile-likelihood interval, which need not be
// symmetric. The reference's noise and that of integrals are no part of a
// residual, so the profile is scaled in height until its curvature at the
// estimate is that of the standard error, which has them (Chandler & Bate,
// Biometrika 2007;94:167–183, doi:10.1093/biomet/asm015). For other models it
// is the estimate ± t standard errors, t of Student's distribution: the noise of
// an integral on their right-hand side is no part of a likelihood, of which the
// profile then leans to one side and often has no end.
func (e Estimate) Interval(level float64) (low, high float64) {
	e = e.answering()
	value, se := e.Get(e.Main())
	frames := 0
	for _, w := range e.Weights {
		if w > 0 {
			frames++
		}
	}
	if !(se > 0) || math.IsInf(se, 0) || e.measured == nil || frames <= e.free || !(level > 0 && level < 1) {
		return math.NaN(), math.NaN()
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(frames - e.free)}.Quantile((1 + level) / 2)
	if e.profile == nil {
		return value - t*se, value + t*se
	}
	at := e.profile(&e)
	base := at(value)
	// What it rises by over a standard error, from half of one on either side.
	height := 2 * (at(value+se/2) + at(value-se/2) - 2*base)
	if !(height > 0) {
		return value - t*se, value + t*se
	}
	near := math.Max(t, leastRise)
	beyond := func(x float64) float64 { return (at(x)-base)/height - near*near }
	reach := furthest * math.Max(near, 1) * se
	low, high = edge(beyond, value, -near*se, reach), edge(beyond, value, near*se, reach)
	if t < near {
		low, high = value+(low-value)*t/near, value+(high-value)*t/near
	}
	return low, high
}

// leastRise is how far from the estimate, in standard errors, a profile is followed
// at least. Nearer to it all profiles are parabolas, and rounding hides how they
// rise: there the interval shrinks in proportion to t.
const leastRise = 0.1

// furthest is how many standard errors, or t of them where t is above 1, an end is
// looked for: beyond that it is infinite. It is 64, with a margin for rounding.
const furthest = 63.0

// edge returns where f, negative at from, crosses 0 on the way that step says,
// or infinity where it does not within reach, at distances that double.
func edge(f func(float64) float64, from, step, reach float64) float64 {
	inside, outside := from, from+step
	for !(f(outside) > 0) {
		if math.Abs(outside-from) >= reach {
			return math.Copysign(math.Inf(1), step)
		}
		inside, outside = outside, outside+step
		step *= 2
	}
	for range 40 {
		if half := (inside + outside) / 2; f(half) > 0 {
			outside = half
		} else {
			inside = half
		}
	}
	return (inside + outside) / 2
}

// A rateProfile is that of a model with one rate θ to search: sums over the
// frames at every node, between which they are interpolated.
type rateProfile struct {
	aa, ay, yy float64
	ab, bb, by [thetaNodes]float64
	rss        func(r *reduced, yy, theta, bpnd float64) float64 // at one θ
}

// newProfile returns the profile of the regions of a basis, rss being the sum
// that is left at one θ.
func newProfile(b *basis, rss func(r *reduced, yy, theta, bpnd float64) float64) profile {
	return func(e *Estimate) func(float64) float64 {
		return b.rateProfile(b.used(e.measured), e.Weights[b.from:], rss).at
	}
}

// singleCurve is SRTM at a given BPND: C = R1 (R − θE) + θ(1 + BPND)E.
func singleCurve(r *reduced, yy, theta, bpnd float64) float64 {
	c := theta * (1 + bpnd)
	ff := r.aa - 2*theta*r.ab + theta*theta*r.bb
	fy := r.ay - theta*r.by - c*(r.ab-theta*r.bb)
	return yy - 2*c*r.by + c*c*r.bb - fy*fy/ff
}

// coupledCurve is SRTM2 at given BPND and k2′: C = (1 + BPND) θ/k2′ (R + (k2′ − θ)E).
func coupledCurve(k2Prime float64) func(r *reduced, yy, theta, bpnd float64) float64 {
	return func(r *reduced, yy, theta, bpnd float64) float64 {
		delta, c := k2Prime-theta, (1+bpnd)*theta/k2Prime
		return yy - 2*c*(r.ay+delta*r.by) + c*c*(r.aa+2*delta*r.ab+delta*delta*r.bb)
	}
}

func (b *basis) rateProfile(u, w []float64, rss func(r *reduced, yy, theta, bpnd float64) float64) *rateProfile {
	p := &rateProfile{rss: rss}
	weighted, wu := make([]float64, len(u)), make([]float64, len(u))
	floats.MulTo(wu, w, u)
	floats.MulTo(weighted, w, b.direct)
	p.aa, p.ay, p.yy = floats.Dot(weighted, b.direct), floats.Dot(wu, b.direct), floats.Dot(wu, u)
	for i := range thetaNodes {
		column := b.column(i)
		p.ab[i], p.by[i] = floats.Dot(weighted, column), floats.Dot(wu, column)
		for k, w := range w {
			p.bb[i] += w * column[k] * column[k]
		}
	}
	return p
}

// at returns the least sum over all θ: the best node, and then golden sections
// around it.
func (p *rateProfile) at(value float64) float64 {
	best, at := math.Inf(1), 0
	for i := range thetaNodes {
		r := reduced{aa: p.aa, ab: p.ab[i], bb: p.bb[i], ay: p.ay, by: p.by[i]}
		if rss := p.rss(&r, p.yy, theta(i), value); rss < best {
			best, at = rss, i
		}
	}
	first := min(max(at-window/2, 0), thetaNodes-window)
	f := func(x float64) float64 {
		s := spot{first, x}
		l, _ := lagrange(x)
		r := reduced{aa: p.aa, ay: p.ay}
		for k, c := range l {
			r.ab += c * p.ab[first+k]
			r.bb += c * p.bb[first+k]
			r.by += c * p.by[first+k]
		}
		return p.rss(&r, p.yy, s.theta(), value)
	}
	middle := float64(at - first - window/2)
	_, least := golden(f, math.Max(middle-1, -window/2), math.Min(middle+1, window/2), 1e-7)
	return least
}
