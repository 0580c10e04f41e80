package cli

import (
	"encoding/json"
	"math"

	"tacstream/fit"
)

// printJSON writes {"estimates":[…]}; what a model does not have is left out. An end
// of an interval that the data do not set is null.
func (r fitResult) printJSON(e *env) error {
	list := make([]map[string]any, 0, len(r.estimates))
	for i, est := range r.estimates {
		se := map[string]float64{}
		entry := map[string]any{"region": est.Region, "model": est.Model, "warnings": warningsOf(est.Warnings), "se": se}
		for _, p := range est.Parameters {
			if finite(p.Value) {
				entry[string(p.Symbol)] = p.Value
			}
			if finite(p.SE) {
				se[string(p.Symbol)] = p.SE
			}
		}
		if low, high := est.Interval(confidence); !math.IsNaN(low) {
			entry["interval"] = map[string][2]*float64{string(est.Main()): {ending(low), ending(high)}}
		}
		for name, v := range map[string]float64{"aic": est.AIC, "aicc": est.AICc, "bic": est.BIC, "akaike_weight": r.weights[i], "rss": est.RSS} {
			if finite(v) {
				entry[name] = v
			}
		}
		if est.K2PrimeSE > 0 {
			entry["se_from_k2prime"] = est.K2PrimeSE
		}
		if c := correlations(est); len(c) > 0 {
			entry["correlation"] = c
		}
		if est.TStar > 0 {
			entry["t_star"] = est.TStar.Seconds()
		}
		if b := r.resampledOf(est); b != nil {
			entry["bootstrap"] = b
		}
		list = append(list, entry)
	}
	return json.NewEncoder(e.stdout).Encode(map[string]any{"estimates": list})
}

// ending returns an end of an interval, nil for one that the data do not set.
func ending(x float64) *float64 {
	if !finite(x) {
		return nil
	}
	return &x
}

// correlations returns those of the parameters' errors, by both symbols.
func correlations(e fit.Estimate) map[string]float64 {
	c := map[string]float64{}
	for i, a := range e.Parameters {
		for _, b := range e.Parameters[i+1:] {
			if r := e.Correlation(a.Symbol, b.Symbol); finite(r) {
				c[string(a.Symbol)+","+string(b.Symbol)] = r
			}
		}
	}
	return c
}

// resampledOf returns what the bootstrap says of an estimate, nil for nothing.
func (r fitResult) resampledOf(e fit.Estimate) map[string]map[string]float64 {
	for _, s := range r.resampled {
		if s.Region != e.Region || s.Model != e.Model {
			continue
		}
		all := map[string]map[string]float64{}
		for _, p := range s.Parameters {
			if finite(p.SD) {
				all[string(p.Symbol)] = map[string]float64{"sd": p.SD, "bias": p.Bias, "low": p.Low, "high": p.High}
			}
		}
		return all
	}
	return nil
}
