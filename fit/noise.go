package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// The variance of a frame mean U of the activity as it decays is
//
//	Var U = q Û / d
//
// with the expected activity Û and the frame's duration d in minutes, since
// what is counted is Û d. For decay-corrected values C = U·DF that is the
// familiar q Ĉ e^(λt) / d. The level q is the curve's own and is estimated.

// floorFraction keeps frames with next to no activity from getting next to
// all weight: there Û counts as at least this fraction of its largest value. Of
// the variance it is no part: where nothing has arrived nothing scatters.
const floorFraction = 0.02

// unitVariances writes Var U / q of each frame into v, given the expected
// activity. The expectation comes from a model, not from the data: weights
// that follow the noise bias the fit.
func (g *partition) unitVariances(expected, v []float64) {
	v, per := v[:len(expected)], g.perLength[:len(expected)]
	for i, u := range expected {
		if u < 0 {
			u = 0
		}
		v[i] = u * per[i]
	}
}

// weigh turns the expected activity of all frames into weights of those from
// first on, with mean 1.
func (g *partition) weigh(expected []float64, first int, w []float64) {
	top := math.SmallestNonzeroFloat64 / floorFraction
	for _, u := range expected {
		if u > top {
			top = u
		}
	}
	floor := floorFraction * top
	sum := 0.0
	length, expected := g.length[first:][:len(w)], expected[first:][:len(w)]
	for i, u := range expected {
		if u < floor {
			u = floor
		}
		w[i] = length[i] / u
		sum += w[i]
	}
	floats.Scale(float64(len(w))/sum, w)
}

// normalise brings weights to a mean of 1.
func normalise(w []float64) {
	floats.Scale(float64(len(w))/floats.Sum(w), w)
}

// cubics returns the weights of the two frames on either side of each in the
// cubic through their means over the logarithm of time, on which tracer curves
// are smooth. The first and the last two frames have none.
func cubics(mid []float64) [][4]float64 {
	list, at := make([][4]float64, len(mid)), make([]float64, len(mid))
	for i, t := range mid {
		at[i] = math.Log(t)
	}
	for i := 2; i+2 < len(mid); i++ {
		around := [4]int{i - 2, i - 1, i + 1, i + 2}
		for n, j := range around {
			list[i][n] = 1
			for _, k := range around {
				if k != j {
					list[i][n] *= (at[i] - at[k]) / (at[j] - at[k])
				}
			}
		}
	}
	return list
}

// ownNoise estimates the noise level q of a curve from itself. Each frame is
// compared with the cubic through its neighbours; the mean square of what is
// left, over what unit noise would leave, is q. Frames that leave far more than
// the others do, as where the tracer arrives, are no noise.
func (g *partition) ownNoise(means, v []float64) float64 {
	var room [128]float64 // that most scans do with
	left := room[:0]
	for i := 2; i+2 < len(means); i++ {
		diff, unit := means[i], v[i]
		for n, j := range [4]int{i - 2, i - 1, i + 1, i + 2} {
			l := g.between[i][n]
			diff -= l * means[j]
			unit += l * l * v[j]
		}
		if unit > 0 {
			left = append(left, diff*diff/unit)
		}
	}
	if len(left) == 0 {
		return 0
	}
	slices.Sort(left)
	// The median of the square of a normal deviate is 0.455.
	limit := farOff * farOff * left[len(left)/2] / 0.455
	sum, n := 0.0, 0.0
	for _, x := range left {
		if x <= limit {
			sum += x
			n++
		}
	}
	return sum / n
}

// farOff is the number of standard deviations beyond which a frame is off its
// neighbours for other reasons than noise.
const farOff = 5
