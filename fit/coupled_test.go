package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// A study is the regions of one tracer, with their noise levels in kBq/mL and
// min.
type study struct {
	name    string
	ref     phantom.Curve
	k2Prime float64
	regions []studyRegion
	ratio   float64 // of the scatter to SRTM's: the project's limit
}

type studyRegion struct {
	name            extract.Region
	r1, bpnd, noise float64
}

func studies() []study {
	return []study{
		{"DASB", phantom.DASB.Reference(), 0.065, []studyRegion{
			{"accumbens", 0.95, 1.9, 0.1}, {"pallidum", 0.7, 1.6, 0.05}, {"putamen", 1.05, 1.85, 0.02},
			{"caudate", 0.82, 1.15, 0.02}, {"thalamus", 0.9, 1.95, 0.02}, {"frontal", 1.05, 0.36, 0.01},
		}, 0.70},
		{"AZ10419369", phantom.AZ10419369.Reference(), 0.10, []studyRegion{
			{"accumbens", 0.9, 1.5, 0.1}, {"pallidum", 0.75, 1.8, 0.05}, {"putamen", 1.05, 1.44, 0.02},
			{"caudate", 0.85, 0.88, 0.02}, {"thalamus", 0.95, 0.61, 0.02}, {"frontal", 1, 1.51, 0.01}, {"occipital", 1.1, 1.6, 0.01},
		}, 0.85},
	}
}

// scan draws a noisy scan with a clean reference. Phantom's curves are in
// Bq/mL.
func (s study) scan(rng *rand.Rand, noise float64) fit.Scan {
	frames := hrrt()
	scan := fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "reference"}
	scan.TACs = append(scan.TACs, extract.TAC{Region: "reference", BqPerML: s.ref.FrameMeans(frames, scan.HalfLife)})
	for _, r := range s.regions {
		k := phantom.Kinetics{R1: r.r1, K2PerMin: r.r1 * s.k2Prime, BPND: r.bpnd}
		scan.TACs = append(scan.TACs, extract.TAC{Region: r.name, BqPerML: noisy(rng, k.FrameMeans(s.ref, frames, scan.HalfLife), frames, noise*1000*r.noise)})
	}
	return scan
}

// One k2′ for all regions lowers the scatter of BPND, and its own error is told
// rightly. What the limits leave is chance: 300 draws give a standard deviation
// to 4 %.
func TestCoupledFitLowersScatter(t *testing.T) {
	const draws = 300
	for _, s := range studies() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(7, 1))
			single, coupled := make([]sample, len(s.regions)), make([]sample, len(s.regions))
			var k2 sample
			covered := 0.0
			for range draws {
				scan := s.scan(rng, 1)
				for m, model := range []fit.Model{fit.SRTM{}, fit.SRTM2{}} {
					estimates, err := model.Fit(scan)
					if err != nil {
						t.Fatal(err)
					}
					for i, e := range estimates {
						v, se := e.Get(fit.BPND)
						[][]sample{single, coupled}[m][i].add(v, se, s.regions[i].bpnd)
						if low, high := e.Interval(); m == 1 && low <= s.regions[i].bpnd && s.regions[i].bpnd <= high {
							covered++
						}
					}
					if v, se := estimates[0].Get(fit.K2Prime); m == 1 {
						k2.add(v, se, s.k2Prime)
					}
				}
			}
			ratio := 0.0
			for i, c := range coupled {
				ratio += math.Log(c.sd()/single[i].sd()) / float64(len(coupled))
				if told := c.told(); told < 0.88 || told > 1.12 {
					t.Errorf("%s: standard error over scatter %.3f", s.regions[i].name, told)
				}
			}
			ratio = math.Exp(ratio)
			covered /= float64(draws * len(coupled))
			t.Logf("scatter %.3f of SRTM's; 95 %% intervals cover %.3f; k2′: bias %.2f %%, SD %.2f %%, SE/SD %.3f", ratio, covered, 100*k2.bias()/s.k2Prime, 100*k2.sd()/s.k2Prime, k2.told())
			if ratio > s.ratio || covered < 0.93 || covered > 0.97 || math.Abs(k2.told()-1) > 0.12 {
				t.Errorf("scatter %.3f of SRTM's, intervals cover %.3f, k2′ SE/SD %.3f", ratio, covered, k2.told())
			}
		})
	}
}

// Without noise the coupled fit finds k2′ and BPND of all.
func TestCoupledFitIsExact(t *testing.T) {
	for _, s := range studies() {
		scan := s.scan(rand.New(rand.NewPCG(1, 1)), 0)
		for _, m := range []fit.Model{fit.SRTM2{}, fit.MRTM2{}, fit.LoganRef{}, fit.SRTM2{K2PerMin: s.k2Prime}, fit.SRTM2{From: []extract.Region{"putamen", "frontal"}}} {
			estimates, err := m.Fit(scan)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range estimates {
				bpnd, _ := e.Get(fit.BPND)
				k, _ := e.Get(fit.K2Prime)
				if k2, _ := e.Get(fit.K2); m.Name() == "mrtm2" {
					r1, _ := e.Get(fit.R1)
					k = k2 / r1
				}
				if math.Abs(bpnd/s.regions[i].bpnd-1) > 1e-4 || math.Abs(k/s.k2Prime-1) > 1e-4 {
					t.Errorf("%s %+v %s: BPND %.6f, k2′ %.6f", s.name, m, e.Region, bpnd, k)
				}
			}
		}
	}
}

// What the coupled fit cannot use it says, and what it was told not to use it
// does not.
func TestRegionsThatK2PrimeComesFrom(t *testing.T) {
	s := studies()[0]
	scan := s.scan(rand.New(rand.NewPCG(1, 1)), 1)
	bad := append([]float64(nil), scan.TACs[1].BqPerML...)
	for i := range bad {
		bad[i] *= 1 + 0.5*math.Sin(float64(i))
	}
	spoiled := scan
	spoiled.TACs = append(append([]extract.TAC(nil), scan.TACs...), extract.TAC{Region: "spoiled", BqPerML: bad})
	m := fit.SRTM2{From: []extract.Region{"putamen", "caudate", "thalamus"}}
	a, err := m.Fit(scan)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Fit(spoiled)
	if err != nil {
		t.Fatal(err)
	}
	ka, _ := a[0].Get(fit.K2Prime)
	if kb, _ := b[0].Get(fit.K2Prime); ka != kb {
		t.Errorf("k2′ %g and %g", ka, kb)
	}
	if b[0].K2PrimeSE <= 0 {
		t.Errorf("influence of k2′ on the standard error: %g", b[0].K2PrimeSE)
	}
	if _, err := (fit.SRTM2{From: []extract.Region{"nowhere"}}).Fit(scan); err == nil {
		t.Error("k2′ from no region at all")
	}
}

// The same scan gives the same bits, whatever the order of maps.
func TestFitsAreReproducible(t *testing.T) {
	s := studies()[1]
	scan := s.scan(rand.New(rand.NewPCG(3, 3)), 1)
	for _, m := range fit.ReferenceModels() {
		first, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			again, err := m.Fit(scan)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range again {
				for j, p := range e.Parameters {
					if q := first[i].Parameters[j]; math.Float64bits(p.Value) != math.Float64bits(q.Value) || math.Float64bits(p.SE) != math.Float64bits(q.SE) {
						t.Fatalf("%s %s %s: %v and %v", m.Name(), e.Region, p.Symbol, p, q)
					}
				}
			}
		}
	}
}
