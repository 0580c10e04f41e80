package fittest_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/fit/fittest"
	"tacstream/ingest"
)

func TestEveryModelOfThePackage(t *testing.T) {
	for _, m := range fit.Models() {
		t.Run(m.Name(), func(t *testing.T) { fittest.Test(t, m) })
	}
}

// A broken model is SRTM, or 1TCM, with a fault.
type broken struct {
	fit.Model
	name  string
	input fit.Input
	fit   func(m fit.Model, s fit.Scan) ([]fit.Estimate, error)
}

// Name returns the name of the model.
func (b broken) Name() string { return b.name }

// Input returns the input that the model claims to need.
func (b broken) Input() fit.Input { return b.input }

// Fit fits with the fault.
func (b broken) Fit(s fit.Scan) ([]fit.Estimate, error) {
	estimates, err := b.fit(b.Model, s)
	for i := range estimates {
		estimates[i].Model = b.name
	}
	return estimates, err
}

// afterwards breaks the estimates of SRTM.
func afterwards(spoil func(s fit.Scan, all []fit.Estimate) []fit.Estimate) func(fit.Model, fit.Scan) ([]fit.Estimate, error) {
	return func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) {
		estimates, err := m.Fit(s)
		if err != nil {
			return nil, err
		}
		return spoil(s, estimates), nil
	}
}

// beforehand breaks the scan of SRTM.
func beforehand(spoil func(s *fit.Scan)) func(fit.Model, fit.Scan) ([]fit.Estimate, error) {
	return func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) {
		spoil(&s)
		return m.Fit(s)
	}
}

func TestBrokenModelsAreFound(t *testing.T) {
	var calls atomic.Int64
	var alone sync.Mutex
	plain := func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) { return m.Fit(s) }
	tests := []struct {
		fault string // that is found, in words of the rule
		model broken
	}{
		{"its name", broken{name: "My Model", fit: plain}},
		{"its input truthfully", broken{input: fit.Plasma, fit: plain}},
		{"its input truthfully", broken{input: fit.ReferenceCurve | fit.WholeBlood, fit: plain}},
		{"in order", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate { slices.Reverse(all); return all })}},
		{"in order", broken{fit: afterwards(func(s fit.Scan, all []fit.Estimate) []fit.Estimate {
			return append(all, fit.Estimate{Region: s.Reference})
		})}},
		{"complete", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate { all[0].Fitted = nil; return all })}},
		{"complete", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Warnings = append(all[0].Warnings, ingest.Warning{Code: ingest.WarnSE, Level: ingest.LevelWarn})
			return all
		})}},
		{"its input truthfully", broken{input: fit.ReferenceCurve | 1<<6, fit: plain}},
		{"of the size of the scatter", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			for i := range all {
				for j := range all[i].Parameters {
					all[i].Parameters[j].SE *= 1000
				}
			}
			return all
		})}},
		{"stay below 0", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			for i := range all {
				for j, p := range all[i].Parameters {
					all[i].Parameters[j].Value = max(p.Value, 0)
				}
			}
			return all
		})}},
		{"share nothing", broken{fit: afterwards(func(s fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Fitted = s.TACs[0].BqPerML
			return all
		})}},
		{"no input but what it says", broken{fit: afterwards(func(s fit.Scan, all []fit.Estimate) []fit.Estimate {
			if s.Blood.Whole != nil {
				all[0].Parameters[2].Value += 0.1
			}
			return all
		})}},
		{"same estimates", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Parameters[2].SE *= 1 + 1e-12*float64(calls.Add(1))
			return all
		})}},
		{"same estimates", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].RSS, all[0].AIC = float64(calls.Add(1)), 1
			return all
		})}},
		{"same estimates", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].AIC = float64(calls.Add(1))
			return all
		})}},
		{"same estimates", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Weights[0] = float64(calls.Add(1))
			return all
		})}},
		{"its place", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Parameters[2].Value *= 1.01
			return all
		})}},
		{"unit of activity", broken{fit: afterwards(func(s fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[1].Parameters[2].Value += 1e-6 * s.TACs[0].BqPerML[20]
			return all
		})}},
		{"decay is taken out", broken{fit: beforehand(func(s *fit.Scan) { s.HalfLife = 0 })}},
		{"same estimates", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			all[0].Parameters[2].Value *= 1 + 1e-12*float64(calls.Add(1))
			return all
		})}},
		{"leaves the scan", broken{fit: func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) {
			alone.Lock() // or it would race with itself
			defer alone.Unlock()
			estimates, err := m.Fit(s)
			s.TACs[0].BqPerML[0] = math.Nextafter(s.TACs[0].BqPerML[0], math.Inf(1))
			return estimates, err
		}}},
		{"ErrFrames", broken{fit: func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) {
			estimates, err := m.Fit(s)
			if errors.Is(err, fit.ErrFrames) {
				err = errors.New("odd frames")
			}
			return estimates, err
		}}},
		{"ErrValues", broken{fit: beforehand(func(s *fit.Scan) {
			s.TACs = slices.Clone(s.TACs)
			for i := range s.TACs {
				s.TACs[i].BqPerML = slices.Clone(s.TACs[i].BqPerML)
				for f, v := range s.TACs[i].BqPerML {
					if math.IsNaN(v) {
						s.TACs[i].BqPerML[f] = 0
					}
				}
			}
		})}},
		{"doubted and not refused", broken{fit: func(m fit.Model, s fit.Scan) ([]fit.Estimate, error) {
			for _, c := range s.TACs {
				if !slices.ContainsFunc(c.BqPerML, func(v float64) bool { return v > 0 }) {
					return nil, refused(c.Region)
				}
			}
			return m.Fit(s)
		}}},
		{"doubted and not refused", broken{fit: afterwards(func(_ fit.Scan, all []fit.Estimate) []fit.Estimate {
			for i := range all {
				all[i].Warnings = nil
			}
			return all
		})}},
		{"panic", broken{fit: beforehand(func(s *fit.Scan) { _ = s.TACs[1].BqPerML[len(s.Frames)-1] })}},
	}
	for _, test := range tests {
		m := test.model
		m.Model = fit.SRTM{}
		if m.name == "" {
			m.name = "broken"
		}
		if m.input == 0 {
			m.input = fit.ReferenceCurve
		}
		faults := fittest.Faults(m)
		if !slices.ContainsFunc(faults, func(err error) bool { return strings.Contains(err.Error(), test.fault) }) {
			t.Errorf("a model that breaks %q: %v", test.fault, faults)
		}
	}
}

func refused(r extract.Region) error { return ingest.Reject(ingest.CodeFit, "%s is empty", r) }
