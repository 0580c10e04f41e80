package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"tacstream/extract"
	"tacstream/ingest"
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
// VT adds up what the region would take up in endless time. Exponentials that fall
// by less than e in the whole scan are seen to rise only: how far is a guess, made
// by the slowest rate of the list, and always upwards, for no factor is negative.
// Noise and any misfit, such as of the delay or of the blood, put a little into
// them, and 1/α makes it much. In four real scans with [11C]MC1 VT is 1.11 to 1.54
// times that of TCM2: in the three above 1.3 some 40 to 55 % of VT comes from there,
// in the fourth next to nothing. A warning says what share does: where it comes,
// read VT as an upper bound, or take TCM2.
//
// There are no standard errors. Which rates are picked changes with the noise, so
// that errors for the rates at hand, as if these were known, are 2 to 20 times too
// small, and those of a bootstrap 0.6 to 2 times the scatter. NO_SE says so.
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
	rss, picked := squares(w, u, e.Fitted), 0
	for _, c := range x {
		if c > 0 {
			picked++
		}
	}
	f.score(e, rss, len(u), picked)
	f.parameters(x, e)
	e.finish(f.partition, u, &spread{level: f.level(e, rss, picked)})
}

// passes is how often a curve is fitted whose weights follow from it.
const passes = 2

// parameters says what the factors mean, and how much of VT is extrapolated.
func (f *spectrum) parameters(x []float64, e *Estimate) {
	last := f.pieces[len(f.pieces)-1]
	tissue, slowest := 1.0, 1/(last.start+last.length)
	if f.blood {
		tissue -= x[len(x)-1]
	}
	k1, vt, beyond := 0.0, 0.0, 0.0
	for j, c := range x {
		rate := f.rates[j]
		if rate == 0 {
			continue // blood
		}
		k1 += c / tissue
		vt += c / rate / tissue
		if rate < slowest {
			beyond += c / rate / tissue
		}
	}
	none := &spread{}
	e.add(K1, k1, none)
	e.add(VT, vt, none)
	if f.blood {
		e.add(VB, 1-tissue, none)
	}
	e.noErrors = "the rates that are picked change with the noise, and errors for given rates are up to 20 times too small"
	if share := beyond / vt; share > mostExtrapolated {
		e.Warnings = append(e.Warnings, rule{true, ingest.WarnIdentify, ingest.LevelWarn, share, mostExtrapolated,
			"Of VT a share of {value}, above {limit}, comes from exponentials that fall by less than e in the whole scan: the scan does not determine it, and VT is more likely too high than too low."}.warning())
	}
}

// mostExtrapolated is the share of VT from exponentials slower than the scan up to
// which nothing is said.
const mostExtrapolated = 0.1

// level returns the noise level that speaks from the residuals after so many
// factors were picked.
func (f *spectrum) level(e *Estimate, rss float64, picked int) float64 {
	f.unitVariances(e.Fitted, f.unit)
	free := math.Max(float64(len(f.unit)-picked), 1) / float64(len(f.unit))
	return rss / (floats.Dot(e.Weights, f.unit) * free)
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
