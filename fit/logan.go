package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
)

// Logan is the reference Logan plot. After t* the points
//
//	y = ∫₀ᵗ C ds / C(t)    x = (∫₀ᵗ R ds + R(t)/k2′) / C(t)
//
// lie on a line of slope DVR = BPND + 1, where C is the curve of the region
// and R that of the reference, both corrected for decay. Multiplied by e^(−λt)
// the integrals become those curves, undecayed, convolved with e^(−λt), and C
// and R become the frame means that were measured: so everything is averaged
// over the frames exactly.
//
// The plot makes no assumption on compartments, only that it is straight after
// t*. Noise in C lowers its slope: at 10 % noise in the late frames BPND comes
// out some 5 % low. The term with k2′ matters for tracers whose reference is
// slow: without it BPND may be 20 % low while the line looks straight.
//
// What is fitted is y C = DVR x C + b C, weighted as the plot would be. The
// expected activity that the weights follow from, the level of the noise and
// the shape that t* is chosen by come from SRTM's curve, which holds less
// noise than the data; BPND itself does not.
//
// Source: Logan et al., J Cereb Blood Flow Metab 1996;16:834–840,
// doi:10.1097/00004647-199609000-00008.
type Logan struct {
	// TStar is the start of the linear phase, after model zero: frames whose
	// middle lies before it are left out. 0 takes the earliest start after
	// which no point of the expected curve lies more than MaxDeviation off the
	// line, and at least MinPoints are left.
	TStar time.Duration
	// K2PerMin is k2′, the efflux rate of the reference. 0 estimates it from
	// all regions by SRTM.
	K2PerMin float64
}

// MaxDeviation is how far, relative to its own value, a point may lie off the
// line after t*.
const MaxDeviation = 0.10

// MinPoints is the least number of points that t* leaves where it is chosen.
const MinPoints = 5

// fewestPoints is the least number of points that a given t* may leave.
const fewestPoints = 3

// Name returns "logan-ref".
func (Logan) Name() string { return "logan-ref" }

// Fit estimates BPND and DVR of every region, and says which k2′ was used: its
// standard error is NaN where it was given. Where k2′ can be had neither from
// m nor from the regions it returns ErrK2Prime.
func (m Logan) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s)
	if err != nil {
		return nil, err
	}
	if _, err := p.startAt(m.TStar, fewestPoints); err != nil {
		return nil, err
	}
	b := newBasis(p)
	k2Prime := Parameter{K2Prime, m.K2PerMin, math.NaN()}
	if m.K2PerMin == 0 {
		k2Prime, err = b.sharedK2Prime()
	} else if !(m.K2PerMin > 0) || math.IsInf(m.K2PerMin, 0) {
		err = fmt.Errorf("%g /min: %w", m.K2PerMin, ErrK2Prime)
	}
	if err != nil {
		return nil, err
	}
	plot := newPlot(b, k2Prime)
	return p.each(m.Name(), func(_ extract.TAC, u []float64) Estimate {
		return plot.estimate(u, m.TStar)
	}), nil
}

// Regions of which k2′ is estimated bind clearly and say something of it.
const (
	leastBinding = 0.1 // BPND
	mostDoubt    = 0.5 // standard error over k2′
)

// sharedK2Prime estimates k2′ from all regions: the mean of SRTM's, weighted
// by the inverse of its variance. The regions share the reference and so its
// noise; the standard error takes them as independent, which is a little too
// small.
func (b *basis) sharedK2Prime() (Parameter, error) {
	sum, weight := 0.0, 0.0
	for _, t := range b.scan.TACs {
		u := b.used(t.BqPerML)
		if t.Region == b.scan.Reference || empty(u) {
			continue
		}
		e := b.fit(u, false).estimate()
		bpnd, _ := e.Get(BPND)
		if k, se := e.Get(K2Prime); bpnd > leastBinding && k > 0 && se > 0 && se < mostDoubt*k {
			sum += k / (se * se)
			weight += 1 / (se * se)
		}
	}
	if !(weight > 0) || math.IsInf(weight, 0) {
		return Parameter{}, fmt.Errorf("no region binds clearly enough to estimate it: %w", ErrK2Prime)
	}
	return Parameter{K2Prime, sum / weight, 1 / math.Sqrt(weight)}, nil
}
