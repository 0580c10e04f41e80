package fit

import (
	"fmt"
	"math"
	"slices"

	"tacstream/ingest"
)

// Agree returns the estimates with a warning on those whose main parameter
// differs from that of another model in the same region by more than a tenth,
// for BPND 0.05 where that is more, and more than agreeSE standard errors of the
// difference, and names the model. An efficient estimate and another of the same
// curve differ with the difference of their variances (Hausman, Econometrica
// 1978;46:1251–1271, doi:10.2307/1913827). SUVR is not compared: less 1 it is BPND at equilibrium
// only. Nor are the crude forms MRTM0 and LoganRefNoK2P.
func Agree(all []Estimate) []Estimate {
	all = append([]Estimate{}, all...)
	for i := range all {
		if !all[i].comparable() {
			continue
		}
		main := all[i].Main()
		value, se := all[i].Get(main)
		var worst, beyond float64
		other := ""
		for j := range all {
			if all[j].Region != all[i].Region || !all[j].comparable() {
				continue
			}
			v, own := all[j].Get(main)
			limit := agreeRel * math.Abs(value)
			if main == BPND {
				limit = math.Max(limit, agreeAbs)
			}
			if apart := math.Sqrt(math.Abs(se*se - own*own)); apart > 0 {
				limit = max(limit, agreeSE*apart)
			}
			if by := math.Abs(v-value) / limit; by > 1 && by > beyond {
				worst, beyond, other = v-value, by, all[j].Model
			}
		}
		if beyond > 0 {
			r := rule{true, ingest.WarnModelAgree, ingest.LevelWarn, worst, math.Abs(worst) / beyond, fmt.Sprintf("The %s of %s differs by {value} from this one, more than {limit}.", main, other)}
			all[i].Warnings = append(slices.Clip(all[i].Warnings), r.warning())
		}
	}
	return all
}

// comparable reports whether the estimate is of a model that others are measured by.
func (e Estimate) comparable() bool {
	return e.Model != (SUVR{}).Name() && e.Model != (LoganRefNoK2P{}).Name() && e.Model != (MRTM0{}).Name()
}
