package study

import (
	"fmt"
	"math"
)

// A PairedT is the paired t test of changes against 0.
type PairedT struct {
	N    int     // pairs
	Mean float64 // of the changes, in their unit
	SD   float64 // of the changes, in their unit
	SE   float64 // SD/√N
	T    float64 // Mean/SE
	DF   float64 // N − 1
	P    float64 // two-sided
}

// PairedTest tests whether the mean of changes is 0. The changes of different
// subjects are independent and roughly normal. The test already contains the
// error of measurement: never add standard errors of fits to it.
//
//	t = d̄ / (s/√n),  n − 1 degrees of freedom
//
// Source: Student, Biometrika 1908;6:1–25, doi:10.1093/biomet/6.1.1. In R:
// t.test(after, before, paired = TRUE).
func PairedTest(changes []float64) (PairedT, error) {
	mean, sd, err := moments(changes)
	if err != nil {
		return PairedT{}, fmt.Errorf("paired t: %w", err)
	}
	n := float64(len(changes))
	p := PairedT{N: len(changes), Mean: mean, SD: sd, SE: sd / math.Sqrt(n), DF: n - 1}
	p.T = p.Mean / p.SE
	p.P = twoSidedP(p.T, p.DF)
	return p, nil
}

// Interval returns the interval that covers the true mean with probability
// level, between 0 and 1: Mean ± t·SE.
func (p PairedT) Interval(level float64) Interval {
	half := tQuantile((1+level)/2, p.DF) * p.SE
	return Interval{p.Mean - half, p.Mean + half}
}

// Upper returns the probability of a T at least as large if the true mean is at
// most bound: the p of the one-sided test that it is larger. Lower is its mirror.
func (p PairedT) Upper(bound float64) float64 { return upperP((p.Mean-bound)/p.SE, p.DF) }

// Lower returns the p of the one-sided test that the true mean is below bound.
func (p PairedT) Lower(bound float64) float64 { return upperP((bound-p.Mean)/p.SE, p.DF) }

// CohenDz is the standardised mean change, Mean/SD, unitless. In small samples
// it is too large: see HedgesG.
func (p PairedT) CohenDz() float64 { return p.Mean / p.SD }

// HedgesG is CohenDz without its bias, J·d_z, unitless, with ν = N − 1:
//
//	J = Γ(ν/2) / (√(ν/2) Γ((ν−1)/2))
//
// It is 0 for two pairs, where Γ(0) has no end. Source: Hedges, J Educ Stat 1981;6:107–128,
// doi:10.3102/10769986006002107. In R: exp(lgamma(v/2) - log(sqrt(v/2)) -
// lgamma((v-1)/2)) * mean(d)/sd(d).
func (p PairedT) HedgesG() float64 { return hedgesJ(p.DF) * p.CohenDz() }

func hedgesJ(nu float64) float64 {
	if nu <= 1 {
		return 0
	}
	a, _ := math.Lgamma(nu / 2)
	b, _ := math.Lgamma((nu - 1) / 2)
	return math.Exp(a-b) / math.Sqrt(nu/2)
}

// A TwoGroups compares the means of two groups of subjects.
type TwoGroups struct {
	NA, NB     int
	Difference float64 // mean of b − mean of a, in the unit of the values
	SE         float64
	T, DF, P   float64 // P is two-sided
}

// Welch tests whether two groups of independent values have the same mean; their
// scatter may differ. Of two groups scanned before and after, the values are each
// subject's change, and the difference is the interaction of group and time.
//
//	se² = s_a²/n_a + s_b²/n_b
//	ν = se⁴ / ((s_a²/n_a)²/(n_a−1) + (s_b²/n_b)²/(n_b−1))
//
// Source: Welch, Biometrika 1947;34:28–35, doi:10.1093/biomet/34.1-2.28. In R:
// t.test(b, a).
func Welch(a, b []float64) (TwoGroups, error) {
	meanA, sdA, errA := moments(a)
	meanB, sdB, errB := moments(b)
	for _, err := range []error{errA, errB} {
		if err != nil {
			return TwoGroups{}, fmt.Errorf("two groups: %w", err)
		}
	}
	va, vb := sdA*sdA/float64(len(a)), sdB*sdB/float64(len(b))
	g := TwoGroups{NA: len(a), NB: len(b), Difference: meanB - meanA, SE: math.Sqrt(va + vb)}
	g.T = g.Difference / g.SE
	ra, rb := va/(va+vb), vb/(va+vb)
	g.DF = 1 / (ra*ra/float64(len(a)-1) + rb*rb/float64(len(b)-1))
	g.P = twoSidedP(g.T, g.DF)
	return g, nil
}

// Interval returns the interval that covers the true difference with probability
// level, between 0 and 1.
func (g TwoGroups) Interval(level float64) Interval {
	half := tQuantile((1+level)/2, g.DF) * g.SE
	return Interval{g.Difference - half, g.Difference + half}
}
