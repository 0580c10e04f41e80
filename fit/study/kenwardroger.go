package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// A MixedEffect is a combination of fixed effects.
type MixedEffect struct {
	Estimate float64
	SE       float64 // adjusted for the variances being estimates
	PlainSE  float64 // as if the variances were known
	DF       float64 // of Kenward and Roger
	T, P     float64 // P is two-sided
}

// Interval returns the interval that covers the true effect with probability
// level, between 0 and 1.
func (e MixedEffect) Interval(level float64) Interval {
	half := tQuantile((1+level)/2, e.DF) * e.SE
	return Interval{e.Estimate - half, e.Estimate + half}
}

// A MixedF is the test that several combinations of fixed effects are all 0.
type MixedF struct {
	F        float64 // scaled, as Kenward and Roger do
	DF1, DF2 float64
	P        float64
}

// fitted returns the model at the best point, in the scale of the data, with the
// small-sample covariance
//
//	Pᵢ = −X′V⁻¹GᵢV⁻¹X    Qᵢⱼ = X′V⁻¹GᵢV⁻¹GⱼV⁻¹X    W = information⁻¹
//	Φ_A = Φ + 2Φ {Σᵢⱼ Wᵢⱼ (Qᵢⱼ − PᵢΦPⱼ)} Φ
//
// V is linear in the variances, so that the second derivatives of the general formula
// vanish. Every variance counts, those at 0 too.
//
// Source: Kenward & Roger, Biometrics 1997;53:983–997, doi:10.2307/2533558. In R:
// pbkrtest::vcovAdj.
func (r *reml) fitted(pt *remlPoint) (Mixed, error) {
	k := len(r.groups)
	var chol mat.Cholesky
	w := mat.NewSymDense(k, nil)
	if !chol.Factorize(pt.info) || chol.InverseTo(w) != nil {
		return Mixed{}, fmt.Errorf("two variances cannot be told apart: %w", ErrNotIdentified)
	}
	var vx mat.Dense
	vx.Mul(pt.inverse, r.x)
	zvx := make([]*mat.Dense, k) // Zᵢ′V⁻¹X
	slopes := make([]*mat.Dense, k)
	for i := range k {
		zvx[i] = mat.NewDense(r.sizes[i], r.p, nil)
		for row, g := range r.groups[i] {
			for c := range r.p {
				zvx[i].Set(g, c, zvx[i].At(g, c)+vx.At(row, c))
			}
		}
		slopes[i] = mat.NewDense(r.p, r.p, nil)
		slopes[i].Mul(zvx[i].T(), zvx[i])
		slopes[i].Scale(-1, slopes[i])
	}
	lambda := mat.NewDense(r.p, r.p, nil)
	for i := range k {
		for j := range k {
			var half, q, correction mat.Dense
			half.Mul(zvx[i].T(), r.between(pt.inverse, i, j))
			q.Mul(&half, zvx[j])
			half.Reset()
			half.Mul(slopes[i], pt.phi)
			correction.Mul(&half, slopes[j])
			q.Sub(&q, &correction)
			q.Scale(w.At(i, j), &q)
			lambda.Add(lambda, &q)
		}
	}
	var adjusted, product mat.Dense
	product.Mul(pt.phi, lambda)
	adjusted.Mul(&product, pt.phi)
	adjusted.Scale(2, &adjusted)
	adjusted.Add(&adjusted, pt.phi)
	return r.rescaled(pt, symmetric(&adjusted), slopes, w), nil
}

// rescaled returns the model in the scale of the data.
func (r *reml) rescaled(pt *remlPoint, adjusted *mat.SymDense, slopes []*mat.Dense, w *mat.SymDense) Mixed {
	s2 := r.scale * r.scale
	m := Mixed{N: r.n, plain: pt.phi, adjusted: adjusted, slopes: slopes, spread: w}
	m.Criterion = pt.criterion + 2*float64(r.n-r.p)*math.Log(r.scale)
	for j := range r.p {
		m.Beta = append(m.Beta, pt.beta.AtVec(j)*r.scale)
	}
	last := len(pt.variances) - 1
	for _, v := range pt.variances[:last] {
		m.Variances = append(m.Variances, v*s2)
	}
	m.Residual = pt.variances[last] * s2
	m.plain.ScaleSym(s2, m.plain)
	m.adjusted.ScaleSym(s2, m.adjusted)
	for _, p := range m.slopes {
		p.Scale(1/s2/s2, p)
	}
	m.spread.ScaleSym(s2*s2, m.spread)
	return m
}

// Effect estimates and tests one combination of the fixed effects, with a weight
// for each.
//
// In R: emmeans(model, "condition", lmer.df = "kenward-roger").
func (m Mixed) Effect(weights []float64) (MixedEffect, error) {
	f, err := m.Test([][]float64{weights})
	if err != nil {
		return MixedEffect{}, err
	}
	l := mat.NewVecDense(len(weights), weights)
	e := MixedEffect{
		Estimate: floats.Dot(weights, m.Beta), DF: f.DF2,
		SE: math.Sqrt(mat.Inner(l, m.adjusted, l)), PlainSE: math.Sqrt(mat.Inner(l, m.plain, l)),
	}
	e.T = e.Estimate / e.SE
	e.P = twoSidedP(e.T, e.DF)
	return e, checkFinite(e.Estimate, e.SE, e.T, e.P)
}

// Test tests whether all of some combinations of the fixed effects are 0, each
// with a weight for every effect. With L their matrix, q their number:
//
//	Θ = L′(LΦL′)⁻¹L
//	A₁ = Σ Wᵢⱼ tr(ΘΦPᵢΦ) tr(ΘΦPⱼΦ)    A₂ = Σ Wᵢⱼ tr(ΘΦPᵢΦ ΘΦPⱼΦ)
//	B = (A₁ + 6A₂)/2q    g = ((q+1)A₁ − (q+4)A₂)/((q+2)A₂)    h = 3q + 2(1−g)
//	E = 1/(1 − A₂/q)    V = 2/q · (1 + gB/h) / ((1 − (q−g)B/h)² (1 − (q+2−g)B/h))
//	ρ = V/2E²    ν = 4 + (q+2)/(qρ−1)    F = ν/(E(ν−2)) · β′L′(LΦ_AL′)⁻¹Lβ/q
//
// Source: Kenward & Roger, Biometrics 1997;53:983–997, doi:10.2307/2533558. In R:
// anova(model, ddf = "Kenward-Roger"), pbkrtest::KRmodcomp.
func (m Mixed) Test(combinations [][]float64) (MixedF, error) {
	q, p := len(combinations), len(m.Beta)
	if q == 0 || q > p {
		return MixedF{}, fmt.Errorf("%d combinations of %d effects: %w", q, p, ErrSettings)
	}
	l := mat.NewDense(q, p, nil)
	for i, c := range combinations {
		if len(c) != p {
			return MixedF{}, fmt.Errorf("%d weights for %d effects: %w", len(c), p, ErrSettings)
		}
		if err := checkFinite(c...); err != nil {
			return MixedF{}, err
		}
		l.SetRow(i, c)
	}
	theta, err := sandwich(l, m.plain)
	if err != nil {
		return MixedF{}, err
	}
	wald, err := sandwich(l, m.adjusted)
	if err != nil {
		return MixedF{}, err
	}
	beta := mat.NewVecDense(p, m.Beta)
	raw := mat.Inner(beta, wald, beta) / float64(q)
	a1, a2 := m.traces(theta)
	df, scale := kenwardRoger(a1, a2, float64(q))
	if !(df >= leastDF) || !(scale > 0) {
		return MixedF{}, fmt.Errorf("no degrees of freedom are left: %w", ErrTooFew)
	}
	f := MixedF{F: scale * raw, DF1: float64(q), DF2: df}
	if df >= manyDF {
		f.P = distuv.ChiSquared{K: float64(q)}.Survival(f.F * float64(q))
	} else {
		// Far out 1 − CDF would be rounding alone.
		f.P = mathext.RegIncBeta(df/2, float64(q)/2, df/(df+float64(q)*f.F))
	}
	return f, checkFinite(f.F, f.DF2, f.P)
}

// leastDF is the number of degrees of freedom below which an interval says nothing.
const leastDF = 0.5

// sandwich returns L′(LCL′)⁻¹L.
func sandwich(l *mat.Dense, c mat.Matrix) (*mat.Dense, error) {
	var lc, inner, half, out mat.Dense
	lc.Mul(l, c)
	inner.Mul(&lc, l.T())
	var chol mat.Cholesky
	if !chol.Factorize(symmetric(&inner)) || chol.Cond() > 1e13 {
		return nil, fmt.Errorf("the combinations depend on each other: %w", ErrNotIdentified)
	}
	if err := chol.SolveTo(&half, l); err != nil {
		return nil, fmt.Errorf("the combinations depend on each other: %w", ErrNotIdentified)
	}
	out.Mul(l.T(), &half)
	return &out, nil
}

// traces returns A₁ and A₂.
func (m Mixed) traces(theta *mat.Dense) (a1, a2 float64) {
	k := len(m.slopes)
	parts := make([]*mat.Dense, k) // ΘΦPᵢΦ
	for i, p := range m.slopes {
		var a, b mat.Dense
		a.Mul(theta, m.plain)
		b.Mul(&a, p)
		parts[i] = new(mat.Dense)
		parts[i].Mul(&b, m.plain)
	}
	for i := range k {
		for j := range k {
			var both mat.Dense
			both.Mul(parts[i], parts[j])
			a1 += m.spread.At(i, j) * mat.Trace(parts[i]) * mat.Trace(parts[j])
			a2 += m.spread.At(i, j) * mat.Trace(&both)
		}
	}
	return a1, a2
}

// mostDF stands for endless degrees of freedom.
const mostDF = 1e12

// kenwardRoger returns the degrees of freedom, so many that t is normal where the
// variances are as good as known, and the factor of F.
func kenwardRoger(a1, a2, q float64) (df, scale float64) {
	if !(a2 > 1e-12) {
		return mostDF, 1
	}
	b := (a1 + 6*a2) / (2 * q)
	g := ((q+1)*a1 - (q+4)*a2) / ((q + 2) * a2)
	h := 3*q + 2*(1-g)
	e := 1 / (1 - a2/q)
	c1, c2, c3 := 1-(q-g)/h*b, 1-(q+2-g)/h*b, 1+g/h*b
	v := 2 / q * c3 / (c1 * c1 * c2)
	rho := v / (2 * e * e)
	df = math.Min(4+(q+2)/(q*rho-1), mostDF)
	return df, df / (e * (df - 2))
}
