package study

import (
	"fmt"
	"math"
)

// A RandomEffects is the mean of the subjects' changes, each weighted by how
// well it was measured.
type RandomEffects struct {
	N    int
	Mean float64 // in the unit of the changes
	Q    float64 // Cochran's heterogeneity, χ² with N − 1 degrees of freedom if subjects do not differ
	Tau2 float64 // variance between subjects beyond the errors of measurement, at least 0
	SE   float64 // 1/√Σw, which takes Tau2 for known
	HKSE float64 // of Hartung and Knapp, which does not; to be used
	DF   float64 // N − 1
	T, P float64 // of Mean/HKSE; two-sided
}

// Interval returns Mean ± t·HKSE, which covers the true mean with probability
// level, between 0 and 1.
func (r RandomEffects) Interval(level float64) Interval {
	half := tQuantile((1+level)/2, r.DF) * r.HKSE
	return Interval{r.Mean - half, r.Mean + half}
}

// RandomEffectsMean returns the mean of changes with their standard errors, all
// above 0, weighted by w = 1/(se² + τ²). It is sensitivity to the plain mean: the standard
// error of a fit counts the noise of counting alone.
//
//	v = 1/se²   Q = Σ v(d − d̄_v)²   τ² = max(0, (Q − (n−1)) / (Σv − Σv²/Σv))
//	HKSE² = Σ w(d − d̄_w)² / ((n−1) Σw)
//
// Source: DerSimonian & Laird, Control Clin Trials 1986;7:177–188,
// doi:10.1016/0197-2456(86)90046-2; Hartung & Knapp, Stat Med 2001;20:1771–1782,
// doi:10.1002/sim.791. In R: metafor::rma(d, sei = se, method = "DL", test = "knha").
func RandomEffectsMean(changes, se []float64) (RandomEffects, error) {
	if len(changes) != len(se) {
		return RandomEffects{}, fmt.Errorf("random effects: %d changes with %d errors: %w", len(changes), len(se), ErrValues)
	}
	if _, _, err := moments(changes); err != nil {
		return RandomEffects{}, fmt.Errorf("random effects: %w", err)
	}
	v := make([]float64, len(se))
	for i, s := range se {
		if v[i] = 1 / (s * s); !(s > 0) || math.IsInf(v[i], 0) || v[i] == 0 {
			return RandomEffects{}, fmt.Errorf("random effects: standard error %d is %v: %w", i+1, s, ErrValues)
		}
	}
	n := float64(len(changes))
	_, sum, q := weightedMean(changes, v)
	squares := 0.0
	for _, x := range v {
		squares += x * x
	}
	r := RandomEffects{N: len(changes), DF: n - 1, Q: q}
	r.Tau2 = math.Max(0, (q-(n-1))/(sum-squares/sum))
	w := make([]float64, len(se))
	for i, s := range se {
		w[i] = 1 / (s*s + r.Tau2)
	}
	mean, sum, q := weightedMean(changes, w)
	r.Mean, r.SE, r.HKSE = mean, math.Sqrt(1/sum), math.Sqrt(q/((n-1)*sum))
	r.T = r.Mean / r.HKSE
	if err := checkFinite(r.Mean, r.Q, r.Tau2, r.SE, r.HKSE, r.T); err != nil {
		return RandomEffects{}, fmt.Errorf("random effects: %w", err)
	}
	r.P = twoSidedP(r.T, r.DF)
	return r, nil
}

// weightedMean returns the mean, the sum of weights and the weighted sum of
// squares about the mean.
func weightedMean(x, w []float64) (mean, sum, squares float64) {
	for i := range x {
		mean, sum = mean+w[i]*x[i], sum+w[i]
	}
	mean /= sum
	for i := range x {
		squares += w[i] * (x[i] - mean) * (x[i] - mean)
	}
	return mean, sum, squares
}
