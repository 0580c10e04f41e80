package fit_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// rebuilt returns an estimate with the exported fields of another, as one that
// was read back would be.
func rebuilt(e fit.Estimate) fit.Estimate {
	var r fit.Estimate
	from, to := reflect.ValueOf(e), reflect.ValueOf(&r).Elem()
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return r
}

// noisyEstimates are what every model says of a noisy scan.
func noisyEstimates(t *testing.T) (all []fit.Estimate, measured [][]float64) {
	t.Helper()
	x := experiment{frames: hrrt(), ref: phantom.AZ10419369.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.1, BPND: 1.5}, noise: 0.03}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, m := range fit.Models() {
		s := x.scan(rng)
		switch {
		case m.Input()&fit.ReferenceCurve != 0 && m.Input().Arterial():
			s = vascularRegions()[0].scan(phantom.CarbonHalfLife)
			for i := range s.TACs {
				s.TACs[i].BqPerML = noisy(rng, s.TACs[i].BqPerML, s.Frames, 1)
			}
		case m.Input().Arterial():
			s = closedSets()[1].scan(rng, 1)
		}
		estimates, err := m.Fit(s)
		if err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		all = append(all, estimates[0])
		measured = append(measured, s.TACs[len(s.TACs)-1].BqPerML)
	}
	return all, measured
}

// equal reports whether two numbers are the same, NaN included.
func equal(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestARebuiltEstimateAnswersTheSameOrSaysThatItCannot(t *testing.T) {
	all, measured := noisyEstimates(t)
	var again []fit.Estimate
	for i, e := range all {
		r := rebuilt(e)
		again = append(again, r)
		if r.Main() != e.Main() {
			t.Errorf("%s: main parameter %s, was %s", e.Model, r.Main(), e.Main())
		}
		if low, high := r.Interval(0.95); !math.IsNaN(low) || !math.IsNaN(high) {
			t.Errorf("%s: interval %g to %g out of nothing", e.Model, low, high)
		}
		for _, p := range e.Parameters {
			if c := r.Correlation(e.Main(), p.Symbol); !math.IsNaN(c) {
				t.Errorf("%s: correlation %g out of nothing", e.Model, c)
			}
		}
		was, is := e.WeightedResiduals(measured[i]), r.WeightedResiduals(measured[i])
		for f := range was {
			if !equal(was[f], is[f]) {
				t.Errorf("%s: residual %g of frame %d, was %g", e.Model, is[f], f+1, was[f])
			}
		}
	}
	was, is := fit.AkaikeWeights(all), fit.AkaikeWeights(again)
	agreed, agreedAgain := fit.Agree(all), fit.Agree(again)
	for i, e := range all {
		if !equal(was[i], is[i]) {
			t.Errorf("%s: weight of evidence %g, was %g", e.Model, is[i], was[i])
		}
		if !reflect.DeepEqual(agreed[i].Warnings, agreedAgain[i].Warnings) {
			t.Errorf("%s: %v, was %v", e.Model, agreedAgain[i].Warnings, agreed[i].Warnings)
		}
	}
}

// Intervals of a higher level hold those of a lower one. At the level of one
// standard error either side lies about that far away.
func TestIntervalsOfEveryLevel(t *testing.T) {
	all, _ := noisyEstimates(t)
	for _, e := range all {
		value, se := e.Get(e.Main())
		below, above := value, value
		for _, level := range []float64{0.1, 0.6827, 0.95, 0.999} {
			low, high := e.Interval(level)
			if !(low < below) || !(high > above) {
				t.Errorf("%s: %g to %g at %g, within %g to %g", e.Model, low, high, level, below, above)
			}
			if level == 0.6827 && math.Abs((high-low)/(2*se)-1) > 0.25 { // of few points t is wider
				t.Errorf("%s: %g to %g at %g, %g ± %g", e.Model, low, high, level, value, se)
			}
			below, above = low, high
		}
		for _, level := range []float64{0, 1, -0.5, 95, math.NaN()} {
			if low, high := e.Interval(level); !math.IsNaN(low) || !math.IsNaN(high) {
				t.Errorf("%s: %g to %g at %g", e.Model, low, high, level)
			}
		}
	}
}

// Every parameter that a model gives has a row in the table of quantities, and
// every row a model that gives it.
func TestEveryParameterIsAQuantity(t *testing.T) {
	given := map[fit.Symbol]bool{}
	all, _ := noisyEstimates(t)
	for _, e := range all {
		for _, p := range e.Parameters {
			given[p.Symbol] = true
			if q, ok := p.Symbol.Quantity(); !ok || q.Unit == "" || q.Meaning == "" {
				t.Errorf("%s: %s is no quantity: %+v", e.Model, p.Symbol, q)
			}
		}
	}
	for _, q := range fit.Quantities() {
		if !given[q.Symbol] {
			t.Errorf("no model gives %s", q.Symbol)
		}
	}
}
