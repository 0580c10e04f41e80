// Package fittest holds what every fit.Model must do, as a test suite. Whoever
// writes a model calls Test with it.
package fittest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// Test reports, as errors of t, what m does that a model must not do, and what
// it does not do that it must. With the race detector on, use of one model by
// several goroutines is tested too.
func Test(t *testing.T, m fit.Model) {
	t.Helper()
	for _, err := range Faults(m) {
		t.Errorf("%s: %v", m.Name(), err)
	}
}

// Faults returns what is wrong with a model, a line for each rule that it
// breaks: nil for a model that keeps them all.
func Faults(m fit.Model) (faults []error) {
	for _, rule := range []struct {
		name  string
		check func(fit.Model) error
	}{
		{"its name is a word of lower-case letters, digits and hyphens", named},
		{"it says its input truthfully", truthfulInput},
		{"it uses no input but what it says", onlyItsInput},
		{"it judges its blood", judgedBlood},
		{"it estimates every region but the reference, in order", ordered},
		{"its estimates are complete", complete},
		{"an estimate belongs to its region and not to its place", placeless},
		{"the unit of activity does not matter", scaleless},
		{"decay is taken out", decayed},
		{"the same scan gives the same estimates, in parallel too", deterministic},
		{"it leaves the scan as it is", readOnly},
		{"its estimates share nothing with the scan", apart},
		{"its standard errors are of the size of the scatter", calibrated},
		{"values below 0 stay below 0", unclipped},
		{"impossible frames are ErrFrames", checkedFrames},
		{"impossible values are ErrValues", checkedValues},
		{"what can be computed is doubted and not refused", lenient},
	} {
		if err := caught(rule.check, m); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", rule.name, err))
		}
	}
	return faults
}

// caught returns the fault that a check finds, or the panic that it ends in.
func caught(check func(fit.Model) error, m fit.Model) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return check(m)
}

func named(m fit.Model) error {
	name := m.Name()
	if name == "" || name != m.Name() || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("it is called %q", name)
	}
	return nil
}

// truthfulInput fits scans with all that a model says it needs, and without one
// part of that each.
func truthfulInput(m fit.Model) error {
	need := m.Input()
	if unknown := need &^ everyInput; unknown != 0 {
		return fmt.Errorf("it needs inputs that there are not: %b", unknown)
	}
	if _, err := m.Fit(scanFor(need)); err != nil {
		return fmt.Errorf("with the input that it says: %w", err)
	}
	for part, name := range map[fit.Input]string{fit.ReferenceCurve: "reference", fit.Plasma: "plasma", fit.WholeBlood: "whole blood"} {
		if need&part == 0 {
			continue
		}
		if _, err := m.Fit(without(scanFor(need), part)); !errors.Is(err, ingest.ErrRejected) {
			return fmt.Errorf("without the %s that it says it needs: error %v, want one that wraps ErrRejected", name, err)
		}
	}
	return nil
}

func ordered(m fit.Model) error {
	s := scanFor(m.Input())
	estimates, err := m.Fit(s)
	if err != nil {
		return err
	}
	var want, got []extract.Region
	for _, t := range s.TACs {
		if t.Region != s.Reference {
			want = append(want, t.Region)
		}
	}
	for _, e := range estimates {
		got = append(got, e.Region)
		if e.Model != m.Name() {
			return fmt.Errorf("the estimate of %s names model %q", e.Region, e.Model)
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("regions %q, want %q", got, want)
	}
	return nil
}

// complete looks for what every estimate of an ordinary curve has.
func complete(m fit.Model) error {
	s := scanFor(m.Input())
	estimates, err := m.Fit(s)
	if err != nil {
		return err
	}
	for _, e := range estimates {
		value, se := e.Get(e.Main())
		switch {
		case math.IsNaN(value) || math.IsInf(value, 0):
			return fmt.Errorf("%s: %s is %g", e.Region, e.Main(), value)
		case se < 0:
			return fmt.Errorf("%s: standard error %g of %s", e.Region, se, e.Main())
		case len(e.Fitted) != len(s.Frames) || len(e.Weights) != len(s.Frames):
			return fmt.Errorf("%s: %d fitted values and %d weights for %d frames", e.Region, len(e.Fitted), len(e.Weights), len(s.Frames))
		}
		seen := map[fit.Symbol]bool{}
		for _, p := range e.Parameters {
			if seen[p.Symbol] || p.Symbol == "" {
				return fmt.Errorf("%s: parameter %q is there twice, or has no symbol", e.Region, p.Symbol)
			}
			seen[p.Symbol] = true
		}
		if err := said(e); err != nil {
			return err
		}
	}
	return nil
}

// said looks at the warnings of an estimate: each is one that an event can hold.
func said(e fit.Estimate) error {
	for _, w := range e.Warnings {
		if w.Code == "" || w.Level == "" || w.Detail == "" || math.IsNaN(w.Value+w.Threshold) || math.IsInf(w.Value, 0) || math.IsInf(w.Threshold, 0) {
			return fmt.Errorf("%s: a warning without code, level, detail or numbers: %+v", e.Region, w)
		}
	}
	return nil
}

func placeless(m fit.Model) error {
	s := scanFor(m.Input())
	was, err := m.Fit(s)
	if err != nil {
		return err
	}
	slices.Reverse(s.TACs)
	is, err := m.Fit(s)
	if err != nil {
		return err
	}
	slices.Reverse(is)
	return compare(was, is, 1e-6)
}

// scaleless takes factors that round nothing: regressors that look alike would
// turn a rounding of 1e-16 into one of 1e-4.
func scaleless(m fit.Model) error {
	was, err := m.Fit(scanFor(m.Input()))
	if err != nil {
		return err
	}
	for _, factor := range []float64{0x1p-20, 0x1p-3, 0x1p32} {
		s := scanFor(m.Input())
		for i := range s.TACs {
			scale(s.TACs[i].BqPerML, factor)
		}
		for _, list := range [][]extract.Sample{s.Blood.Parent, s.Blood.Whole} {
			for i := range list {
				list[i].BqPerML *= factor
			}
		}
		is, err := m.Fit(s)
		if err != nil {
			return fmt.Errorf("times %g: %w", factor, err)
		}
		for i := range is {
			scale(is[i].Fitted, 1/factor)
			is[i].RSS /= factor * factor
		}
		if err := compare(was, is, 1e-6); err != nil {
			return fmt.Errorf("times %g: %w", factor, err)
		}
	}
	return nil
}

func scale(values []float64, factor float64) {
	for i := range values {
		values[i] *= factor
	}
}

// ofDecay is how far an estimate may move when a tracer decays: models that
// take late frames as level within themselves are off by that much.
const ofDecay = 0.05

func decayed(m fit.Model) error {
	was, err := m.Fit(scanOf(m.Input(), 0))
	if err != nil {
		return err
	}
	is, err := m.Fit(scanOf(m.Input(), carbon11))
	if err != nil {
		return err
	}
	for i, e := range was {
		before, _ := e.Get(e.Main())
		if after, _ := is[i].Get(e.Main()); !(math.Abs(after-before) <= ofDecay*math.Max(math.Abs(before), 1)) {
			return fmt.Errorf("%s: %s is %g of a tracer that decays and %g of one that does not", e.Region, e.Main(), after, before)
		}
	}
	return nil
}

// goroutines is how many fit the same scan at a time.
const goroutines = 8

func deterministic(m fit.Model) error {
	s := scanFor(m.Input())
	was, err := m.Fit(s)
	if err != nil {
		return err
	}
	errs := make([]error, goroutines)
	var wait sync.WaitGroup
	for i := range goroutines {
		wait.Go(func() {
			errs[i] = caught(func(fit.Model) error {
				is, err := m.Fit(s)
				if err != nil {
					return err
				}
				return compare(was, is, 0)
			}, m)
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func readOnly(m fit.Model) error {
	s := scanFor(m.Input())
	if _, err := m.Fit(s); err != nil {
		return err
	}
	if before := scanFor(m.Input()); !same(before, s) {
		return errors.New("the scan is another after Fit")
	}
	return nil
}

func checkedFrames(m fit.Model) error {
	for _, test := range []struct {
		name  string
		spoil func(*fit.Scan)
	}{
		{"a curve without its last value", func(s *fit.Scan) { s.TACs[1].BqPerML = s.TACs[1].BqPerML[:len(s.Frames)-1] }},
		{"frames that overlap", func(s *fit.Scan) { s.Frames[5].Start -= s.Frames[4].Duration / 2 }},
		{"frames out of order", func(s *fit.Scan) { s.Frames[5], s.Frames[6] = s.Frames[6], s.Frames[5] }},
		{"a frame without a length", func(s *fit.Scan) { s.Frames[5].Duration = 0 }},
	} {
		s := scanFor(m.Input())
		test.spoil(&s)
		if _, err := m.Fit(s); !errors.Is(err, fit.ErrFrames) {
			return fmt.Errorf("%s: error %v", test.name, err)
		}
	}
	s := scanFor(m.Input())
	s.Frames = s.Frames[:2]
	for i := range s.TACs {
		s.TACs[i].BqPerML = s.TACs[i].BqPerML[:2]
	}
	if _, err := m.Fit(s); !errors.Is(err, ingest.ErrRejected) {
		return fmt.Errorf("two frames: error %v", err)
	}
	return nil
}

func checkedValues(m fit.Model) error {
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		s := scanFor(m.Input())
		s.TACs[1].BqPerML[7] = v
		if _, err := m.Fit(s); !errors.Is(err, fit.ErrValues) {
			return fmt.Errorf("%g in a curve: error %v", v, err)
		}
	}
	return nil
}

// lenient adds regions that no model describes: an empty one, one that jumps
// from frame to frame, and one that is negative.
func lenient(m fit.Model) error {
	s := scanFor(m.Input())
	plain := s.TACs[len(s.TACs)-1].BqPerML
	odd := map[extract.Region]func(frame int) float64{
		"empty":    func(int) float64 { return 0 },
		"jumping":  func(f int) float64 { return plain[f] * (1 + 0.8*float64(1-2*(f%2))) },
		"negative": func(f int) float64 { return -plain[f] },
	}
	for _, name := range []extract.Region{"empty", "jumping", "negative"} {
		t := extract.TAC{Region: name}
		for f := range s.Frames {
			t.BqPerML = append(t.BqPerML, odd[name](f))
		}
		s.TACs = append(s.TACs, t)
	}
	estimates, err := m.Fit(s)
	if err != nil {
		return err
	}
	for _, e := range estimates {
		if odd[e.Region] != nil && len(e.Warnings) == 0 {
			return fmt.Errorf("%s: no warning", e.Region)
		}
		if err := said(e); err != nil {
			return err
		}
	}
	return nil
}

// carbon11 is the half-life of carbon-11.
const carbon11 = 1221660 * time.Millisecond
