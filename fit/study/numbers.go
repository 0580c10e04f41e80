package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// An Interval is a closed interval. An end may be infinite where the data set
// no bound.
type Interval struct {
	Low, High float64
}

// Contains reports whether x lies in the interval, ends included.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// Inside reports whether the interval lies strictly within another one.
func (i Interval) Inside(outer Interval) bool { return outer.Low < i.Low && i.High < outer.High }

// manyDF is the number of degrees of freedom from which Student's t is turned into
// a normal variable. The incomplete beta function loses digits there, and the
// approximation is right to 1e-11:
//
//	z = (8ν + 1)/(8ν + 3) · √(ν ln(1 + t²/ν))
//
// Source: Wallace, Ann Math Stat 1959;30:1121–1130, doi:10.1214/aoms/1177706101.
const manyDF = 1e6

// twoSidedP returns the probability that Student's t with nu degrees of freedom
// lies at least as far from 0 as t.
func twoSidedP(t, nu float64) float64 {
	return 2 * upperP(math.Abs(t), nu)
}

// upperP returns the probability that Student's t with nu degrees of freedom is
// at least t. It keeps its relative precision far out.
func upperP(t, nu float64) float64 {
	if nu >= manyDF {
		return distuv.UnitNormal.Survival(math.Copysign((8*nu+1)/(8*nu+3)*math.Sqrt(nu*math.Log1p(t*t/nu)), t))
	}
	return distuv.StudentsT{Sigma: 1, Nu: nu}.Survival(t)
}

// tQuantile returns the quantile of Student's t with nu degrees of freedom.
func tQuantile(p, nu float64) float64 {
	if nu >= manyDF {
		z := distuv.UnitNormal.Quantile(p)
		u := z * (8*nu + 3) / (8*nu + 1)
		return math.Copysign(math.Sqrt(nu*math.Expm1(u*u/nu)), z)
	}
	d := distuv.StudentsT{Sigma: 1, Nu: nu}
	return polished(d.Quantile(p), p, d.CDF, d.Prob)
}

// polished takes two steps of Newton from a quantile that is nearly right.
func polished(x, p float64, cdf, density func(float64) float64) float64 {
	for range 2 {
		if step := (cdf(x) - p) / density(x); !math.IsNaN(step) && !math.IsInf(step, 0) {
			x -= step
		}
	}
	return x
}

// beyondScale is beyond any scale: squares of larger numbers have no place in a
// float64.
const beyondScale = 1e100

// checkFinite returns ErrValues for the first value that is no number or lies
// beyond any scale.
func checkFinite(values ...float64) error {
	for i, v := range values {
		if !(math.Abs(v) <= beyondScale) {
			return fmt.Errorf("value %d is %v: %w", i+1, v, ErrValues)
		}
	}
	return nil
}

// checkLevel returns ErrSettings where a level of confidence or an error rate is
// not between 0 and 1.
func checkLevel(name string, level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("%s %v must lie between 0 and 1: %w", name, level, ErrSettings)
	}
	return nil
}

// noScatter is how small the standard deviation of values is, beside the largest
// of them, where they differ by rounding alone.
const noScatter = 1e-9

// moments returns mean and standard deviation of at least two values.
func moments(values []float64) (mean, sd float64, err error) {
	if err := checkFinite(values...); err != nil {
		return 0, 0, err
	}
	if len(values) < 2 {
		return 0, 0, fmt.Errorf("%d of at least 2: %w", len(values), ErrTooFew)
	}
	mean, sd = stat.MeanStdDev(values, nil)
	if err := checkFinite(mean, sd); err != nil {
		return 0, 0, err
	}
	if sd <= noScatter*largest(values) {
		return 0, 0, fmt.Errorf("all %d values are %.6g: %w", len(values), mean, ErrConstant)
	}
	return mean, sd, nil
}

// largest returns the largest absolute value.
func largest(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		most = math.Max(most, math.Abs(v))
	}
	return most
}

// fQuantile returns the quantile of F with m and n degrees of freedom.
func fQuantile(p, m, n float64) float64 {
	d := distuv.F{D1: m, D2: n}
	return polished(d.Quantile(p), p, d.CDF, d.Prob)
}
