package study

import (
	"fmt"
	"math"
)

// An Equivalence is the test that a mean change is negligible: that it lies
// within a margin fixed beforehand.
type Equivalence struct {
	Margin         Interval // in the unit of the changes
	TLower, TUpper float64  // against the two ends of the margin
	PLower, PUpper float64  // one-sided
	P              float64  // the larger of the two
	Interval       Interval // covers with probability 1 − 2α
	Inside         bool     // whether the interval lies within the margin: P < α
}

// LogMargin returns the margin of a share such as 0.15 on the scale of
// logarithms, ± ln(1/(1 − share)): from −15.0 % to +17.6 %.
func LogMargin(share float64) (Interval, error) {
	if err := checkLevel("margin", share); err != nil {
		return Interval{}, err
	}
	m := -math.Log1p(-share)
	return Interval{-m, m}, nil
}

// Equivalent makes the two one-sided tests that the mean change is above the
// lower and below the upper end of margin. Both at α are the same as an interval
// of 1 − 2α inside the margin.
//
//	t_L = (d̄ − lower)/se   t_U = (d̄ − upper)/se   p = max(P(T > t_L), P(T < t_U))
//
// Source: Schuirmann, J Pharmacokinet Biopharm 1987;15:657–680,
// doi:10.1007/BF01068419. In R: max(pt(tL, n-1, lower.tail = FALSE), pt(tU, n-1)).
func (p PairedT) Equivalent(margin Interval, alpha float64) (Equivalence, error) {
	if err := checkLevel("alpha", 2*alpha); err != nil {
		return Equivalence{}, err
	}
	if !(margin.Low < margin.High) || checkFinite(margin.Low, margin.High) != nil {
		return Equivalence{}, fmt.Errorf("margin from %v to %v: %w", margin.Low, margin.High, ErrSettings)
	}
	e := Equivalence{Margin: margin, TLower: (p.Mean - margin.Low) / p.SE, TUpper: (p.Mean - margin.High) / p.SE}
	e.PLower, e.PUpper = p.Upper(margin.Low), p.Lower(margin.High)
	e.P = math.Max(e.PLower, e.PUpper)
	e.Interval = p.Interval(1 - 2*alpha)
	e.Inside = e.Interval.Inside(margin)
	return e, checkFinite(e.TLower, e.TUpper, e.Interval.Low, e.Interval.High)
}

// JZS returns the natural logarithm of the Bayes factor of a change against none,
// from t of a paired t test of n pairs: above 0 the data speak for a change. The
// effect's prior is Cauchy's distribution with scale r, √2/2 by custom, and the
// variance's is Jeffreys'. With four pairs and t = 0 it is −0.85, odds of 2.3 to 1
// for no change: few subjects cannot show that nothing changed.
//
//	BF₁₀ = ∫₀^∞ (1 + n g r²)^(−1/2) (1 + t²/((1 + n g r²)ν))^(−(ν+1)/2)
//	       (2π)^(−1/2) g^(−3/2) e^(−1/(2g)) dg  /  (1 + t²/ν)^(−(ν+1)/2)
//
// Source: Rouder et al., Psychon Bull Rev 2009;16:225–237,
// doi:10.3758/PBR.16.2.225. In R: integrate() over g.
func JZS(t float64, n int, r float64) (logBF10 float64, err error) {
	if err := checkFinite(t, r); err != nil {
		return 0, fmt.Errorf("jzs: Bayes factor: %w", err)
	}
	if n < 2 {
		return 0, fmt.Errorf("jzs: Bayes factor of %d pairs: %w", n, ErrTooFew)
	}
	if r <= 0 {
		return 0, fmt.Errorf("jzs: a prior of scale %v: %w", r, ErrSettings)
	}
	nu := float64(n - 1)
	// With g = e^x the integrand is smooth and falls off fast on both sides, so that
	// the sum over equal steps converges faster than any power of the step.
	const from, to, step = -8.0, 80.0, 1.0 / 32
	at := func(x float64) float64 {
		wide := 1 + float64(n)*math.Exp(x)*r*r
		return -0.5*math.Log(wide) - (nu+1)/2*math.Log1p(t*t/(wide*nu)) - x/2 - math.Exp(-x)/2
	}
	most := math.Inf(-1)
	for x := from; x <= to; x += step {
		most = math.Max(most, at(x))
	}
	sum := 0.0
	for x := from; x <= to; x += step {
		sum += math.Exp(at(x) - most)
	}
	return most + math.Log(sum*step) - 0.5*math.Log(2*math.Pi) + (nu+1)/2*math.Log1p(t*t/nu), nil
}
