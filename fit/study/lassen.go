package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// A LassenPlot is the occupancy of a subject by the plot of Lassen.
type LassenPlot struct {
	Regions   int
	Occupancy float64 // a share; below 0 where binding rose
	SE        float64 // of Occupancy
	Interval  Interval
	VND       *Ratio  // mL/cm³, with Fieller's interval; nil where nothing was displaced
	VNDSE     float64 // by the first order; 0 where VND is nil
	R2        float64 // share of the variance of V₀ − V₁ that the line explains
	Residual  float64 // standard deviation about the line, mL/cm³
}

// Lassen returns the occupancy from VT of the same regions before and after a
// drug, in mL/cm³. The points (V₀, V₀ − V₁) lie on a line:
//
//	V₀ − V₁ = o (V₀ − VND)
//
// Its slope is the occupancy o and it meets the axis at VND, by least squares.
// It assumes one occupancy and one VND in all regions. Noise in V₀ is on both
// sides, which biases it: see LEO. Level is that of the intervals.
//
// Source: Lassen et al., J Cereb Blood Flow Metab 1995;15:152–165,
// doi:10.1038/jcbfm.1995.17; Cunningham et al., 2010;30:46–50,
// doi:10.1038/jcbfm.2009.190. In R: lm(V0 - V1 ~ V0).
func Lassen(before, after []float64, level float64) (LassenPlot, error) {
	n, err := checkRegions(before, after, 3, level)
	if err != nil {
		return LassenPlot{}, fmt.Errorf("lassen: %w", err)
	}
	mx, sx, err := moments(before)
	if err != nil {
		return LassenPlot{}, fmt.Errorf("lassen: %w", err)
	}
	gone := make([]float64, len(before))
	for i := range before {
		gone[i] = before[i] - after[i]
	}
	my := stat.Mean(gone, nil)
	sxx, sxy, syy := (n-1)*sx*sx, 0.0, 0.0
	for i := range gone {
		sxy += (before[i] - mx) * (gone[i] - my)
		syy += (gone[i] - my) * (gone[i] - my)
	}
	p := LassenPlot{Regions: len(before), Occupancy: sxy / sxx}
	intercept := my - p.Occupancy*mx
	rss := 0.0
	for i := range gone {
		e := gone[i] - intercept - p.Occupancy*before[i]
		rss += e * e
	}
	s2 := rss / (n - 2)
	p.Residual, p.SE = math.Sqrt(s2), math.Sqrt(s2/sxx)
	if syy > 0 {
		p.R2 = 1 - rss/syy
	}
	t := tQuantile((1+level)/2, n-2)
	p.Interval = Interval{p.Occupancy - t*p.SE, p.Occupancy + t*p.SE}
	if math.Abs(p.Occupancy) < leastOccupancy {
		return p, nil
	}
	v00, v01, v11 := s2*(1/n+mx*mx/sxx), -s2*mx/sxx, s2/sxx
	vnd := fieller(-intercept, p.Occupancy, v00, -v01, v11, t)
	p.VND = &vnd
	ga, gb := -1/p.Occupancy, intercept/(p.Occupancy*p.Occupancy)
	p.VNDSE = math.Sqrt(math.Max(ga*ga*v00+2*ga*gb*v01+gb*gb*v11, 0))
	return p, nil
}

// leastOccupancy is how far from 0 an occupancy must lie for VND to be known.
const leastOccupancy = 0.02

// checkRegions checks the values of two scans, and returns their number.
func checkRegions(before, after []float64, least int, level float64) (float64, error) {
	if len(before) != len(after) {
		return 0, fmt.Errorf("%d regions before and %d after: %w", len(before), len(after), ErrValues)
	}
	if err := checkFinite(append(append([]float64(nil), before...), after...)...); err != nil {
		return 0, err
	}
	if len(before) < least {
		return 0, fmt.Errorf("%d regions of at least %d: %w", len(before), least, ErrTooFew)
	}
	return float64(len(before)), checkLevel("level", level)
}

// An OriginPlot is the occupancy of a subject from BPND.
type OriginPlot struct {
	Regions   int
	Occupancy float64 // a share; below 0 where binding rose
	SE        float64
	Interval  Interval
}

// OriginOccupancy returns one occupancy from BPND of the same regions before and
// after a drug: a line through the origin, of which the slope is o, by least
// squares. Level is that of the interval.
//
//	BPND₀ − BPND₁ = o BPND₀
//
// Source: the plot of Lassen at VND = 0; Cunningham et al., J Cereb Blood Flow
// Metab 2010;30:46–50, doi:10.1038/jcbfm.2009.190. In R: lm(b0 - b1 ~ 0 + b0).
func OriginOccupancy(before, after []float64, level float64) (OriginPlot, error) {
	n, err := checkRegions(before, after, 2, level)
	if err != nil {
		return OriginPlot{}, fmt.Errorf("occupancy: %w", err)
	}
	xx := floats.Dot(before, before)
	if !(xx > 0) {
		return OriginPlot{}, fmt.Errorf("occupancy: BPND is 0 in all regions: %w", ErrValues)
	}
	p := OriginPlot{Regions: len(before), Occupancy: 1 - floats.Dot(before, after)/xx}
	rss := 0.0
	for i := range before {
		e := before[i] - after[i] - p.Occupancy*before[i]
		rss += e * e
	}
	p.SE = math.Sqrt(rss / (n - 1) / xx)
	t := tQuantile((1+level)/2, n-1)
	p.Interval = Interval{p.Occupancy - t*p.SE, p.Occupancy + t*p.SE}
	return p, nil
}
