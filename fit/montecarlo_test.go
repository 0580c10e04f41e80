package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A sample is what many noisy scans of the same region gave.
type sample struct {
	n, sum, squares float64
	ratios          float64 // ((estimate − truth) / SE)², summed
	se              float64 // summed
	failed          int
}

func (s *sample) add(got, se, want float64) {
	if math.IsNaN(got) || math.IsNaN(se) {
		s.failed++
		return
	}
	s.n++
	s.sum += got - want
	s.squares += (got - want) * (got - want)
	s.ratios += (got - want) * (got - want) / (se * se)
	s.se += se
}

func (s *sample) bias() float64 { return s.sum / s.n }
func (s *sample) sd() float64   { return math.Sqrt(s.squares/s.n - s.bias()*s.bias()) }
func (s *sample) rms() float64  { return math.Sqrt(s.ratios / s.n) }
func (s *sample) told() float64 { return s.se / s.n / s.sd() }

// noisy adds noise of level q (Bq/mL, min) to frame means of the decaying
// activity: variance q U / d.
func noisy(rng *rand.Rand, u []float64, frames []ingest.Frame, q float64) []float64 {
	out := make([]float64, len(u))
	for i, v := range u {
		out[i] = v + rng.NormFloat64()*math.Sqrt(q*v/frames[i].Duration.Minutes())
	}
	return out
}

// An experiment is many noisy scans of one region.
type experiment struct {
	name     string
	frames   []ingest.Frame
	ref      phantom.Curve
	k        phantom.Kinetics
	noise    float64 // of the region 45 min after injection, as a fraction
	refNoise float64 // of the reference, as a fraction of the region's scale
}

// The kinetics and noise are those of the four experiments that kinfitr's
// figures in the project's data were found with, on references of our own, and
// with a reference whose noise scale is a third of the region's.
func experiments() []experiment {
	az, dasb := phantom.AZ10419369.Reference(), phantom.DASB.Reference()
	a90, c93 := schedule(6, 10, 3, 20, 6, 60, 4, 180, 14, 300), schedule(8, 10, 5, 20, 4, 30, 4, 60, 4, 180, 12, 360)
	mc1, mc2, mc4 := phantom.Kinetics{R1: 1, K2PerMin: 0.15, BPND: 2}, phantom.Kinetics{R1: 0.9, K2PerMin: 0.135, BPND: 0.5}, phantom.Kinetics{R1: 1.1, K2PerMin: 0.165, BPND: 4}
	return []experiment{
		{"MC1, clean reference", a90, az, mc1, 0.03, 0},
		{"MC1", a90, az, mc1, 0.03, 1.0 / 3},
		{"MC2", a90, az, mc2, 0.03, 1.0 / 3},
		{"MC3", a90, az, mc1, 0.10, 1.0 / 3},
		{"MC4", c93, az, mc4, 0.03, 1.0 / 3},
		{"DASB, cortex, reference as noisy as it", hrrt(), dasb, phantom.Kinetics{R1: 1.05, K2PerMin: 1.05 * 0.065, BPND: 0.36}, 0.015, 1},
		{"DASB, accumbens", hrrt(), dasb, phantom.Kinetics{R1: 0.95, K2PerMin: 0.95 * 0.065, BPND: 1.9}, 0.03, 1.0 / 3},
	}
}

// scan draws a noisy scan.
func (x experiment) scan(rng *rand.Rand) fit.Scan {
	s := exactScan(x.k, x.ref, x.frames, phantom.CarbonHalfLife)
	ref, target := s.TACs[0].BqPerML, s.TACs[1].BqPerML
	q := 0.0
	for i, f := range x.frames {
		if f.Start <= 45*time.Minute && f.End() > 45*time.Minute {
			q = x.noise * x.noise * target[i] * f.Duration.Minutes()
		}
	}
	s.TACs[0].BqPerML = noisy(rng, ref, x.frames, q*x.refNoise*x.refNoise)
	s.TACs[1].BqPerML = noisy(rng, target, x.frames, q)
	return s
}

// A standard error that is told is the scatter that is seen, within a tenth:
// the project's limit, and three times what 600 draws leave to chance. The
// ratio of error and standard error has a wider root mean square: some 30
// degrees of freedom add 3 %, and the bias of Logan counts.
func TestStandardErrorsAreCalibrated(t *testing.T) {
	const draws = 600
	row := figures.Accuracy(t, "BPND: standard error over scatter, five models", 42)
	ratio := row.Within("#")
	row = figures.Accuracy(t, "BPND: standard error over scatter, MRTM0", 7)
	ratio0, bias0 := row.Within("#"), row.AtLeast("bias down to # %")
	row = figures.Accuracy(t, "BPND: 95 % intervals that hold the truth, four models", 28)
	cover := row.Within("# %")
	for i, x := range experiments() {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			k2 := x.k.K2PrimePerMin()
			models := []fit.Model{fit.SRTM{}, fit.SRTM2{K2PrimePerMin: k2}, fit.MRTM0{}, fit.MRTM{}, fit.MRTM2{K2PrimePerMin: k2}, fit.LoganRef{K2PrimePerMin: k2}, fit.LoganRef{TStar: 30 * time.Minute, K2PrimePerMin: k2}}
			covered := make([]float64, len(models))
			samples := make([]sample, len(models))
			rng := rand.New(rand.NewPCG(1, uint64(i)))
			for range draws {
				scan := x.scan(rng)
				for m, model := range models {
					estimates, err := model.Fit(scan)
					if err != nil {
						t.Fatal(err)
					}
					bpnd, se := estimates[0].Get(fit.BPND)
					samples[m].add(bpnd, se, x.k.BPND)
					if low, high := estimates[0].Interval(0.95); low <= x.k.BPND && x.k.BPND <= high {
						covered[m] += 1.0 / draws
					}
				}
			}
			for m, s := range samples {
				name := models[m].Name()
				t.Logf("%s: bias %.2f %%, SD %.2f %%, SE/SD %.3f, RMS ratio %.3f, cover %.3f", name, 100*s.bias()/x.k.BPND, 100*s.sd()/x.k.BPND, s.told(), s.rms(), covered[m])
				if name == "mrtm0" {
					ratio0.Add(s.told())
					bias0.Add(100 * s.bias() / x.k.BPND)
				} else {
					ratio.Add(s.told())
				}
				slack := 0.1
				if name == "mrtm0" {
					slack = 0.15 // where noise biases it by a sixth
				}
				if s.failed > 0 || math.Abs(s.told()-1) > slack {
					t.Errorf("%s: standard error over scatter %.3f, want 0.9 to 1.1; %d failed", name, s.told(), s.failed)
				}
				unbiased := name[0] != 'l' && name != "mrtm0"
				if unbiased {
					cover.Add(100 * covered[m])
				}
				if unbiased && (covered[m] < 0.925 || covered[m] > 0.975) {
					t.Errorf("%s: 95 %% intervals cover %.3f", name, covered[m])
				}
				if name != "mrtm0" && (s.rms() < 0.85 || s.rms() > 1.25) {
					t.Errorf("%s: RMS of error over standard error %.3f, want 0.85 to 1.25", name, s.rms())
				}
				if name == "srtm" && math.Abs(s.bias()) > 0.02*x.k.BPND {
					t.Errorf("SRTM is biased by %.2f %%", 100*s.bias()/x.k.BPND)
				}
			}
		})
	}
}

// The noise of the frames around a break goes into what bridges it, and from
// there into BPND: standard errors know.
func TestStandardErrorsAcrossABreak(t *testing.T) {
	const draws = 500
	for i, from := range []time.Duration{20 * time.Minute, 40 * time.Minute, 55 * time.Minute} {
		t.Run(from.String(), func(t *testing.T) {
			t.Parallel()
			x := experiments()[1]
			k2 := x.k.K2PrimePerMin()
			models := []fit.Model{fit.SRTM{}, fit.SRTM2{K2PrimePerMin: k2}, fit.MRTM{}, fit.MRTM2{K2PrimePerMin: k2}, fit.LoganRef{K2PrimePerMin: k2}}
			samples := make([]sample, len(models))
			rng := rand.New(rand.NewPCG(8, uint64(i)))
			for range draws {
				whole := x.scan(rng)
				scan := truth{frames: whole.Frames, ref: whole.TACs[0].BqPerML, target: whole.TACs[1].BqPerML, halfLife: whole.HalfLife}.without(from, from+30*time.Minute).scan()
				for m, model := range models {
					estimates, err := model.Fit(scan)
					if err != nil {
						t.Fatal(err)
					}
					bpnd, se := estimates[0].Get(fit.BPND)
					samples[m].add(bpnd, se, x.k.BPND)
				}
			}
			for m, s := range samples {
				t.Logf("%s: bias %.2f %%, SD %.2f %%, SE/SD %.3f", models[m].Name(), 100*s.bias()/x.k.BPND, 100*s.sd()/x.k.BPND, s.told())
				if s.failed > 0 || math.Abs(s.told()-1) > 0.12 { // 0.1, and what so many draws leave to chance
					t.Errorf("%s: standard error over scatter %.3f; %d failed", models[m].Name(), s.told(), s.failed)
				}
			}
		})
	}
}

// Estimated together, k2′ has a standard error of its own, and it is right.
func TestSharedK2Prime(t *testing.T) {
	const draws, k2Prime = 300, 0.065
	var s sample
	rng := rand.New(rand.NewPCG(3, 4))
	for range draws {
		var scan fit.Scan
		for i, bpnd := range []float64{0.05, 0.6, 1.5, 2.5} {
			x := experiment{frames: hrrt(), ref: phantom.DASB.Reference(), k: phantom.Kinetics{R1: 0.9, K2PerMin: 0.9 * k2Prime, BPND: bpnd}, noise: 0.03}
			one := x.scan(rng)
			if i == 0 {
				scan = one
				continue
			}
			region := one.TACs[1]
			region.Region = extract.Region(rune('a' + i))
			scan.TACs = append(scan.TACs, region)
		}
		estimates, err := fit.LoganRef{}.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		value, se := estimates[0].Get(fit.K2Prime)
		for _, e := range estimates {
			if v, _ := e.Get(fit.K2Prime); v != value {
				t.Fatalf("k2′ %g and %g in one scan", v, value)
			}
		}
		s.add(value, se, k2Prime)
	}
	// The reference is clean, so the regions are independent. That SRTM's SE
	// comes from the same noise as its k2′ draws the mean off by some percent.
	if s.told() < 0.85 || s.told() > 1.15 || math.Abs(s.bias()) > 0.05*k2Prime {
		t.Errorf("k2′: bias %.2f %%, SD %.2f %%, SE/SD %.3f", 100*s.bias()/k2Prime, 100*s.sd()/k2Prime, s.told())
	}
}
