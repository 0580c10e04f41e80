package fit

import (
	"fmt"
	"math"

	"tacstream/ingest"
)

// The limits of the rules of quality.
const (
	seWarn      = 0.10 // of BPND
	seDoubt     = 0.25
	seSmall     = 0.1 // where BPND is below smallBPND
	smallBPND   = 0.3
	lowestBPND  = -0.1
	highestBPND = 15
	lowestR1    = 0.3
	highestR1   = 2.0
	runsP       = 0.01
	agreeRel    = 0.10
	agreeAbs    = 0.05
)

// commonWarnings are those that every model's estimate may deserve.
func commonWarnings(e Estimate, u []float64) []ingest.Warning {
	var list []ingest.Warning
	add := func(bad bool, code ingest.Code, level ingest.Level, value, limit float64, detail string) {
		if bad {
			list = append(list, ingest.Warning{Code: code, Level: level, Value: value, Threshold: limit, Detail: detail})
		}
	}
	bp, se := e.Get(BPND)
	rel := math.Abs(se / bp)
	switch {
	case math.Abs(bp) <= smallBPND:
		add(se > seSmall, ingest.WarnSE, ingest.LevelWarn, se, seSmall, "standard error of a small BPND")
	case rel > seDoubt:
		add(true, ingest.WarnSE, ingest.LevelDoubt, rel, seDoubt, "standard error of BPND over BPND")
	default:
		add(rel > seWarn, ingest.WarnSE, ingest.LevelWarn, rel, seWarn, "standard error of BPND over BPND")
	}
	add(math.IsNaN(se), ingest.WarnSE, ingest.LevelDoubt, math.NaN(), seDoubt, "BPND has no standard error: the parameters cannot be told apart")
	add(bp < lowestBPND, ingest.WarnBPRange, ingest.LevelWarn, bp, lowestBPND, "BPND is clearly negative")
	add(bp > highestBPND, ingest.WarnBPRange, ingest.LevelDoubt, bp, highestBPND, "BPND is beyond what tracers reach")
	r1, _ := e.Get(R1)
	add(r1 < lowestR1, ingest.WarnR1Range, ingest.LevelWarn, r1, lowestR1, "R1 is low")
	add(r1 > highestR1, ingest.WarnR1Range, ingest.LevelWarn, r1, highestR1, "R1 is high")
	p := runsTest(e.Fitted, u)
	add(p < runsP, ingest.WarnResiduals, ingest.LevelWarn, p, runsP, "probability of so few or many runs of residuals with one sign")
	return list
}

// runsTest returns the two-sided probability that residuals without any order
// have as few or as many runs of one sign (Wald & Wolfowitz, Ann Math Stat
// 1940;11:147–162, doi:10.1214/aoms/1177731909), in the normal approximation.
// Residuals that are nothing but rounding have no signs worth counting.
func runsTest(fitted, u []float64) float64 {
	plus, minus, runs, before := 0.0, 0.0, 0.0, 0
	for f := range fitted {
		r := u[f] - fitted[f]
		if math.IsNaN(r) || math.Abs(r) <= 1e-3*math.Abs(u[f]) {
			continue
		}
		sign := 1
		if r < 0 {
			sign = -1
			minus++
		} else {
			plus++
		}
		if sign != before {
			runs++
		}
		before = sign
	}
	n := plus + minus
	if plus < 4 || minus < 4 {
		return 1
	}
	mean := 2*plus*minus/n + 1
	variance := (mean - 1) * (mean - 2) / (n - 1)
	return math.Erfc(math.Max(math.Abs(runs-mean)-0.5, 0) / math.Sqrt(2*variance))
}

func (p *prepared) gapWarning(g gap) ingest.Warning {
	h := p.knots[g.piece+1] - p.knots[g.piece]
	what := "before the first frame"
	if g.before >= 0 {
		what = fmt.Sprintf("after frame %d", p.from+g.before+1)
	}
	return ingest.Warning{
		Code: ingest.WarnFrameGap, Level: ingest.LevelWarn, Value: 60 * h, Threshold: 1, Detail: "gap in s " + what + ": the curves in it are interpolated",
	}
}

func degenerate() ingest.Warning {
	return ingest.Warning{
		Code: ingest.WarnSE, Level: ingest.LevelDoubt, Value: math.NaN(), Threshold: seDoubt,
		Detail: "the model has no unique solution here: the curve is empty or proportional to the reference",
	}
}

// Agree returns the estimates with a warning on those whose BPND differs from
// another model's of the same region by more than a tenth, or 0.05 where that
// is more.
func Agree(all []Estimate) []Estimate {
	all = append([]Estimate{}, all...)
	for i := range all {
		bp, _ := all[i].Get(BPND)
		worst := 0.0
		for _, other := range all {
			if b, _ := other.Get(BPND); other.Region == all[i].Region && math.Abs(b-bp) > math.Abs(worst) {
				worst = b - bp
			}
		}
		if limit := math.Max(agreeRel*math.Abs(bp), agreeAbs); math.Abs(worst) > limit {
			all[i].Warnings = append(all[i].Warnings[:len(all[i].Warnings):len(all[i].Warnings)], ingest.Warning{
				Code: ingest.WarnModelAgree, Level: ingest.LevelWarn, Value: worst, Threshold: limit, Detail: "BPND of another model differs by so much",
			})
		}
	}
	return all
}
