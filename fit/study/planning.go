package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// overScatter returns the mean of f(u) over the standard deviation u·σ that a sample
// with nu degrees of freedom shows of a true σ, for u up to most. Its density is that of a
// χ variable over √ν.
func overScatter(nu, most float64, f func(u float64) float64) float64 {
	lg, _ := math.Lgamma(nu / 2)
	density := func(u float64) float64 {
		return math.Exp(math.Ln2 + nu/2*math.Log(nu/2) - lg + (nu-1)*math.Log(u) - nu*u*u/2)
	}
	// Beyond ten standard deviations of u, about 1/√(2ν) each, nothing is left.
	reach := 10 / math.Sqrt(2*nu)
	low, high := math.Max(1-reach, 0), math.Min(1+reach+4/nu, most)
	if high <= low {
		return 0
	}
	sum := 0.0
	const pieces = 8
	for i := range pieces {
		a, b := low+(high-low)*float64(i)/pieces, low+(high-low)*float64(i+1)/pieces
		sum += quad.Fixed(func(u float64) float64 { return density(u) * f(u) }, a, b, 32, nil, 0)
	}
	return math.Min(sum, 1)
}

// PowerOfChange returns the probability that a paired t test of n pairs at alpha,
// two-sided, shows a true change with the right sign. Change and sd, the standard
// deviation of the changes, have one unit.
//
//	∫ P(Z > t_{1−α/2} u − δ√n/σ) f(u) du
//
// Source: the noncentral t distribution; Cohen, Statistical Power Analysis, 1988,
// chapter 2. In R: power.t.test(n, delta, sd, type = "paired").
func PowerOfChange(n int, change, sd, alpha float64) (float64, error) {
	if err := checkPlan(n, sd, alpha); err != nil {
		return 0, err
	}
	if err := checkFinite(change); err != nil {
		return 0, err
	}
	nu := float64(n - 1)
	t, shift := tQuantile(1-alpha/2, nu), math.Abs(change)*math.Sqrt(float64(n))/sd
	return overScatter(nu, math.Inf(1), func(u float64) float64 { return distuv.UnitNormal.Survival(t*u - shift) }), nil
}

// PowerOfEquivalence returns the probability that n pairs show a change to be
// within ± margin, by two one-sided tests at alpha, if it truly is change. All have one unit.
//
//	∫ {Φ((h−δ)√n/σ) − Φ((−h−δ)√n/σ)}₊ f(u) du    h = margin − t_{1−α} u σ/√n
//
// Source: Phillips, J Pharmacokinet Biopharm 1990;18:137–144,
// doi:10.1007/BF01063556. In R: PowerTOST::power.TOST(design = "paired").
func PowerOfEquivalence(n int, margin, change, sd, alpha float64) (float64, error) {
	if err := checkPlan(n, sd, alpha); err != nil {
		return 0, err
	}
	if err := checkFinite(margin, change); err != nil {
		return 0, err
	}
	if margin <= 0 {
		return 0, fmt.Errorf("power: a margin of %v must be above 0: %w", margin, ErrSettings)
	}
	nu, se := float64(n-1), sd/math.Sqrt(float64(n))
	t := tQuantile(1-alpha, nu)
	return overScatter(nu, margin/(t*se), func(u float64) float64 {
		h := margin - t*u*se
		return distuv.UnitNormal.CDF((h-change)/se) - distuv.UnitNormal.CDF((-h-change)/se)
	}), nil
}

func checkPlan(n int, sd, alpha float64) error {
	if n < 2 {
		return fmt.Errorf("power of %d pairs: %w", n, ErrTooFew)
	}
	if !(sd > 1/beyondScale && sd <= beyondScale) {
		return fmt.Errorf("power: standard deviation %v: %w", sd, ErrValues)
	}
	return checkLevel("alpha", alpha)
}

// mostPairs is the largest number of pairs that is worth planning.
const mostPairs = 1000

// PairsForChange returns the smallest number of pairs that shows a change with
// some power: see PowerOfChange. More than 1,000 give ErrNotIdentified.
func PairsForChange(change, sd, alpha, power float64) (int, error) {
	return leastPairs(power, func(n int) (float64, error) { return PowerOfChange(n, change, sd, alpha) })
}

// PairsForEquivalence returns the smallest number of pairs that shows with some
// power that nothing changed, if nothing did: see PowerOfEquivalence. More than
// 1,000 give ErrNotIdentified.
func PairsForEquivalence(margin, sd, alpha, power float64) (int, error) {
	return leastPairs(power, func(n int) (float64, error) { return PowerOfEquivalence(n, margin, 0, sd, alpha) })
}

// leastPairs returns the smallest number whose power is enough.
func leastPairs(power float64, of func(n int) (float64, error)) (int, error) {
	if err := checkLevel("power", power); err != nil {
		return 0, err
	}
	reaches := func(n int) (bool, error) {
		p, err := of(n)
		return p >= power, err
	}
	if enough, err := reaches(mostPairs); err != nil || !enough {
		if err == nil {
			err = fmt.Errorf("more than %d pairs: %w", mostPairs, ErrNotIdentified)
		}
		return 0, err
	}
	low, high := 1, mostPairs // more pairs never have less power
	for high-low > 1 {
		middle := (low + high) / 2
		if enough, err := reaches(middle); err != nil {
			return 0, err
		} else if enough {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}
