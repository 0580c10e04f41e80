package fit

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"tacstream/extract"
)

// A Resampled is what a bootstrap says of one region.
type Resampled struct {
	Region     extract.Region
	Model      string
	Parameters []ResampledParameter // in the model's order
	Failed     int                  // fits without an answer
}

// A ResampledParameter is how one parameter scatters.
type ResampledParameter struct {
	Symbol    Symbol
	SD        float64 // from the quartiles, (Q₃ − Q₁)/1.349, so that a few wild fits do not set it
	Bias      float64 // median less the estimate
	Low, High float64 // the 2.5th and 97.5th percentile
}

// The limits of a bootstrap.
const (
	leastDraws = 20
	mostDraws  = 100_000
)

// Bootstrap fits a model to n scans like s: each region's fitted curve with new
// noise of the level that was found, and the reference with new noise of its
// own. Curves that the model leaves out keep their values, with noise. The same
// seed gives the same answer. It takes n times as long as a fit, and holds where
// the first order of Estimate's standard errors does not.
//
// Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6.
func Bootstrap(m Model, s Scan, n int, seed uint64) ([]Resampled, error) {
	if n < leastDraws || n > mostDraws {
		return nil, ErrSettings.Saying("a bootstrap needs %[2]d to %[3]d draws, not %[1]d", n, leastDraws, mostDraws)
	}
	s = s.sharing()
	base, err := m.Fit(s)
	if err != nil {
		return nil, err
	}
	b := newBootstrap(s, base)
	rng := rand.New(rand.NewPCG(seed, 0))
	values := make([]map[Symbol][]float64, len(base))
	out := make([]Resampled, len(base))
	for i, e := range base {
		values[i] = map[Symbol][]float64{}
		out[i] = Resampled{Region: e.Region, Model: e.Model}
	}
	for range n {
		estimates, err := m.Fit(b.draw(rng))
		for i := range base {
			if err != nil {
				out[i].Failed++
				continue
			}
			if v, _ := estimates[i].Get(base[i].Main()); math.IsNaN(v) {
				out[i].Failed++
				continue
			}
			for _, p := range estimates[i].Parameters {
				values[i][p.Symbol] = append(values[i][p.Symbol], p.Value)
			}
		}
	}
	for i, e := range base {
		for _, p := range e.Parameters {
			out[i].Parameters = append(out[i].Parameters, resampled(p, values[i][p.Symbol]))
		}
	}
	return out, nil
}

// resampled sums up the draws of one parameter.
func resampled(p Parameter, draws []float64) ResampledParameter {
	draws = slices.DeleteFunc(draws, math.IsNaN)
	r := ResampledParameter{p.Symbol, math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	if len(draws) < leastDraws {
		return r
	}
	slices.Sort(draws)
	q := func(x float64) float64 { return stat.Quantile(x, stat.LinInterp, draws, nil) }
	const quartiles = 1.349 // between those of the normal distribution, in SDs
	r.SD, r.Bias, r.Low, r.High = (q(0.75)-q(0.25))/quartiles, q(0.5)-p.Value, q(0.025), q(0.975)
	return r
}

// A bootstrap is the world that scans are drawn from.
type bootstrap struct {
	scan  Scan
	means [][]float64 // of each curve
	sd    [][]float64 // of the noise of each frame
}

func newBootstrap(s Scan, base []Estimate) bootstrap {
	b := bootstrap{scan: s}
	growth := growthOf(s)
	for _, t := range s.TACs {
		mean := slices.Clone(t.BqPerML)
		i := slices.IndexFunc(base, func(e Estimate) bool { return e.Region == t.Region })
		level := math.NaN()
		if i >= 0 {
			for f, v := range base[i].Fitted {
				if !math.IsNaN(v) {
					mean[f] = v
				}
			}
			level = base[i].NoiseLevel
		}
		if math.IsNaN(level) {
			level = ownLevel(s, t)
		}
		sd, top := make([]float64, len(mean)), slices.Max(mean)
		for f, v := range mean {
			sd[f] = math.Sqrt(level * math.Max(v, floorFraction*top) * growth[f] / s.Frames[f].Duration.Minutes())
		}
		b.means, b.sd = append(b.means, mean), append(b.sd, sd)
	}
	return b
}

// growthOf returns the factor of every frame by which its variance is more than q U/d,
// 1 in frames before model zero.
func growthOf(s Scan) []float64 {
	list := make([]float64, len(s.Frames))
	for f := range list {
		list[f] = 1
	}
	if p, err := prepareRegions(s, ""); err == nil && p.growth != nil {
		copy(list[p.from:], p.growth)
	}
	return list
}

// ownLevel returns the noise level of a curve by itself.
func ownLevel(s Scan, t extract.TAC) float64 {
	p, err := prepareRegions(s, "")
	if err != nil {
		return 0
	}
	u := p.used(t.BqPerML)
	unit := make([]float64, len(u))
	p.unitVariances(u, unit)
	return p.ownNoise(u, unit)
}

// draw returns a scan with new noise.
func (b bootstrap) draw(rng *rand.Rand) Scan {
	s := b.scan
	s.TACs = slices.Clone(s.TACs)
	for i := range s.TACs {
		values := make([]float64, len(b.means[i]))
		for f := range values {
			values[f] = b.means[i][f] + b.sd[i][f]*rng.NormFloat64()
		}
		s.TACs[i].BqPerML = values
	}
	return s
}
