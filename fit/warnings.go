package fit

import (
	"math"
	"strconv"
	"strings"

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
	agreeSE     = 2.0
	lowestVB    = -0.02
	highestVB   = 0.5
	usualVB     = 0.2 // above it a region is more vessel than tissue
	clearlySE   = 2.0 // standard errors below 0 from which a fraction counts as negative
	lowestVT    = 0.02
	highestVT   = 200
	lowestK1    = 1e-3
	highestK1   = 5
)

// A rule is a rule of quality as it applies to one number.
type rule struct {
	broken       bool
	code         ingest.Code
	level        ingest.Level
	value, limit float64
	detail       string // a sentence, from its capital to its full stop, with {value} and {limit} where those go
}

// broken returns a warning for each rule that is broken.
func broken(rules ...rule) []ingest.Warning {
	var list []ingest.Warning
	for _, r := range rules {
		if r.broken {
			list = append(list, r.warning())
		}
	}
	return list
}

// warning says that the rule is broken.
func (r rule) warning() ingest.Warning {
	return ingest.Warning{Code: r.code, Level: r.level, Value: finite(r.value), Threshold: r.limit, Detail: r.sentence()}
}

// sentence returns the detail with its numbers in it. Scans of many regions
// have many warnings, so that it takes one pass.
func (r rule) sentence() string {
	text, rest := make([]byte, 0, len(r.detail)+16), r.detail
	for {
		before, after, more := strings.Cut(rest, "{")
		if text = append(text, before...); !more {
			return string(text)
		}
		name, behind, _ := strings.Cut(after, "}")
		rest = behind
		switch name {
		case "value":
			text = appendNumber(text, r.value)
		case "limit":
			text = appendNumber(text, r.limit)
		default: // of a region's name
			text = append(append(append(text, '{'), name...), '}')
		}
	}
}

// appendNumber appends a number as people read it.
func appendNumber(text []byte, x float64) []byte {
	if math.IsNaN(x) || math.Abs(x) >= math.MaxFloat64 {
		return append(text, "∞"...)
	}
	return strconv.AppendFloat(text, x, 'g', 3, 64)
}

// finite returns x, or where x is infinite or no number the largest number:
// events have no such thing.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.Abs(x) > math.MaxFloat64 {
		return math.MaxFloat64
	}
	return x
}

// runsLimit is the probability below which runs are no chance in a scan of so many
// regions: runsP for one, and less where many are tried, down to a tenth.
func runsLimit(regions int) float64 { return runsP / float64(min(max(regions, 1), 10)) }

// judge adds the warnings that the estimate of any model may deserve, in a scan of so
// many regions.
func (e *Estimate) judge(u []float64, regions int) {
	i := e.main()
	if i < 0 || math.IsNaN(e.Parameters[i].Value) {
		e.Warnings = append(e.Warnings, rule{true, ingest.WarnSE, ingest.LevelDoubt, math.NaN(), seDoubt,
			"The model has no single solution here: the curve is empty, or proportional to the input."}.warning())
		return
	}
	list := e.Warnings
	if e.noErrors == "" {
		list = append(list, e.Parameters[i].uncertain()...)
	} else {
		list = append(list, ingest.Warn(ingest.WarnNoSE, ingest.LevelNotice, 0, 0,
			"The model %s gives no standard errors: %s.", e.Model, e.noErrors))
	}
	for i := range e.Parameters {
		list = append(list, e.Parameters[i].warnings()...)
	}
	if most := e.nominalLimit(i); e.nominal > most {
		list = append(list, rule{true, ingest.WarnIdentify, ingest.LevelWarn, e.nominal, most,
			"A scan with 3 % noise in the middle gives " + string(e.Parameters[i].Symbol) + " a relative standard error of {value} at best, above {limit}."}.warning())
	}
	if p, limit := runsTest(e.Fitted, u), runsLimit(regions); p < limit {
		list = append(list, rule{true, ingest.WarnResiduals, ingest.LevelWarn, p, limit,
			"Residuals of one sign come in too few or too many runs: by chance that has a probability of {value}, below {limit}."}.warning())
	}
	e.Warnings = list
}

// mostNominal is the relative standard error up to which a parameter counts as
// identifiable in a curve without noise.
const mostNominal = 0.10

// leastSeen is the noise in the middle of a scan from which on its standard errors
// say themselves what the scan determines.
const leastSeen = 0.003

// nominalLimit returns the relative standard error in a scan of nominalNoise from
// which the main parameter is not identifiable. Where the curve has noise of its own
// the standard error of BPND says that better.
func (e *Estimate) nominalLimit(main int) float64 {
	p := e.Parameters[main]
	if p.Symbol == BPND && p.SE/math.Abs(p.Value) >= e.nominal*leastSeen/nominalNoise {
		return math.Inf(1)
	}
	return mostNominal
}

// warnings says where a parameter lies outside what can be.
func (p *Parameter) warnings() []ingest.Warning {
	switch p.Symbol {
	case BPND:
		if p.Value >= lowestBPND && p.Value <= highestBPND {
			return nil
		}
		return broken(
			rule{p.Value < lowestBPND, ingest.WarnBPRange, ingest.LevelWarn, p.Value, lowestBPND, "BPND is clearly negative: {value}, below {limit}."},
			rule{p.Value > highestBPND, ingest.WarnBPRange, ingest.LevelDoubt, p.Value, highestBPND, "BPND of {value} is beyond what tracers reach, {limit}."},
		)
	case R1:
		if p.Value >= lowestR1 && p.Value <= highestR1 {
			return nil
		}
		return broken(
			rule{p.Value < lowestR1, ingest.WarnR1Range, ingest.LevelWarn, p.Value, lowestR1, "R1 is low: {value}, below {limit}."},
			rule{p.Value > highestR1, ingest.WarnR1Range, ingest.LevelWarn, p.Value, highestR1, "R1 is high: {value}, above {limit}."},
		)
	case K2, K2Prime, K1, K3, K4, VT:
		if p.Value < 0 {
			return broken(rule{true, ingest.WarnNegativeRate, ingest.LevelDoubt, p.Value, 0, "The parameter " + string(p.Symbol) + " is negative, {value}: the model does not hold here."})
		}
		return p.reach()
	case VB:
		impossible := p.Value < lowestVB || p.Value > highestVB
		return broken(
			rule{impossible, ingest.WarnNegativeRate, ingest.LevelDoubt, p.Value, 0, "The fraction of blood is impossible, {value}: the model does not hold here."},
			rule{!impossible && p.Value+clearlySE*p.SE < 0, ingest.WarnVBRange, ingest.LevelWarn, p.Value, 0,
				"The fraction of blood is clearly negative, {value}: check the delay of the blood and its unit."},
			rule{!impossible && p.Value > usualVB, ingest.WarnVBRange, ingest.LevelWarn, p.Value, usualVB,
				"The fraction of blood is {value}, above {limit}: a vessel, or blood in another unit or at another time."},
		)
	}
	return nil
}

// reach says where VT or K1, at least 0, lies beyond what tracers reach.
func (p *Parameter) reach() []ingest.Warning {
	switch p.Symbol {
	case VT:
		return broken(
			rule{p.Value < lowestVT, ingest.WarnVTRange, ingest.LevelWarn, p.Value, lowestVT,
				"VT is {value} mL/cm³, below {limit}: hardly any tracer enters, or blood and curves are not in one unit."},
			rule{p.Value > highestVT, ingest.WarnVTRange, ingest.LevelDoubt, p.Value, highestVT,
				"VT of {value} mL/cm³ is beyond what tracers reach, {limit}: check the unit of the blood."},
		)
	case K1:
		return broken(
			rule{p.Value < lowestK1, ingest.WarnK1Range, ingest.LevelWarn, p.Value, lowestK1,
				"K1 is {value} mL/cm³/min, below {limit}: hardly any tracer enters, or blood and curves are not in one unit."},
			rule{p.Value > highestK1, ingest.WarnK1Range, ingest.LevelDoubt, p.Value, highestK1,
				"K1 of {value} mL/cm³/min is more than blood can carry, {limit}: check the unit and the delay of the blood."},
		)
	}
	return nil
}

// uncertain judges the standard error of a main parameter: beside its value, or
// by itself where it is a small BPND.
func (p *Parameter) uncertain() []ingest.Warning {
	relative := math.Abs(p.SE / p.Value)
	switch {
	case math.IsNaN(p.SE):
		return broken(rule{true, ingest.WarnSE, ingest.LevelDoubt, p.SE, seDoubt, "The parameter " + string(p.Symbol) + " has no standard error: the parameters cannot be told apart."})
	case p.Symbol == BPND && math.Abs(p.Value) <= smallBPND:
		if p.SE > seSmall {
			return broken(rule{true, ingest.WarnSE, ingest.LevelWarn, p.SE, seSmall, "The standard error of a small BPND is {value}, above {limit}."})
		}
	case relative > seDoubt:
		return broken(rule{true, ingest.WarnSE, ingest.LevelDoubt, relative, seDoubt, "The standard error of " + string(p.Symbol) + " is {value} of its value, above {limit}."})
	case relative > seWarn:
		return broken(rule{true, ingest.WarnSE, ingest.LevelWarn, relative, seWarn, "The standard error of " + string(p.Symbol) + " is {value} of its value, above {limit}."})
	}
	return nil
}

// runsTest returns the two-sided probability that residuals without any order
// have as few or as many runs of one sign (Wald & Wolfowitz, Ann Math Stat
// 1940;11:147–162, doi:10.1214/aoms/1177731909), in the normal approximation.
// Residuals that are nothing but rounding have no signs worth counting.
func runsTest(fitted, u []float64) float64 {
	count, below, changes, before := 0, 0, 0, 0 // no branch waits for a sign, which nobody can foresee
	for f, v := range u[:len(fitted)] {
		r := v - fitted[f]
		if !(math.Abs(r) > 1e-3*math.Abs(v)) {
			continue
		}
		sign := int(math.Float64bits(r) >> 63)
		if count == 0 {
			before = sign
		}
		count++
		below += sign
		changes += sign ^ before
		before = sign
	}
	n, minus := float64(count), float64(below)
	plus := n - minus
	if plus < 4 || minus < 4 {
		return 1
	}
	mean := 2*plus*minus/n + 1
	variance := (mean - 1) * (mean - 2) / (n - 1)
	return math.Erfc(math.Max(math.Abs(float64(changes+1)-mean)-0.5, 0) / math.Sqrt(2*variance))
}

// boundWarning says that the search for θ ended at an end of its range.
func boundWarning(theta float64) []ingest.Warning {
	const near = 1.001
	if theta > thetaMin*near && theta < thetaMax/near {
		return nil
	}
	return broken(
		rule{theta <= thetaMin*near, ingest.WarnFitBound, ingest.LevelWarn, theta, thetaMin, "The rate k2/(1+BPND) of {value} /min lies on a bound of its search, {limit} /min."},
		rule{theta >= thetaMax/near, ingest.WarnFitBound, ingest.LevelWarn, theta, thetaMax, "The rate k2/(1+BPND) of {value} /min lies on a bound of its search, {limit} /min."},
	)
}
