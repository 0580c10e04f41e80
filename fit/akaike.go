package fit

import (
	"math"

	"tacstream/extract"
)

// AkaikeWeights returns, for each estimate, the weight of evidence for its
// model among those of the same region that were fitted to the same frames:
//
//	w = e^(−Δ/2) / Σ e^(−Δ/2)    Δ = AICc − least AICc
//
// It is NaN for estimates whose model leaves frames out, as graphical plots do,
// or takes no part in a likelihood, such as SUVR: nothing compares these.
//
// Source: Burnham & Anderson, Model Selection and Multimodel Inference, 2002,
// chapter 2.
func AkaikeWeights(all []Estimate) []float64 {
	least := map[extract.Region]float64{}
	for _, e := range all {
		if v, ok := least[e.Region]; e.compares() && (!ok || e.AICc < v) {
			least[e.Region] = e.AICc
		}
	}
	weights, sums := make([]float64, len(all)), map[extract.Region]float64{}
	for i, e := range all {
		if weights[i] = math.NaN(); e.compares() {
			weights[i] = math.Exp((least[e.Region] - e.AICc) / 2)
			sums[e.Region] += weights[i]
		}
	}
	for i, e := range all {
		weights[i] /= sums[e.Region]
	}
	return weights
}

// compares reports whether the estimate is of all frames after model zero.
func (e Estimate) compares() bool {
	if math.IsNaN(e.AICc) || e.Line != nil {
		return false
	}
	missing := 0
	for i, v := range e.Fitted {
		if math.IsNaN(v) && e.Weights[i] == 0 && missing == i {
			missing++ // frames before model zero
		} else if math.IsNaN(v) {
			return false
		}
	}
	return e.TStar == 0
}
