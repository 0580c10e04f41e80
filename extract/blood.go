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
	Parent   []Sample // unmetabolised tracer in plasma, in time order, no repeats; nil where it was not measured
	Whole    []Sample // whole blood, likewise; nil where it was not measured
	Warnings []ingest.Warning
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
	return list
}
