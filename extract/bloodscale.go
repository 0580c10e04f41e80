package extract

import (
	"slices"
	"time"

	"tacstream/ingest"
)

// The range of the uptake of tissue from blood, see Uptake, in mL/cm³/min. No
// tissue has more blood flow than a few mL/cm³/min, and none of which a scan is
// made takes up less than a thousandth of one. Between them lie four powers of ten,
// so that blood a thousand times too high or too low shows in most scans.
const (
	leastUptake = 1e-3
	mostUptake  = 10.0
)

// usualScan is the length of a scan up to which leastUptake holds; in longer ones
// the integral of the blood grows on, and the bound falls as one over the time.
const usualScan = 2 * time.Hour

// uptakeFrom is when uptake is looked for first: before that the blood in the
// region is most of what is there.
const uptakeFrom = 3 * time.Minute

// Uptake returns the largest ratio over the frames of the activity in tissue to the
// integral of that in blood up to the middle of the frame, in mL/cm³/min, in the
// median of the regions. It is at most K1 but for the blood in the region, and not
// far below. Tacs hold the activity as it decayed. Blood is plasma, or whole blood
// where there is no plasma; delay is that of the tissue. 0 means that nothing is
// known.
func (b Blood) Uptake(frames []ingest.Frame, halfLife time.Duration, tacs []TAC, delay time.Duration) float64 {
	samples := b.Parent
	if samples == nil {
		samples = b.Whole
	}
	integral := make([]float64, len(frames))
	for f, frame := range frames {
		integral[f] = integralTo(samples, frame.Mid()-delay)
	}
	var all []float64
	for _, t := range tacs {
		most := 0.0
		for f, u := range t.BqPerML[:min(len(t.BqPerML), len(frames))] {
			if frames[f].End() >= uptakeFrom && integral[f] > 0 {
				most = max(most, u*frames[f].DecayFactor(halfLife, 0)/integral[f])
			}
		}
		if most > 0 {
			all = append(all, most)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// integralTo returns the integral of samples from model zero to a time, by
// trapezoids, in Bq/mL times min.
func integralTo(samples []Sample, until time.Duration) (sum float64) {
	last := Sample{}
	for _, s := range samples {
		if s.At <= 0 {
			last = Sample{0, s.BqPerML}
			continue
		}
		if s.At > until {
			break
		}
		sum += (s.BqPerML + last.BqPerML) / 2 * (s.At - last.At).Minutes()
		last = s
	}
	if until > last.At {
		sum += last.BqPerML * (until - last.At).Minutes()
	}
	return sum
}

// leastUptakeOf returns the least uptake that is not doubted in a scan.
func leastUptakeOf(frames []ingest.Frame) float64 {
	end := frames[len(frames)-1].End()
	return leastUptake / max(1, float64(end)/float64(usualScan))
}

// CheckScale doubts an uptake that no tissue has.
func (b Blood) CheckScale(frames []ingest.Frame, uptake float64) []ingest.Warning {
	least := leastUptakeOf(frames)
	switch {
	case uptake > 0 && uptake < least:
		return []ingest.Warning{ingest.Warn(ingest.WarnBloodScale, ingest.LevelDoubt, uptake, least,
			"The median region takes up %.3g mL/cm³/min from blood, less than %.3g: blood is in another unit than the curves, by a factor of about 1000, or the tracer does not enter.", uptake, least)}
	case uptake > mostUptake:
		return []ingest.Warning{ingest.Warn(ingest.WarnBloodScale, ingest.LevelDoubt, uptake, mostUptake,
			"The median region takes up %.3g mL/cm³/min from blood, more than the %g that blood can carry: blood is in another unit than the curves, by a factor of about 1000, or its peak was missed.", uptake, mostUptake)}
	}
	return nil
}

// AssumedBloodUnit is the unit in which samples are read where nothing states one: that
// of BIDS' examples.
const AssumedBloodUnit = "kBq/mL"

// UnstatedBloodUnit is the warning of samples of which nothing states the unit.
func UnstatedBloodUnit() ingest.Warning {
	return ingest.Warn(ingest.WarnBlood, ingest.LevelDoubt, 0, 0,
		"Nothing states the unit of the activity in blood; it is read in %s.", AssumedBloodUnit)
}

// Settle finds the unit of blood where nothing states it. Samples were read in
// AssumedBloodUnit; where the tissue's uptake from that cannot be, and from the same
// numbers in Bq/mL or MBq/mL can, they are taken to be in that unit, which is doubted. Blood of
// which the unit is stated comes back as it is.
func (b Blood) Settle(curves Curves) Blood {
	if !b.UnitAssumed || len(curves.Frames) == 0 {
		return b
	}
	uptake := b.Uptake(curves.Frames, curves.HalfLife, curves.TACs, 0)
	if uptake == 0 || len(b.CheckScale(curves.Frames, uptake)) == 0 {
		return b
	}
	for _, unit := range []struct {
		name   string
		factor float64 // of AssumedBloodUnit
	}{{"Bq/mL", 1e-3}, {"MBq/mL", 1e3}} {
		other := uptake / unit.factor
		if len(b.CheckScale(curves.Frames, other)) > 0 {
			continue
		}
		b.Parent, b.Whole = scaled(b.Parent, unit.factor), scaled(b.Whole, unit.factor)
		b.Warnings = slices.DeleteFunc(slices.Clone(b.Warnings), func(w ingest.Warning) bool {
			return w == UnstatedBloodUnit()
		})
		b.Warnings = append(b.Warnings, ingest.Warn(ingest.WarnBloodScale, ingest.LevelDoubt, other, uptake,
			"Nothing states the unit of the activity in blood. In %s the median region would take up %.3g mL/cm³/min, which cannot be; blood is read in %s, with which that is %.3g.",
			AssumedBloodUnit, uptake, unit.name, other))
		return b
	}
	return b
}

// scaled returns samples times a factor, nil for nil.
func scaled(list []Sample, factor float64) []Sample {
	list = slices.Clone(list)
	for i := range list {
		list[i].BqPerML *= factor
	}
	return list
}
