package fit_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A sample is what many noisy scans of the same region gave.
type sample struct {
	n, sum, squares, ratios float64
	largest                 float64
	inside                  float64 // within 1.96 standard errors
	failed                  int
}

func (s *sample) add(got, se, want float64) {
	if math.IsNaN(got) || math.IsNaN(se) {
		s.failed++
		return
	}
	z := (got - want) / se
	s.n++
	s.sum += got - want
	s.squares += (got - want) * (got - want)
	s.ratios += z * z
	s.largest = math.Max(s.largest, math.Abs(z))
	if math.Abs(z) < 1.96 {
		s.inside++
	}
}

func (s *sample) bias() float64     { return s.sum / s.n }
func (s *sample) sd() float64       { return math.Sqrt(s.squares/s.n - s.bias()*s.bias()) }
func (s *sample) rms() float64      { return math.Sqrt(s.ratios / s.n) }
func (s *sample) coverage() float64 { return s.inside / s.n }

// noisy adds noise of level q (Bq/mL, min) to frame means of the decaying
// activity: variance q U / d.
func noisy(rng *rand.Rand, u []float64, frames []ingest.Frame, q float64) []float64 {
	out := make([]float64, len(u))
	for i, v := range u {
		out[i] = v + rng.NormFloat64()*math.Sqrt(q*v/frames[i].Duration.Minutes())
	}
	return out
}

func TestStandardErrorsAreCalibrated(t *testing.T) {
	const draws = 1000
	frames := phantom.DefaultFrames()
	models := []fit.Model{fit.SRTM{}, fit.MRTM{}, fit.Logan{K2PerMin: 0.065}}
	for _, region := range []struct {
		name             string
		k                phantom.Kinetics
		target, refNoise float64 // kBq/mL, min
	}{
		{"accumbens, clean reference", phantom.Kinetics{R1: 0.95, K2PerMin: 0.95 * 0.065, BPND: 1.9}, 0.1, 0},
		{"accumbens", phantom.Kinetics{R1: 0.95, K2PerMin: 0.95 * 0.065, BPND: 1.9}, 0.1, 0.01},
		{"cortex, reference as noisy as it", phantom.Kinetics{R1: 1.05, K2PerMin: 1.05 * 0.065, BPND: 0.36}, 0.01, 0.01},
	} {
		samples := make([]sample, len(models))
		ref := phantom.DASB.Reference()
		cleanRef, clean := ref.FrameMeans(frames, phantom.CarbonHalfLife), region.k.FrameMeans(ref, frames, phantom.CarbonHalfLife)
		rng := rand.New(rand.NewPCG(1, 2))
		for range draws {
			scan := fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "r", TACs: []extract.TAC{
				{Region: "r", BqPerML: noisy(rng, cleanRef, frames, 1000*region.refNoise)},
				{Region: "t", BqPerML: noisy(rng, clean, frames, 1000*region.target)},
			}}
			for m, model := range models {
				estimates, err := model.Fit(scan)
				if err != nil {
					t.Fatal(err)
				}
				bp, se := estimates[0].Get(fit.BPND)
				samples[m].add(bp, se, region.k.BPND)
			}
		}
		for m, s := range samples {
			t.Logf("%s, %s: bias %.2f %%, SD %.2f %%, RMS ratio %.3f, largest %.1f, coverage %.3f, failed %d", region.name, models[m].Name(),
				100*s.bias()/region.k.BPND, 100*s.sd()/region.k.BPND, s.rms(), s.largest, s.coverage(), s.failed)
			// A line through a third of the frames knows less of the noise.
			limit := 1.1
			if models[m].Name() == "logan-ref" {
				limit = 1.25
			}
			if s.failed > 0 || s.rms() < 0.9 || s.rms() > limit {
				t.Errorf("%s, %s: RMS of error over standard error %.3f, want 0.9 to %.2f; %d failed", region.name, models[m].Name(), s.rms(), limit, s.failed)
			}
		}
	}
}
