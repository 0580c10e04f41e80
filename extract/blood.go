package extract

import (
	"time"

	"tacstream/ingest"
)

// A Sample is one value of blood, corrected for decay to model zero.
type Sample struct {
	At      time.Duration // after model zero
	BqPerML float64
}

// Blood holds the arterial curves of one scan.
type Blood struct {
	Parent []Sample // unmetabolised tracer in plasma, in time order, no repeats; nil where it was not measured
	Whole  []Sample // whole blood, likewise; nil where it was not measured
	// UnitAssumed means that nothing states the unit of the samples, see Settle.
	UnitAssumed bool
	Warnings    []ingest.Warning
}

// bloodEndSlack is how long before the end of the scan the samples may stop.
const bloodEndSlack = time.Minute

// Check returns what is to be said of blood when the scan ends at end, after
// model zero: samples that stop earlier leave the rest of the curve to
// extrapolation.
func (b Blood) Check(end time.Duration) []ingest.Warning {
	var list []ingest.Warning
	for _, curve := range []struct {
		name    string
		samples []Sample
	}{{"plasma", b.Parent}, {"whole blood", b.Whole}} {
		if len(curve.samples) == 0 {
			continue
		}
		if short := end - curve.samples[len(curve.samples)-1].At; short > bloodEndSlack {
			list = append(list, ingest.Warn(ingest.WarnBlood, ingest.LevelWarn, short.Seconds(), bloodEndSlack.Seconds(),
				"The last sample of %s lies %.4g s before the end of the scan, more than %g s; the rest of its curve is extrapolated.",
				curve.name, short.Seconds(), bloodEndSlack.Seconds()))
		}
	}
	return append(list, b.checkRatio()...)
}

// largestRatio is the ratio of the peaks of whole blood and plasma, in either
// direction, up to which nothing is said.
const largestRatio = 30

// checkRatio says where whole blood and plasma cannot be in one unit.
func (b Blood) checkRatio() []ingest.Warning {
	plasma, whole := peakOf(b.Parent), peakOf(b.Whole)
	if plasma <= 0 || whole <= 0 || plasma <= largestRatio*whole && whole <= largestRatio*plasma {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnBloodScale, ingest.LevelDoubt, whole/plasma, largestRatio,
		"The peak of whole blood is %.3g times that of plasma, a factor of more than %d: the two are not in one unit.", whole/plasma, largestRatio)}
}

// peakOf returns the largest of the samples, 0 where none is above 0.
func peakOf(list []Sample) float64 {
	top := 0.0
	for _, s := range list {
		top = max(top, s.BqPerML)
	}
	return top
}
