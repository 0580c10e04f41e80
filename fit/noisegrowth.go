package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tacstream/ingest"
)

// Where no half-life is known, the curves are most often corrected for decay: their
// noise then grows with the decay factor, and late frames of carbon-11 are tens of
// times as noisy as q U/d says. The noise itself shows by how much. Each frame is
// compared with the cubic through its neighbours, as ownNoise does, and what is left
// in the curves of the scan says how likely the decay of each common nuclide is, and
// none. The mean of their growth, so weighted, is that of the variance. It is used for
// the noise alone: for weights and curves nothing decays.
//
// What is left follows Student's t of few degrees of freedom here, so that frames
// that a cubic does not describe count for little (Lange et al., J Am Stat Assoc
// 1989;84:881–896, doi:10.1080/01621459.1989.10478852).
const (
	growthFreedom = 4.0  // of Student's t
	growthSteps   = 6    // of its scale
	growthFrom    = 5.0  // min, before which curves bend too much
	growthFewest  = 6    // frames that are compared
	growthLargest = 7.0  // decay over a scan, as a logarithm, beyond which nobody scans on
	growthRegions = 24   // that are compared at most
	growthQuiet   = 0.05 // of the noisiest curve's level, below which a curve shows how it bends, not noise
)

// noiseGrowth returns the factor of each frame by which the variance of its mean is
// more than q U/d, nil where the half-life is known.
func (p *prepared) noiseGrowth() []float64 {
	if p.lambda > 0 {
		return nil
	}
	growths := p.growths()
	gains := make([]float64, len(growths))
	all := p.scan.TACs
	levels, most := make([]float64, len(all)), 0.0
	u, v := make([]float64, len(p.mid)), make([]float64, len(p.mid))
	every := (len(all) + growthRegions - 1) / growthRegions
	for i := 0; i < len(all); i += every {
		p.use(all[i].BqPerML, u)
		p.partition.unitVariances(u, v)
		levels[i] = p.ownNoise(u, v)
		most = math.Max(most, levels[i])
	}
	for i := 0; i < len(all); i += every {
		if !(levels[i] > growthQuiet*most) {
			continue
		}
		p.use(all[i].BqPerML, u)
		p.partition.unitVariances(u, v)
		for k, growth := range growths {
			gains[k] += p.likelihood(u, v, growth)
		}
	}
	top := slices.Max(gains)
	mean, sum := make([]float64, len(p.mid)), 0.0
	for k, growth := range growths {
		share := math.Exp(gains[k] - top)
		floats.AddScaled(mean, share, growth)
		sum += share
	}
	floats.Scale(1/sum, mean)
	return mean
}

// growths returns the growth of the variance under no decay and under that of each
// common nuclide with which a scan of this length is made. Each is 1 in the geometric
// mean of the frames.
func (p *prepared) growths() (list [][]float64) {
	for _, nuclide := range []string{"", "F-18", "Ga-68", "C-11", "N-13", "O-15", "Rb-82"} {
		lambda := 0.0
		if halfLife, known := ingest.TableHalfLife(nuclide); known {
			lambda = math.Ln2 / halfLife.Minutes()
		}
		if lambda*p.mid[len(p.mid)-1] > growthLargest {
			continue
		}
		middle := floats.Sum(p.mid) / float64(len(p.mid))
		growth := make([]float64, len(p.mid))
		for i, t := range p.mid {
			growth[i] = math.Exp(lambda * (t - middle))
		}
		list = append(list, growth)
	}
	return list
}

// likelihood returns the logarithm of the likelihood of what the cubics leave of a
// curve whose frames have variances proportional to v times growth.
func (g *partition) likelihood(u, v, growth []float64) float64 {
	var squares, units [maxGrowthFrames]float64
	n := 0
	for i := 2; i+2 < len(u) && n < maxGrowthFrames; i++ {
		if g.mid[i] < growthFrom {
			continue
		}
		left, unit := u[i], v[i]*growth[i]
		for k, j := range [4]int{i - 2, i - 1, i + 1, i + 2} {
			l := g.between[i][k]
			left -= l * u[j]
			unit += l * l * v[j] * growth[j]
		}
		if unit > 0 && left != 0 {
			squares[n], units[n] = left*left/unit, unit
			n++
		}
	}
	if n < growthFewest {
		return 0
	}
	q := 0.0
	for _, x := range squares[:n] {
		q += x / float64(n)
	}
	for range growthSteps {
		sum := 0.0
		for _, x := range squares[:n] {
			sum += (growthFreedom + 1) / (growthFreedom + x/q) * x
		}
		q = sum / float64(n)
	}
	sum := 0.0
	for i, x := range squares[:n] {
		sum -= math.Log(units[i]*q)/2 + (growthFreedom+1)/2*math.Log1p(x/q/growthFreedom)
	}
	return sum
}

// maxGrowthFrames bounds the frames that are compared.
const maxGrowthFrames = 128

// unitVariances writes Var U / q of each frame into v, given the expected activity:
// that of the partition, and what noiseGrowth found.
func (p *prepared) unitVariances(expected, v []float64) {
	p.partition.unitVariances(expected, v)
	if p.growth == nil {
		return
	}
	for i, g := range p.growth[:len(expected)] {
		v[i] *= g
	}
}
