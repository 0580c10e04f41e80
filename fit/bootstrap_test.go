package fit_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// Where the first order holds, the bootstrap says what the standard error says.
// 400 draws give an SD by quartiles to 6 %.
func TestBootstrapAgreesWithStandardErrors(t *testing.T) {
	x := experiment{frames: hrrt(), ref: phantom.AZ10419369.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.1, BPND: 1.5}, noise: 0.03, refNoise: 1.0 / 3}
	scan := x.scan(rand.New(rand.NewPCG(5, 6)))
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM2{K2PrimePerMin: 0.1}} {
		estimates, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		a, err := fit.Bootstrap(m, scan, 400, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := fit.Bootstrap(m, scan, 400, 1)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: the same seed gives something else, %v", m.Name(), err)
		}
		for i, p := range estimates[0].Parameters {
			r := a[0].Parameters[i]
			if math.IsNaN(p.SE) {
				continue
			}
			if r.Symbol != p.Symbol || math.Abs(r.SD/p.SE-1) > 0.25 {
				t.Errorf("%s %s: bootstrap %g, standard error %g", m.Name(), p.Symbol, r.SD, p.SE)
			}
			if !(r.Low < p.Value && p.Value < r.High) {
				t.Errorf("%s %s: %g is not within %g to %g", m.Name(), p.Symbol, p.Value, r.Low, r.High)
			}
		}
	}
	if _, err := fit.Bootstrap(fit.SRTM{}, scan, 3, 1); err == nil {
		t.Error("a bootstrap of three draws")
	}
}

// The model that the curves were made with has the most weight, of those that
// are fitted to the same frames.
func TestAkaikeWeights(t *testing.T) {
	x := experiment{frames: hrrt(), ref: phantom.AZ10419369.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.1, BPND: 1.5}, noise: 0.03}
	scan := x.scan(rand.New(rand.NewPCG(5, 6)))
	var all []fit.Estimate
	for _, m := range []fit.Model{fit.SRTM2{K2PrimePerMin: 0.1}, fit.SRTM2{K2PrimePerMin: 0.3}, fit.LoganRef{K2PrimePerMin: 0.1}} {
		estimates, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, estimates...)
	}
	w := fit.AkaikeWeights(all)
	if !(w[0] > 0.9) || math.Abs(w[0]+w[1]-1) > 1e-12 || !math.IsNaN(w[2]) {
		t.Errorf("weights %v", w)
	}
}

// Errors of parameters that stand for each other go together.
func TestCorrelation(t *testing.T) {
	x := experiment{frames: hrrt(), ref: phantom.AZ10419369.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.1, BPND: 1.5}, noise: 0.03}
	estimates, err := fit.MRTM0{}.Fit(x.scan(rand.New(rand.NewPCG(5, 6))))
	if err != nil {
		t.Fatal(err)
	}
	if r := estimates[0].Correlation(fit.BPND, fit.DVR); math.Abs(r-1) > 1e-9 {
		t.Errorf("of BPND and BPND + 1: %g", r)
	}
	if r := estimates[0].Correlation(fit.BPND, fit.K2A); !(r < 0 && r > -1) {
		t.Errorf("of BPND and k2a: %g", r)
	}
	if r := estimates[0].Correlation(fit.BPND, fit.VT); !math.IsNaN(r) {
		t.Errorf("with what is not there: %g", r)
	}
}

// A region that is the reference over again has no k2 of its own. That harms no
// other.
func TestBootstrapOfARegionLikeTheReference(t *testing.T) {
	x := experiment{frames: hrrt(), ref: phantom.AZ10419369.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.1, BPND: 1.5}, noise: 0.03}
	scan := x.scan(rand.New(rand.NewPCG(5, 6)))
	like := extract.TAC{Region: "like the reference"}
	for _, t := range scan.TACs {
		if t.Region == scan.Reference {
			for _, v := range t.BqPerML {
				like.BqPerML = append(like.BqPerML, 0.7*v)
			}
		}
	}
	scan.TACs = append(scan.TACs, like)
	for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.MRTM2{}, fit.LoganRef{}} {
		estimates, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range estimates {
			if e.NoiseLevel < 0 {
				t.Errorf("%s %s: a noise level of %g", e.Model, e.Region, e.NoiseLevel)
			}
		}
		resampled, err := fit.Bootstrap(m, scan, 20, 1)
		if err != nil || len(resampled) != len(estimates) || !(resampled[0].Parameters[0].SD > 0) {
			t.Errorf("%s: %+v, %v", m.Name(), resampled, err)
		}
	}
}
