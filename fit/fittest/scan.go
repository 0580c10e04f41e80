package fittest

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// scanFor returns a noise-free scan with an input: four regions of a tracer that
// decays, of one compartment each, which every model describes, and the reference,
// in their midst. It is made anew each time.
func scanFor(in fit.Input) fit.Scan { return scanOf(in, carbon11) }

// scanOf does the same with any half-life, 0 for none.
func scanOf(in fit.Input, halfLife time.Duration) fit.Scan {
	s := fit.Scan{Frames: phantom.DefaultFrames(), HalfLife: halfLife}
	reference := tissue(0.12, 0.1)
	add := func(name extract.Region, c phantom.Curve) {
		if in&fit.WholeBlood != 0 {
			c = append(times(c, 1-vB), times(plasma(), vB)...)
		}
		s.TACs = append(s.TACs, extract.TAC{Region: name, Voxels: 500, BqPerML: c.FrameMeans(s.Frames, halfLife)})
	}
	add("putamen", tissue(0.13, 0.04))
	add("caudate", tissue(0.11, 0.035))
	if in&fit.ReferenceCurve != 0 {
		s.Reference = "cerebellum"
		add(s.Reference, reference)
	}
	add("thalamus", tissue(0.14, 0.06))
	add("frontal", tissue(0.1, 0.07))
	if in&fit.Plasma != 0 {
		s.Blood.Parent = samples()
	}
	if in&fit.WholeBlood != 0 {
		s.Blood.Whole = samples()
	}
	return s
}

// vB is the fraction of every region that is blood, where a model knows of it.
const vB = 0.05

// times returns a curve multiplied by a factor.
func times(c phantom.Curve, factor float64) (scaled phantom.Curve) {
	for _, term := range c {
		scaled = append(scaled, phantom.Term{BqPerML: factor * term.BqPerML, PerMin: term.PerMin})
	}
	return scaled
}

// without returns the scan without one part of its input.
func without(s fit.Scan, part fit.Input) fit.Scan {
	switch part {
	case fit.ReferenceCurve:
		s.Reference = ""
	case fit.Plasma:
		s.Blood.Parent = nil
	case fit.WholeBlood:
		s.Blood.Whole = nil
	}
	return s
}

// plasma falls with two rates.
func plasma() phantom.Curve {
	return phantom.Curve{{BqPerML: 60000, PerMin: 0.3}, {BqPerML: 20000, PerMin: 0.01}, {BqPerML: -80000, PerMin: 4}}
}

// samples are those of the plasma, every few seconds at first.
func samples() (list []extract.Sample) {
	for at := 0.0; at <= 100; at += 0.05 + at/50 {
		list = append(list, extract.Sample{At: time.Duration(at * float64(time.Minute)), BqPerML: plasma().At(at)})
	}
	return list
}

// tissue returns the curve of one compartment with these rates, in closed form.
func tissue(k1, k2 float64) (c phantom.Curve) {
	for _, p := range plasma() {
		f := k1 * p.BqPerML / (p.PerMin - k2)
		c = append(c, phantom.Curve{{BqPerML: f, PerMin: k2}, {BqPerML: -f, PerMin: p.PerMin}}...)
	}
	return c
}

// same reports whether two scans are equal.
func same(a, b fit.Scan) bool { return reflect.DeepEqual(a, b) }

// compare says where estimates of the same scan differ by more than a fraction.
func compare(was, is []fit.Estimate, fraction float64) error {
	if len(was) != len(is) {
		return fmt.Errorf("%d estimates, then %d", len(was), len(is))
	}
	differ := func(a, b, floor float64) bool {
		if fraction == 0 {
			return math.Float64bits(a) != math.Float64bits(b) && !(math.IsNaN(a) && math.IsNaN(b))
		}
		return math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > fraction*math.Max(floor, math.Abs(a))
	}
	for i, a := range was {
		b := is[i]
		if a.Region != b.Region || len(a.Parameters) != len(b.Parameters) {
			return fmt.Errorf("%s with %d parameters, then %s with %d", a.Region, len(a.Parameters), b.Region, len(b.Parameters))
		}
		if err := compareFits(a, b, differ); err != nil {
			return err
		}
		for j, p := range a.Parameters {
			if q := b.Parameters[j]; p.Symbol != q.Symbol || differ(p.Value, q.Value, 1e-3) {
				return fmt.Errorf("%s: %s = %g, then %s = %g", a.Region, p.Symbol, p.Value, q.Symbol, q.Value)
			}
		}
		peak := 0.0
		for _, v := range a.Fitted {
			if v > peak {
				peak = v
			}
		}
		for f, v := range a.Fitted {
			if f >= len(b.Fitted) || differ(v, b.Fitted[f], peak) {
				return fmt.Errorf("%s: another curve in frame %d", a.Region, f+1)
			}
		}
		if codes := codesOf(b); !slices.Equal(codesOf(a), codes) {
			return fmt.Errorf("%s: warnings %v, then %v", a.Region, codesOf(a), codes)
		}
	}
	return nil
}

// ofSE is how far the standard error of the main parameter may move, as a fraction of
// its value, where two fits may differ at all: exact curves leave it to rounding.
const ofSE = 1e-3

// compareFits says where what goes with the parameters differs. Standard errors of
// other parameters and the criteria count where both fits must be the same to the
// last bit.
func compareFits(a, b fit.Estimate, differ func(a, b, floor float64) bool) error {
	exactly := differ(1, math.Nextafter(1, 2), 1)
	for j, p := range a.Parameters {
		q := b.Parameters[j]
		near := p.Symbol != a.Main() || math.Abs(p.SE-q.SE) <= ofSE*math.Max(math.Abs(p.Value), 1) || math.IsNaN(p.SE) && math.IsNaN(q.SE)
		if exactly && differ(p.SE, q.SE, 0) || !exactly && !near {
			return fmt.Errorf("%s: standard error %g of %s, then %g", a.Region, p.SE, p.Symbol, q.SE)
		}
	}
	for f, w := range a.Weights {
		if f >= len(b.Weights) || differ(w, b.Weights[f], 1) {
			return fmt.Errorf("%s: another weight of frame %d", a.Region, f+1)
		}
	}
	sum := 0.0
	for _, v := range a.Fitted {
		if v > 0 {
			sum += v * v
		}
	}
	if differ(a.RSS, b.RSS, sum) {
		return fmt.Errorf("%s: sum of squares %g, then %g", a.Region, a.RSS, b.RSS)
	}
	if exactly && differ(a.AIC, b.AIC, 1) {
		return fmt.Errorf("%s: AIC %g, then %g", a.Region, a.AIC, b.AIC)
	}
	return nil
}

func codesOf(e fit.Estimate) (codes []ingest.Code) {
	for _, w := range e.Warnings {
		codes = append(codes, w.Code)
	}
	return codes
}
