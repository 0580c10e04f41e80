package study

import "math"

// A Ratio is the quotient of two estimates.
type Ratio struct {
	Value    float64
	Interval *Interval // nil where it has no end, because the denominator may be 0
}

// fieller returns a/b with the interval of Fieller: all values ρ for which a − ρb
// does not differ from 0 at t,
//
//	(a − ρb)² ≤ t² (v_aa − 2ρ v_ab + ρ² v_bb).
//
// Where b itself does not differ from 0 this set has no end.
//
// Source: Fieller, J R Stat Soc B 1954;16:175–185,
// doi:10.1111/j.2517-6161.1954.tb00159.x.
func fieller(a, b, vaa, vab, vbb, t float64) Ratio {
	r := Ratio{Value: a / b}
	qa, qb, qc := b*b-t*t*vbb, a*b-t*t*vab, a*a-t*t*vaa
	if !(qa > 0) {
		return r
	}
	root := math.Sqrt(math.Max(qb*qb-qa*qc, 0))
	r.Interval = &Interval{(qb - root) / qa, (qb + root) / qa}
	return r
}

// meanRatio returns the ratio of the means of paired values, mean(a)/mean(b), with
// its Fieller interval of a level.
func meanRatio(a, b []float64, level float64) (Ratio, error) {
	ma, sa, err := moments(a)
	if err != nil {
		return Ratio{}, err
	}
	mb, sb, err := moments(b)
	if err != nil {
		return Ratio{}, err
	}
	n := float64(len(a))
	cov := 0.0
	for i := range a {
		cov += (a[i] - ma) * (b[i] - mb)
	}
	r := fieller(ma, mb, sa*sa/n, cov/(n-1)/n, sb*sb/n, tQuantile((1+level)/2, n-1))
	return r, r.check()
}

// check returns an error where a ratio is no number.
func (r Ratio) check() error {
	if r.Interval == nil {
		return checkFinite(r.Value)
	}
	return checkFinite(r.Value, r.Interval.Low, r.Interval.High)
}
