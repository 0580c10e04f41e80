package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"tacstream/extract"
)

// Spectral is spectral analysis: the answer of the tissue to plasma is a sum of
// decaying exponentials of whatever number, with factors that are not negative,
//
//	C(t) = (1 − vB) Σ φᵢ ∫₀ᵗ Cp(s) e^(−αᵢ(t−s)) ds + vB Cb(t)    K1 = Σ φᵢ    VT = Σ φᵢ/αᵢ
//
// of which non-negative least squares picks few, from rates a fifth apart in
// their logarithms. No compartments are assumed. The slowest rate is one over
// three times the scan: a slower one could not be told from trapping, which is
// not looked for.
//
// The standard errors hold for the rates that were picked, as if these were
// known: they are too small. Bootstrap gives better ones.
//
// Sources: Cunningham & Jones, J Cereb Blood Flow Metab 1993;13:15–23,
// doi:10.1038/jcbfm.1993.5; Lawson & Hanson, Solving Least Squares Problems,
// 1974, chapter 23.
type Spectral struct {
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "spectral".
func (Spectral) Name() string { return "spectral" }

// Input returns Plasma.
func (Spectral) Input() Input { return Plasma }

// Fit estimates K1, VT and, where there is whole blood, vB of every region.
func (m Spectral) Fit(s Scan) ([]Estimate, error) {
	a, err := prepareArterial(s, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newSpectrum(a, a.whole != nil)
	return a.each(m.Name(), VT, func(t *extract.TAC, u []float64, e *Estimate) { f.fit(u, f.given(t), e) }), nil
}

// A spectrum is what the regions of a scan share in spectral analysis.
type spectrum struct {
	*basis
	columns [][]float64 // that may be picked
	rates   []float64   // 1/min; 0 for blood, the last where it is there
	blood   bool
	unit    []float64
}

func newSpectrum(a *arterial, blood bool) *spectrum {
	b := a.basis()
	f := &spectrum{basis: b, blood: blood, unit: make([]float64, len(b.mid))}
	last := b.pieces[len(b.pieces)-1]
	for i := range thetaNodes {
		if theta(i) > 1/(3*(last.start+last.length)) {
			f.columns, f.rates = append(f.columns, b.column(i)), append(f.rates, theta(i))
		}
	}
	if blood {
		f.columns, f.rates = append(f.columns, b.direct), append(f.rates, 0)
	}
	return f
}

// fit estimates one region.
func (f *spectrum) fit(u, given []float64, e *Estimate) {
	w := e.Weights
	if copy(w, given); given == nil {
		copy(w, f.basis.w)
	}
	var x []float64
	for range passes {
		x = nonNegative(f.columns, w, u)
		clear(e.Fitted)
		for j, c := range x {
			floats.AddScaled(e.Fitted, c, f.columns[j])
		}
		if given == nil {
			f.weigh(e.Fitted, 0, w)
		}
	}
	f.unitVariances(e.Fitted, f.unit)
	rss, picked := 0.0, 0
	for i, v := range w {
		r := u[i] - e.Fitted[i]
		rss += v * r * r
	}
	for _, c := range x {
		if c > 0 {
			picked++
		}
	}
	f.score(e, rss, len(u), picked)
	f.parameters(x, rss, u, e)
}

// passes is how often a curve is fitted whose weights follow from it.
const passes = 2

// parameters says what the factors mean. Neighbours that were both picked are
// one peak between two rates, which no scan tells apart: for the errors the
// peak has a single factor, and keeps its shape.
func (f *spectrum) parameters(x []float64, rss float64, u []float64, e *Estimate) {
	vB := 0.0
	if f.blood {
		vB = x[len(x)-1]
	}
	tissue := 1 - vB
	k1, vt := 0.0, 0.0
	var byK1, byVT, byVB gradient
	peaks := f.peaks(x)
	l := linearised{w: e.Weights, n: len(peaks), target: effect{own: 1}, influences: newInfluences(maxParameters, len(u))}
	for i, p := range peaks {
		k1 += p.factor / tissue
		vt += p.factor * p.time / tissue
		if i < maxParameters {
			l.z[i], byK1[i], byVT[i] = p.column, 1/tissue, p.time/tissue
		}
	}
	if vB > 0 && l.n < maxParameters {
		l.z[l.n], byK1[l.n], byVT[l.n], byVB[l.n] = f.columns[len(x)-1], k1/tissue, vt/tissue, 1
	}
	if vB > 0 {
		l.n++
	}
	var s spread
	if l.n <= maxParameters && l.n > 0 {
		l.spread(rss, f.unit, noise{}, -1, &s)
	}
	e.add(K1, k1, &s, byK1[:]...)
	e.add(VT, vt, &s, byVT[:]...)
	if f.blood {
		e.add(VB, vB, &s, byVB[:]...)
	}
	e.finish(f.partition, u, &s)
}

// A peak is neighbouring exponentials that were picked: their curve is factor
// times column, and time is the mean of 1/α.
type peak struct {
	column       []float64
	factor, time float64
}

// peaks returns those of a spectrum.
func (f *spectrum) peaks(x []float64) (list []peak) {
	open := false
	for j, c := range x {
		if f.rates[j] == 0 {
			break // blood
		}
		if !(c > 0) {
			open = false
			continue
		}
		if !open {
			list, open = append(list, peak{column: make([]float64, len(f.columns[j]))}), true
		}
		p := &list[len(list)-1]
		p.time = (p.time*p.factor + c/f.rates[j]) / (p.factor + c)
		p.factor += c
		floats.AddScaled(p.column, c, f.columns[j])
	}
	for _, p := range list {
		floats.Scale(1/p.factor, p.column)
	}
	return list
}

// nonNegative returns the weighted least-squares factors of columns that are
// not negative (Lawson & Hanson's active sets).
func nonNegative(columns [][]float64, w, y []float64) []float64 {
	n := len(columns)
	x, residual := make([]float64, n), append([]float64(nil), y...)
	picked := make([]bool, n)
	norm := make([]float64, n)
	for j, c := range columns {
		for i, v := range c {
			norm[j] += w[i] * v * v
		}
		norm[j] = math.Sqrt(norm[j])
	}
	total := 0.0
	for i, v := range y {
		total += w[i] * v * v
	}
	for range 3 * n {
		best, at := 1e-10*math.Sqrt(total), -1
		for j, c := range columns {
			if picked[j] || norm[j] == 0 {
				continue
			}
			g := 0.0
			for i, v := range c {
				g += w[i] * v * residual[i]
			}
			if g/norm[j] > best {
				best, at = g/norm[j], j
			}
		}
		if at < 0 {
			break
		}
		picked[at] = true
		if !shrink(columns, w, y, x, picked) {
			picked[at] = false
			break
		}
		copy(residual, y)
		for j, c := range x {
			floats.AddScaled(residual, -c, columns[j])
		}
	}
	return x
}

// shrink solves for the columns that are picked and drops those that would
// become negative, until none does.
func shrink(columns [][]float64, w, y, x []float64, picked []bool) bool {
	for range columns {
		var set []int
		for j, p := range picked {
			if p {
				set = append(set, j)
			}
		}
		if len(set) == 0 {
			clear(x)
			return true
		}
		a, b := mat.NewDense(len(y), len(set), nil), mat.NewVecDense(len(y), nil)
		for i := range y {
			root := math.Sqrt(w[i])
			for k, j := range set {
				a.Set(i, k, root*columns[j][i])
			}
			b.SetVec(i, root*y[i])
		}
		var z mat.VecDense
		if err := z.SolveVec(a, b); err != nil && z.Len() == 0 {
			return false
		}
		step, out := 1.0, -1
		for k, j := range set {
			if v := z.AtVec(k); v <= 0 {
				if s := x[j] / (x[j] - v); s < step || out < 0 {
					step, out = s, j
				}
			}
		}
		for k, j := range set {
			x[j] += step * (z.AtVec(k) - x[j])
		}
		if out < 0 {
			return true
		}
		x[out], picked[out] = 0, false
	}
	return true
}
