package fit

import (
	"fmt"
	"math"
	"slices"

	"tacstream/ingest"
)

// Agree returns the estimates with a warning on those whose main parameter
// differs from that of another model in the same region by more than a tenth,
// or for BPND 0.05 where that is more, and names the model. SUVR is not compared:
// less 1 it is BPND at equilibrium only. No model is measured by LoganRefNoK2P.
func Agree(all []Estimate) []Estimate {
	all = append([]Estimate{}, all...)
	for i := range all {
		if all[i].Model == (SUVR{}).Name() {
			continue
		}
		main := all[i].Main()
		value, _ := all[i].Get(main)
		worst, other := 0.0, ""
		for j := range all {
			if all[j].Region != all[i].Region || all[j].Model == (SUVR{}).Name() || all[j].Model == (LoganRefNoK2P{}).Name() {
				continue
			}
			if v, _ := all[j].Get(main); math.Abs(v-value) > math.Abs(worst) {
				worst, other = v-value, all[j].Model
			}
		}
		limit := agreeRel * math.Abs(value)
		if main == BPND {
			limit = math.Max(limit, agreeAbs)
		}
		if math.Abs(worst) > limit {
			r := rule{true, ingest.WarnModelAgree, ingest.LevelWarn, worst, limit, fmt.Sprintf("The %s of %s differs by {value} from this one, more than {limit}.", main, other)}
			all[i].Warnings = append(slices.Clip(all[i].Warnings), r.warning())
		}
	}
	return all
}
