package ingest

import "math"

// What doses and weights can be: less or more is a header in other units. They
// range from a mouse to a man.
const (
	leastDoseBq, mostDoseBq     = 1e5, 1e11
	leastWeightKg, mostWeightKg = 0.005, 500
)

// Uptake returns dose over body weight in Bq/g, which turns an uptake value
// into Bq/mL corrected for decay to the injection. It is false where the
// header leaves one of them out or has it in other units.
func (s Soft) Uptake() (bqPerG float64, ok bool) {
	ok = s.DoseBq >= leastDoseBq && s.DoseBq <= mostDoseBq && s.WeightKg >= leastWeightKg && s.WeightKg <= mostWeightKg
	if !ok {
		return 0, false
	}
	return s.DoseBq / (1000 * s.WeightKg), true
}

// impossible says which of dose and weight are in the header and cannot be.
func (s Soft) impossible() (list []Warning) {
	for _, v := range []struct {
		name              string
		value, least, top float64
		unit              string
	}{{"RadionuclideTotalDose", s.DoseBq, leastDoseBq, mostDoseBq, "Bq"}, {"PatientWeight", s.WeightKg, leastWeightKg, mostWeightKg, "kg"}} {
		if v.value != 0 && !(v.value >= v.least && v.value <= v.top) {
			list = append(list, Warn(WarnDose, LevelWarn, v.value, v.top,
				"The header's %s of %.4g %s lies outside %.4g to %.4g; no uptake value is calculated with it.", v.name, v.value, v.unit, v.least, v.top))
		}
	}
	return list
}

// sameUptake is by which part a vendor's factor for uptake may differ from that
// which dose, weight and decay give.
const sameUptake = 0.05

// checkUptake compares a vendor's factor for uptake with dose and weight.
func (a Assembly) checkUptake(t Timing) []Warning {
	soft := a.Header.Soft
	bqPerG, ok := soft.Uptake()
	if soft.SUVStated <= 0 || !ok || t.StoredNone || !t.InjectionKnown || t.HalfLife <= 0 {
		return nil
	}
	ratio := soft.SUVStated * bqPerG * math.Exp(-DecayPerSecond(t.HalfLife)*(t.Stored-t.Injection).Seconds())
	if math.Abs(ratio-1) <= sameUptake {
		return nil
	}
	return []Warning{Warn(WarnSUVFactor, LevelDoubt, ratio, 1,
		"The vendor's factor for uptake is %.4g times what Bq/mL, dose, weight and decay give.", ratio)}
}

// BqPerMLPerUnit returns what turns the series' values into Bq/mL, 0 where
// that is not known.
//
// Series in uptake values (GML, and Philips' counts where only the factor to
// these is there) were made by dividing by the dose as it had decayed at the
// time to which the images are corrected, by the header's own injection time,
// whether or not that is right. The same sum undoes it:
//
//	Bq/mL = SUV · dose · e^(−λ (stored − injection)) / weight
func (a Assembly) BqPerMLPerUnit(t Timing) (float64, []Warning) {
	soft := a.Header.Soft
	if soft.BqPerMLPerUnit > 0 || soft.SUVPerUnit == 0 {
		return soft.BqPerMLPerUnit, a.checkUptake(t)
	}
	bqPerG, ok := soft.Uptake()
	if !ok || t.StoredNone || !t.InjectionKnown || t.HalfLife <= 0 {
		return 0, nil
	}
	factor := soft.SUVPerUnit * bqPerG * math.Exp(-DecayPerSecond(t.HalfLife)*(t.Stored-t.Injection).Seconds())
	return factor, []Warning{Warn(WarnFromSUV, LevelWarn, factor, 0,
		"Activity was calculated from uptake values, %.4g Bq/mL per stored unit, with the header's dose of %.4g MBq and weight of %.4g kg; it is only as right as these.",
		factor, soft.DoseBq/1e6, soft.WeightKg)}
}
