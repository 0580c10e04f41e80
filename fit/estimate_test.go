package fit_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"tacstream/fit"
	"tacstream/ingest"
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
		if warned(e, ingest.WarnNoSE) {
			continue // then it has no interval either
		}
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

// answers are what the methods of an estimate say of its fit.
func answers(e fit.Estimate, measured []float64, symbols []fit.Parameter) (list []float64) {
	low, high := e.Interval(0.95)
	list = append(list, low, high)
	for _, a := range symbols {
		for _, b := range symbols {
			list = append(list, e.Correlation(a.Symbol, b.Symbol))
		}
	}
	return append(list, e.WeightedResiduals(measured)...)
}

// Whatever is done to the exported fields, or to the buffers that the scan was
// made of, the answers are those of the fit.
func TestAnAlteredEstimateAnswersAsTheFitDid(t *testing.T) {
	all, measured := noisyEstimates(t)
	for i, e := range all {
		curve, symbols := slices.Clone(measured[i]), slices.Clone(e.Parameters)
		main, want := e.Main(), answers(e, curve, symbols)
		for name, alter := range map[string]func(e *fit.Estimate){
			"reversed parameters":  func(e *fit.Estimate) { e.Parameters = slices.Clone(e.Parameters); slices.Reverse(e.Parameters) },
			"one parameter":        func(e *fit.Estimate) { e.Parameters = e.Parameters[:1] },
			"no parameters":        func(e *fit.Estimate) { e.Parameters = nil },
			"another value":        func(e *fit.Estimate) { e.Parameters = slices.Clone(e.Parameters); e.Parameters[0].SE /= 10 },
			"shortened weights":    func(e *fit.Estimate) { e.Weights = e.Weights[:3] },
			"a shortened curve":    func(e *fit.Estimate) { e.Fitted = e.Fitted[:3] },
			"no weights":           func(e *fit.Estimate) { e.Weights = nil },
			"values used again":    func(*fit.Estimate) { clear(measured[i]) },
			"parameters in place":  func(e *fit.Estimate) { slices.Reverse(e.Parameters) },
			"curves wiped":         func(e *fit.Estimate) { clear(e.Fitted); clear(e.Weights) },
			"parameters appended":  func(e *fit.Estimate) { e.Parameters = append(e.Parameters, fit.Parameter{Symbol: fit.VT}) },
			"another name for all": func(e *fit.Estimate) { e.Model, e.Region = "srtm", "x" },
		} {
			a := e
			alter(&a)
			if got := answers(a, curve, symbols); !slices.EqualFunc(got, want, equal) || a.Main() != main {
				t.Errorf("%s, %s: main %s, was %s; answers %.3g, were %.3g", e.Model, name, a.Main(), main, got, want)
			}
		}
		r := rebuilt(e)
		r.Weights = r.Weights[:3]
		answers(r, curve[:5], symbols) // does not panic
	}
}

// The frames of the scan may be used again too.
func TestFramesMayBeUsedAgainAfterAFit(t *testing.T) {
	s := ordinary()
	for i := range s.Frames {
		s.Frames[i].Start -= 10 * time.Second // so that the first frame counts in part
	}
	estimates, err := fit.SRTM{}.Fit(s)
	if err != nil {
		t.Fatal(err)
	}
	low, high := estimates[0].Interval(0.95)
	clear(s.Frames)
	if again, above := estimates[0].Interval(0.95); !equal(again, low) || !equal(above, high) {
		t.Errorf("%g to %g, was %g to %g", again, above, low, high)
	}
}

// An interval of a lower level lies within one of a higher level, down to levels
// at which nothing is left but rounding.
func TestIntervalsOfTinyLevels(t *testing.T) {
	all, _ := noisyEstimates(t)
	for _, e := range all {
		value, se := e.Get(e.Main())
		if warned(e, ingest.WarnNoSE) {
			continue // then it has no interval either
		}
		below, above := value, value
		for _, level := range []float64{1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.0797, 0.08, 0.1, 0.3, 0.9} {
			low, high := e.Interval(level)
			rounding := 1e-9 * se // of the sums of squares
			if !(low <= below+rounding) || !(high >= above-rounding) || math.IsInf(low, 0) || math.IsInf(high, 0) {
				t.Errorf("%s: %g to %g at %g, within %g to %g", e.Model, low, high, level, below, above)
			}
			if level >= 1e-7 && level <= 0.05 && high-low > 2*level*2*se {
				t.Errorf("%s: %g to %g at %g, ± %g", e.Model, low, high, level, se)
			}
			below, above = low, high
		}
	}
}
