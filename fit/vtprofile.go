package fit

import "math"

// Where a second compartment is small, VT of two compartments answers to noise
// in a curve: first order says too little of its scatter, by up to a tenth. Its
// standard error is therefore taken from the width of the likelihood's profile
// between the outer quintiles: where this has risen by as much as it would at 0.84
// standard errors if it were a parabola of the curvature at the estimate.
const quintile = 0.8416212335729143 // of the normal distribution, the outer one

// How far the width may be from that of the parabola on either side.
const (
	narrowest = 0.5
	widest    = 3.0
)

// widen takes the standard error of VT from the profile of its likelihood, where
// there is one.
func (t *twoRate) widen(e *Estimate) {
	i := e.main()
	p := &e.Parameters[i]
	if !t.spread.ok || !(p.SE > 0) || math.IsInf(p.SE, 0) {
		return
	}
	c := t.constrained(p.Value, e.gradients[i])
	defer t.evaluate(t.ln)
	far := quintile * p.SE
	height := 2 * (c.rise(far/2) + c.rise(-far/2))
	if !(height > 0) || math.IsInf(height, 0) {
		return
	}
	up, down := c.width(far, height), c.width(-far, height)
	if width := (up + down) / 2; width > 0 {
		p.SE *= width
	}
}

// A constrained fit holds VT at other values than the estimate.
type constrained struct {
	*twoRate
	vt   float64
	rss  float64
	ln   [2]float64
	by   [2]float64 // by how much ln θ move with VT, to first order
	free int        // parameters
}

// constrained prepares the profile about an estimate of VT with derivatives g.
func (t *twoRate) constrained(vt float64, g gradient) *constrained {
	c := &constrained{twoRate: t, vt: vt, rss: t.rss, ln: t.ln, free: t.l.n}
	variance := g.times(&t.spread.unit, &g)
	for k, at := range [2]int{3, 2} { // of ln θ₁ and ln θ₂ among the parameters
		var unit gradient
		unit[at] = 1
		c.by[k] = unit.times(&t.spread.unit, &g) / variance
	}
	return c
}

// width returns how far away, in units of se, which is below 0 for the lower
// side, the profile has risen by height; 0 where it has no end there.
func (c *constrained) width(se, height float64) float64 {
	x := 1.0
	for range 2 {
		rise := c.rise(x * se)
		if !(rise > 0) || math.IsInf(rise, 0) {
			return 0
		}
		x = clamp(x*math.Sqrt(height/rise), narrowest, widest)
	}
	return x
}

// rise returns by how much the least sum of squares grows where VT is held so
// far away from its estimate.
func (c *constrained) rise(away float64) float64 {
	vt := c.vt + away
	least, ln := math.Inf(1), [2]float64{c.ln[0] + c.by[0]*away, c.ln[1] + c.by[1]*away}
	for range 3 {
		ln[0], ln[1] = clamp(ln[0], lnMin, lnMax), clamp(ln[1], lnMin, lnMax)
		if ln[1] < ln[0]+nearest {
			return least - c.rss
		}
		rss, next, ok := c.hold(ln, vt)
		least = math.Min(least, rss)
		if !ok || math.Abs(next[0]-ln[0])+math.Abs(next[1]-ln[1]) < 1e-4 {
			break
		}
		ln = next
	}
	return least - c.rss
}

// hold returns the least sum of squares for two rates and a VT, which is linear
// in the factors,
//
//	φ₁/θ₁ + φ₂/θ₂ + VT vB = VT
//
// and where a step of Gauss and Newton under this condition goes.
func (c *constrained) hold(ln [2]float64, vt float64) (rss float64, next [2]float64, ok bool) {
	t := c.twoRate
	if t.evaluate(ln); math.IsInf(t.rss, 1) {
		return t.rss, ln, false
	}
	a := gradient{math.Exp(-ln[0]), math.Exp(-ln[1]), vt}
	l := linearised{n: 2, z: [maxParameters][]float64{t.e[0], t.e[1], t.direct}, w: t.w, influences: t.influences}
	off := a[0]*t.p[1] + a[1]*t.p[2] - vt
	if t.blood {
		l.n = 3
		off += vt * t.p[0]
	} else {
		a[2] = 0
	}
	if !l.invert() {
		return math.Inf(1), ln, false
	}
	off /= a.times(&l.inverse, &a)
	var p gradient
	for i, free := range [3]float64{t.p[1], t.p[2], t.p[0]} {
		p[i] = free
		for j := range l.n {
			p[i] -= off * l.inverse[i][j] * a[j]
		}
	}
	rss = t.place(&p)
	by, ok := t.along(&gradient{a[0], a[1], -p[1] * a[1], -p[0] * a[0], a[2]})
	return rss, [2]float64{ln[0] + clamp(by[3], -1, 1), ln[1] + clamp(by[2], -1, 1)}, ok
}

// place lays the curve out with other factors than the best, p₁, p₂ and p₀, and
// returns its sum of squares.
func (t *twoRate) place(p *gradient) (rss float64) {
	for i := range 2 { // slopes have the factor in them
		if old := t.p[1+i]; old != 0 {
			scale := p[i] / old
			for k := range t.slope[i] {
				t.slope[i][k] *= scale
			}
		}
	}
	t.p = [3]float64{p[2], p[0], p[1]}
	for k, w := range t.w {
		t.fitted[k] = p[0]*t.e[0][k] + p[1]*t.e[1][k] + p[2]*t.direct[k]
		r := t.u[k] - t.fitted[k]
		rss += w * r * r
	}
	return rss
}

// along returns the step of Gauss and Newton that leaves a condition with these
// derivatives as it is.
func (t *twoRate) along(g *gradient) (by gradient, ok bool) {
	t.linearise()
	normal := t.l.normal()
	var inverse square
	if !invert(&normal, t.l.n, &inverse) {
		return by, false
	}
	by, _ = t.towards(&normal)
	slip, norm := 0.0, g.times(&inverse, g)
	for i := range t.l.n {
		slip += g[i] * by[i]
	}
	for i := range t.l.n {
		for j := range t.l.n {
			by[i] -= slip / norm * inverse[i][j] * g[j]
		}
	}
	return by, true
}
