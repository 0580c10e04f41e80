package fit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// withoutHalfLife returns a scan as a table of values corrected for decay gives it,
// of which no half-life is known.
func withoutHalfLife(s fit.Scan) fit.Scan {
	plain := fit.Scan{Frames: s.Frames, Reference: s.Reference}
	for _, t := range s.TACs {
		values := make([]float64, len(t.BqPerML))
		for f, v := range t.BqPerML {
			values[f] = v * s.Frames[f].DecayFactor(s.HalfLife, 0)
		}
		plain.TACs = append(plain.TACs, extract.TAC{Region: t.Region, BqPerML: values})
	}
	return plain
}

// Standard errors hold where no half-life is known too, although late frames are then
// noisier than their values say: about as well as with a half-life where twelve
// regions show how the noise grows, and less so where one does. What is fitted is the
// mean of the curve corrected for decay, for which a table has a decay-weighted one:
// that is a bias, and is not counted here.
func TestStandardErrorsWithoutAHalfLife(t *testing.T) {
	row := figures.Accuracy(t, "BPND, no half-life, one region: standard error over scatter", 28)
	one := row.Within("#")
	row = figures.Accuracy(t, "BPND, no half-life, one region: cover of 95 % intervals", 28)
	oneCover := row.Within("# %")
	row = figures.Accuracy(t, "BPND, no half-life, twelve regions: standard error over scatter", 28)
	twelve := row.Within("#")
	row = figures.Accuracy(t, "BPND, no half-life, twelve regions: cover of 95 % intervals", 28)
	twelveCover := row.Within("# %")
	for _, test := range []struct {
		words          string
		regions, draws int
		ratio, cover   *figures.Figure
		low, high      float64 // of standard error over scatter
		least          float64 // cover
	}{
		{"one region", 1, 400, one, oneCover, 0.85, 1.2, 0.87},
		{"twelve regions", 12, 40, twelve, twelveCover, 0.85, 1.15, 0.91},
	} {
		for i, x := range experiments() {
			t.Run(test.words+", "+x.name, func(t *testing.T) {
				t.Parallel()
				for _, m := range x.withoutHalfLife(t, rand.New(rand.NewPCG(1, uint64(i))), test.regions, test.draws) {
					r := m.told()
					t.Logf("%s: SD %.2f %%, SE/SD %.3f, cover %.3f", m.name, 100*m.sd()/x.k.BPND, r, m.covered)
					test.ratio.Add(r)
					test.cover.Add(100 * m.covered)
					if !(r > test.low && r < test.high) || m.covered < test.least {
						t.Errorf("%s: standard error over scatter %.3f, cover %.3f, want %.2f to %.2f and %.2f",
							m.name, r, m.covered, test.low, test.high, test.least)
					}
				}
			})
		}
	}
}

// A coveredSample is what many noisy scans gave by one model.
type coveredSample struct {
	sample
	name    string
	covered float64 // share of the intervals that hold the truth
}

// withoutHalfLife fits so many draws of scans of so many regions, all alike, of which
// no half-life is known.
func (x experiment) withoutHalfLife(t *testing.T, rng *rand.Rand, regions, draws int) []coveredSample {
	t.Helper()
	k2 := x.k.K2PrimePerMin()
	models := []fit.Model{fit.SRTM{}, fit.SRTM2{K2PrimePerMin: k2}, fit.MRTM{}, fit.LoganRef{TStar: 30 * time.Minute, K2PrimePerMin: k2}}
	list, truths := make([]coveredSample, len(models)), make([]float64, len(models))
	clean := withoutHalfLife(exactScan(x.k, x.ref, x.frames, phantom.CarbonHalfLife))
	for m, model := range models {
		list[m].name = model.Name()
		estimates, err := model.Fit(clean)
		if err != nil {
			t.Fatal(err)
		}
		truths[m], _ = estimates[0].Get(fit.BPND)
	}
	for range draws {
		scan := x.scan(rng)
		for r := 1; r < regions; r++ {
			other := x.scan(rng).TACs[1]
			other.Region = extract.Region(fmt.Sprint("other ", r))
			scan.TACs = append(scan.TACs, other)
		}
		scan = withoutHalfLife(scan)
		for m, model := range models {
			estimates, err := model.Fit(scan)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range estimates {
				bpnd, se := e.Get(fit.BPND)
				list[m].add(bpnd, se, truths[m])
				if low, high := e.Interval(0.95); low <= truths[m] && truths[m] <= high {
					list[m].covered += 1 / float64(draws*regions)
				}
			}
		}
	}
	return list
}
