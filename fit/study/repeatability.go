package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Repeatability is how well two scans of the same subjects, with nothing done
// between, agree.
type Repeatability struct {
	N           int
	Mean        float64 // of all values, in their unit
	Absolute    float64 // absolute variability: mean of |test − retest| / mean of the pair, a share
	AbsoluteSD  float64
	Signed      float64 // mean of (retest − test) / mean of the pair, a share
	SignedSD    float64
	WSCV        float64  // within-subject coefficient of variation: √ of the mean of variance/mean² of pairs, a share
	WSCVOfMean  float64  // SEM/Mean, the other convention, a share
	SEM         float64  // standard error of measurement, √MSW, in the unit of the values
	MDD         float64  // smallest difference of two scans that is not noise at 95 %: 1.96·√2·SEM, likewise
	MDDInterval Interval // 95 %
	Bias        float64  // mean of retest − test, likewise
	Limits      Interval // limits of agreement: Bias ± 1.96 SD of the differences
	ICC         ICC
}

// leastRepeated is the number of subjects below which a coefficient of
// correlation within classes says nothing.
const leastRepeated = 3

// Repeat returns the repeatability from the values of at least three subjects,
// all above 0, in two scans. For fewer see AbsoluteVariability.
//
// Source: Bland & Altman, Lancet 1986;327:307–310, doi:10.1016/S0140-6736(86)90837-8;
// Weir, J Strength Cond Res 2005;19:231–240, doi:10.1519/15184.1; Matheson, PeerJ
// 2019;7:e6918, doi:10.7717/peerj.6918. In R: relfeas::trt, agRee::agree.wscv.
func Repeat(test, retest []float64) (Repeatability, error) {
	if err := checkRepeated(test, retest, leastRepeated); err != nil {
		return Repeatability{}, err
	}
	n := len(test)
	r := Repeatability{N: n}
	icc, err := newICC(test, retest)
	if err != nil {
		return Repeatability{}, err
	}
	r.ICC = icc
	absolute, signed, differences := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, a := range test {
		b := retest[i]
		middle := (a + b) / 2
		differences[i] = b - a
		signed[i] = (b - a) / middle
		absolute[i] = math.Abs(signed[i])
		r.Mean += middle / float64(n)
		r.WSCV += signed[i] * signed[i] / 2 / float64(n)
	}
	r.WSCV = math.Sqrt(r.WSCV)
	r.Absolute, r.AbsoluteSD = stat.MeanStdDev(absolute, nil)
	r.Signed, r.SignedSD = stat.MeanStdDev(signed, nil)
	r.SEM = math.Sqrt(icc.MSW)
	r.WSCVOfMean = r.SEM / r.Mean
	z := distuv.UnitNormal.Quantile(0.975)
	r.MDD = z * math.Sqrt2 * r.SEM
	chi := distuv.ChiSquared{K: float64(n)}
	bound := func(p float64) float64 { return r.MDD * math.Sqrt(float64(n)/chi.Quantile(p)) }
	r.MDDInterval = Interval{bound(0.975), bound(0.025)}
	bias, sd := stat.MeanStdDev(differences, nil)
	r.Bias, r.Limits = bias, Interval{bias - z*sd, bias + z*sd}
	return r, nil
}

// AbsoluteVariability returns the mean of |test − retest| / mean of the pair, a
// share, over one or more subjects, with values above 0.
func AbsoluteVariability(test, retest []float64) (float64, error) {
	if err := checkRepeated(test, retest, 1); err != nil {
		return 0, err
	}
	sum := 0.0
	for i, a := range test {
		sum += 2 * math.Abs(a-retest[i]) / (a + retest[i])
	}
	return sum / float64(len(test)), nil
}

func checkRepeated(test, retest []float64, least int) error {
	if len(test) != len(retest) {
		return fmt.Errorf("repeatability: %d tests with %d retests: %w", len(test), len(retest), ErrValues)
	}
	if len(test) < least {
		return fmt.Errorf("repeatability: %d of at least %d subjects: %w", len(test), least, ErrTooFew)
	}
	for i := range test {
		for _, v := range []float64{test[i], retest[i]} {
			if !(v > 0 && v <= beyondScale) {
				return fmt.Errorf("repeatability: a value of %v is not above 0 or beyond any scale: %w", v, ErrValues)
			}
		}
	}
	return nil
}

// An ICC is the intraclass correlation of two scans: the share of the variance
// that is between subjects, with 95 % intervals.
type ICC struct {
	Agreement                        float64 // ICC(A,1), the one to report: two-way, a difference between the scans counts
	AgreementInterval                Interval
	Consistency                      float64 // ICC(C,1): two-way, it does not
	ConsistencyInterval              Interval
	OneWay                           float64 // ICC(1,1)
	OneWayInterval                   Interval
	MSBetween, MSScans, MSError, MSW float64 // mean squares: of subjects, of scans, of what is left, within subjects
}

// newICC returns the intraclass correlations, with k = 2 scans of n subjects:
//
//	ICC(A,1) = (MSR − MSE) / (MSR + (k−1)MSE + k(MSC − MSE)/n)
//	ICC(C,1) = (MSR − MSE) / (MSR + (k−1)MSE)
//	ICC(1)   = (MSR − MSW) / (MSR + (k−1)MSW)
//
// MSR is the mean square of subjects, MSC that of scans, MSE that of what is left,
// and MSW that within subjects.
//
// Source: McGraw & Wong, Psychol Methods 1996;1:30–46,
// doi:10.1037/1082-989X.1.1.30, intervals too. In R: psych::ICC.
func newICC(test, retest []float64) (ICC, error) {
	n, k := float64(len(test)), 2.0
	ma, mb := stat.Mean(test, nil), stat.Mean(retest, nil)
	grand := (ma + mb) / 2
	c := ICC{MSScans: n * ((ma-grand)*(ma-grand) + (mb-grand)*(mb-grand)) / (k - 1)}
	within, between, total := 0.0, 0.0, 0.0
	for i, a := range test {
		b := retest[i]
		middle := (a + b) / 2
		between += k * (middle - grand) * (middle - grand)
		within += (a-middle)*(a-middle) + (b-middle)*(b-middle)
		total += a*a + b*b
	}
	c.MSBetween, c.MSW = between/(n-1), within/(n*(k-1))
	c.MSError = (within - (k-1)*c.MSScans) / ((n - 1) * (k - 1))
	tiny := noScatter * noScatter * total
	if c.MSW <= tiny || c.MSError <= tiny || c.MSBetween <= tiny {
		return ICC{}, fmt.Errorf("repeatability: subjects or scans do not differ: %w", ErrConstant)
	}
	c.OneWay = (c.MSBetween - c.MSW) / (c.MSBetween + (k-1)*c.MSW)
	c.Consistency = (c.MSBetween - c.MSError) / (c.MSBetween + (k-1)*c.MSError)
	c.Agreement = (c.MSBetween - c.MSError) / (c.MSBetween + (k-1)*c.MSError + k*(c.MSScans-c.MSError)/n)
	// The interval of a ratio of mean squares is that of F.
	of := func(ratio, df float64) Interval {
		low, high := ratio/fQuantile(0.975, n-1, df), ratio*fQuantile(0.975, df, n-1)
		return Interval{(low - 1) / (low + k - 1), (high - 1) / (high + k - 1)}
	}
	c.OneWayInterval = of(c.MSBetween/c.MSW, n*(k-1))
	c.ConsistencyInterval = of(c.MSBetween/c.MSError, (n-1)*(k-1))
	c.AgreementInterval = c.agreementInterval(n, k)
	return c, checkFinite(c.Agreement, c.Consistency, c.OneWay, c.AgreementInterval.Low, c.AgreementInterval.High)
}

// agreementInterval is the interval of ICC(A,1), with the degrees of freedom of
// Satterthwaite.
func (c ICC) agreementInterval(n, k float64) Interval {
	a := k * c.Agreement / (n * (1 - c.Agreement))
	b := 1 + k*c.Agreement*(n-1)/(n*(1-c.Agreement))
	both := a*c.MSScans + b*c.MSError
	v := both * both / (a*a*c.MSScans*c.MSScans/(k-1) + b*b*c.MSError*c.MSError/((n-1)*(k-1)))
	fl, fu := fQuantile(0.975, n-1, v), fQuantile(0.975, v, n-1)
	rest := k*n - k - n
	return Interval{
		n * (c.MSBetween - fl*c.MSError) / (fl*(k*c.MSScans+rest*c.MSError) + n*c.MSBetween),
		n * (fu*c.MSBetween - c.MSError) / (k*c.MSScans + rest*c.MSError + n*fu*c.MSBetween),
	}
}
