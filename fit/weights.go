package fit

import "math"

// The variance of a frame mean U of the activity as it decays is
//
//	Var U = q Û / d
//
// with the expected activity Û and the frame's duration d in minutes, since
// what is counted is Û d. For decay-corrected values C = U·DF that is the
// familiar q Ĉ e^(λt) / d. The level q is the curve's own and is estimated.

// floorFraction keeps frames with next to no activity from getting next to
// all weight: Û counts as at least this fraction of its largest value.
const floorFraction = 0.02

// unitVariances writes Var U / q of each frame into v, given the expected
// activity. The expectation comes from a model, not from the data: weights
// that follow the noise bias the fit.
func (g *grid) unitVariances(expected, v []float64) {
	top := math.SmallestNonzeroFloat64 / floorFraction
	for _, u := range expected {
		top = max(top, u)
	}
	for i, u := range expected {
		v[i] = max(u, floorFraction*top) / g.length[i]
	}
}

// weigh turns variances into weights with mean 1.
func weigh(v, w []float64) {
	sum := 0.0
	for i := range v {
		w[i] = 1 / v[i]
		sum += w[i]
	}
	for i := range w {
		w[i] *= float64(len(w)) / sum
	}
}

// even sets all weights to 1.
func even(w []float64) {
	for i := range w {
		w[i] = 1
	}
}

// ownNoise estimates the noise level q of a curve from itself. Each frame is
// compared with the cubic through its two neighbours on either side, over the
// logarithm of time, on which tracer curves are smooth; the mean square of
// what is left, over what unit noise would leave, is q.
func (g *grid) ownNoise(means, v []float64) float64 {
	sum, n := 0.0, 0.0
	for i := 2; i+2 < len(means); i++ {
		diff, unit := means[i], v[i]
		around := [4]int{i - 2, i - 1, i + 1, i + 2}
		for _, j := range around {
			l := 1.0
			for _, k := range around {
				if k != j {
					l *= math.Log(g.mid[i]/g.mid[k]) / math.Log(g.mid[j]/g.mid[k])
				}
			}
			diff -= l * means[j]
			unit += l * l * v[j]
		}
		sum += diff * diff / unit
		n++
	}
	if n == 0 {
		return 0
	}
	return sum / n
}
