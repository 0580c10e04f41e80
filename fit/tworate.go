package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// A twoRate finds C = p₀ D + p₁ E(θ₁) + p₂ E(θ₂), θ₁ < θ₂: every pair of nodes
// first, with what is negative left out, and from the best of them on by
// damped steps of Gauss and Newton over all parameters. It is used again for
// the next region.
type twoRate struct {
	*basis
	trapped    []float64   // E(0), in place of E(θ₁) where the slow rate is 0
	blood      bool        // D is there
	even       [][]float64 // the columns of every second node, then D, then E(0); nil before scan
	gram       [][]float64 // Σ w x y of these
	u, w       []float64
	ln         [2]float64 // ln θ
	p          [3]float64
	e, slope   [2][]float64 // E, and its derivative by ln θ times p
	fitted     []float64
	unit       []float64
	rss        float64
	influences *influences
	spread     spread
	l          linearised
}

func newTwoRate(b *basis, trapped []float64, blood bool) *twoRate {
	n := len(b.mid)
	t := &twoRate{basis: b, trapped: trapped, blood: blood, unit: make([]float64, n), influences: newInfluences(maxParameters, n)}
	for i := range 2 {
		t.e[i], t.slope[i] = make([]float64, n), make([]float64, n)
	}
	return t
}

// tabulate makes the products of the columns that scan tries.
func (t *twoRate) tabulate() {
	for i := 0; i < thetaNodes; i += 2 {
		t.even = append(t.even, t.column(i))
	}
	t.even = append(t.even, t.direct)
	if t.trapped != nil {
		t.even = append(t.even, t.trapped)
	}
	t.gram = make([][]float64, len(t.even))
	weighted := make([]float64, len(t.mid))
	for i, x := range t.even {
		floats.MulTo(weighted, t.basis.w, x)
		t.gram[i] = make([]float64, len(t.even))
		for j, y := range t.even {
			t.gram[i][j] = floats.Dot(weighted, y)
		}
	}
}

// fit estimates one region, with the weights that were given or else with
// those that follow from the model's curve.
func (t *twoRate) fit(u, given []float64, e *Estimate) {
	t.begin(u, given, e)
	t.scan()
	t.climb(1e-3)
	if given == nil {
		t.reweigh()
		t.evaluate(t.ln)
	}
	t.climb(1e-11)
	t.unitVariances(t.fitted, t.unit)
	t.errors(e)
}

// begin takes up a region, with the weights that were given or else those of
// the basis.
func (t *twoRate) begin(u, given []float64, e *Estimate) {
	t.u, t.w, t.fitted = u, e.Weights, e.Fitted
	if given == nil {
		given = t.basis.w
	}
	copy(t.w, given)
}

// reweigh takes the weights that follow from the curve at hand.
func (t *twoRate) reweigh() { t.weigh(t.fitted, 0, t.w) }

// errors sets the spread of p₀, p₁, p₂, ln θ₁ and ln θ₂, those that there are.
func (t *twoRate) errors(e *Estimate) {
	t.linearise()
	t.l.target = effect{own: 1}
	t.l.spread(t.rss, t.unit, noise{}, -1, &t.spread)
	t.score(e, t.rss, len(t.u), t.l.n)
}

// scan takes the best pair of nodes.
func (t *twoRate) scan() {
	if t.gram == nil {
		t.tabulate()
	}
	s, d := &t.scratch, evenNodes
	yd, best, at := t.project(t.u, t.w), -1.0, [2]int{d / 3, 2 * d / 3}
	if !t.blood {
		d = -1
	}
	try := func(i, j int, yi float64) {
		if g := t.gain(i, j, d, yi, s.by[j], yd); g > best {
			best, at = g, [2]int{i, j}
		}
	}
	if t.trapped != nil {
		y := floats.Dot(s.wu, t.trapped)
		for j := range s.by {
			try(evenNodes+1, j, y)
		}
		at[0] = 0
	} else {
		for i := range s.by {
			for j := i + 1; j < len(s.by); j++ {
				try(i, j, s.by[i])
			}
		}
	}
	t.evaluate([2]float64{math.Log(theta(2 * at[0])), math.Log(theta(2 * at[1]))})
}

// gain returns by how much the columns i and j, and d where it is not
// negative, lower the sum of squares, with no factor below 0.
func (t *twoRate) gain(i, j, d int, yi, yj, yd float64) float64 {
	aii, ajj, aij := t.gram[i][i], t.gram[j][j], t.gram[i][j]
	pair := func(aii, ajj, aij, yi, yj float64) (g, pi, pj float64) {
		det := aii*ajj - aij*aij
		if det <= 1e-12*aii*ajj {
			return 0, -1, -1
		}
		pi, pj = (ajj*yi-aij*yj)/det, (aii*yj-aij*yi)/det
		return pi*yi + pj*yj, pi, pj
	}
	if d >= 0 {
		// Without D, less D's part in each.
		add, aid, ajd := t.gram[d][d], t.gram[i][d], t.gram[j][d]
		if add > 0 {
			g, pi, pj := pair(aii-aid*aid/add, ajj-ajd*ajd/add, aij-aid*ajd/add, yi-aid*yd/add, yj-ajd*yd/add)
			if pd := (yd - aid*pi - ajd*pj) / add; pi >= 0 && pj >= 0 && pd >= 0 {
				return g + yd*yd/add
			}
		}
	}
	g, pi, pj := pair(aii, ajj, aij, yi, yj)
	if pi >= 0 && pj >= 0 {
		return g
	}
	single := 0.0
	for _, s := range [2][2]float64{{yi, aii}, {yj, ajj}} {
		if s[0] > 0 && s[1] > 0 {
			single = math.Max(single, s[0]*s[0]/s[1])
		}
	}
	return single
}

// nearest is how near to each other two ln θ may come.
const nearest = 0.02

// evaluate takes the best factors for two rates; the sum of squares is
// infinite where there are none.
func (t *twoRate) evaluate(ln [2]float64) {
	t.ln = ln
	for i := range 2 {
		if i == 0 && t.trapped != nil {
			copy(t.e[0], t.trapped)
			clear(t.slope[0])
			continue
		}
		t.interpolate(spotOf(math.Exp(ln[i])), t.e[i], t.slope[i])
	}
	l := linearised{n: 2, z: [maxParameters][]float64{t.e[0], t.e[1], t.direct}, w: t.w, influences: t.influences}
	if t.blood {
		l.n = 3
	}
	p, ok := l.solve(t.u)
	if !ok {
		t.rss = math.Inf(1)
		return
	}
	t.p = [3]float64{p[2], p[0], p[1]}
	t.rss = 0
	for k, w := range t.w {
		t.fitted[k] = p[0]*t.e[0][k] + p[1]*t.e[1][k] + p[2]*t.direct[k]
		r := t.u[k] - t.fitted[k]
		t.rss += w * r * r
	}
	for i := range 2 {
		floats.Scale(t.p[1+i], t.slope[i])
	}
}

// linearise lays out the derivatives by p₁, p₂, ln θ₂, then ln θ₁ unless it is
// 0, then p₀ where there is blood.
func (t *twoRate) linearise() {
	t.l = linearised{n: 3, w: t.w, z: [maxParameters][]float64{t.e[0], t.e[1], t.slope[1]}, influences: t.influences}
	if t.trapped == nil {
		t.l.z[t.l.n] = t.slope[0]
		t.l.n++
	}
	if t.blood {
		t.l.z[t.l.n] = t.direct
		t.l.n++
	}
}

// climb goes down to the least sum of squares, by Levenberg's and Marquardt's
// rule, until a step lowers it by less than a fraction.
func (t *twoRate) climb(tolerance float64) {
	damping := 1e-3
	for range 200 {
		t.linearise()
		step, ok := t.step(damping)
		if !ok {
			return
		}
		old, ln := t.rss, t.ln
		next := [2]float64{clamp(ln[0]+step[0], lnMin, lnMax), clamp(ln[1]+step[1], lnMin, lnMax)}
		if t.trapped == nil && next[1] < next[0]+nearest {
			next[1] = math.Min(next[0]+nearest, lnMax)
			next[0] = math.Min(next[0], next[1]-nearest)
		}
		moved := math.Max(math.Abs(next[0]-ln[0]), math.Abs(next[1]-ln[1]))
		if t.evaluate(next); !(t.rss < old) {
			t.evaluate(ln)
			if damping *= 8; damping > 1e8 || moved < 1e-10 {
				return
			}
			continue
		}
		if damping /= 6; old-t.rss < tolerance*old && moved < math.Sqrt(tolerance) || moved < 1e-11 {
			return
		}
	}
}

// step returns the damped step of ln θ₁ and ln θ₂.
func (t *twoRate) step(damping float64) (by [2]float64, ok bool) {
	normal := t.l.normal()
	normal[2][2] *= 1 + damping
	if t.trapped == nil {
		normal[3][3] *= 1 + damping
	}
	g, ok := t.towards(&normal)
	const longest = 1.0
	by[1] = clamp(g[2], -longest, longest)
	if t.trapped == nil {
		by[0] = clamp(g[3], -longest, longest)
	}
	return by, ok
}

// towards returns the step that these normal equations ask for, from what the
// curve at hand leaves.
func (t *twoRate) towards(normal *square) (by gradient, ok bool) {
	var inverse square
	if !invert(normal, t.l.n, &inverse) {
		return by, false
	}
	for j := range t.l.n {
		right := 0.0
		for k, w := range t.w {
			right += w * t.l.z[j][k] * (t.u[k] - t.fitted[k])
		}
		for i := range t.l.n {
			by[i] += inverse[i][j] * right
		}
	}
	return by, true
}
