package extract

import (
	"fmt"
	"math"
	"slices"
	"time"

	"tacstream/ingest"
)

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
			list = append(list, ingest.Warning{
				Code: ingest.WarnBlood, Level: ingest.LevelWarn, Value: short.Seconds(), Threshold: bloodEndSlack.Seconds(),
				Detail: "seconds from the last sample of " + curve.name + " to the end of the scan",
			})
		}
	}
	return list
}

// peak returns the number of the largest sample, the first of several.
func peak(list []Sample) int {
	at := 0
	for i, s := range list {
		if s.BqPerML > list[at].BqPerML {
			at = i
		}
	}
	return at
}

// positive makes what is below 0 before the peak 0, and leaves out what is 0
// or less after it.
func (b *bloodReading) positive(list []Sample, q quantity) []Sample {
	if len(list) == 0 {
		return nil
	}
	top, negative, lost := peak(list), 0, 0
	kept := list[:0]
	for i, s := range list {
		switch {
		case i > top && s.BqPerML <= 0:
			lost++
			continue
		case s.BqPerML < 0:
			negative++
			s.BqPerML = 0
		}
		kept = append(kept, s)
	}
	if negative > 0 {
		b.warn(ingest.LevelNotice, float64(negative), 0, fmt.Sprintf("samples of %s below 0 before the peak: they are taken for 0", q))
	}
	if lost > 0 {
		b.warn(ingest.LevelWarn, float64(lost), 0, fmt.Sprintf("samples of %s of 0 or less after the peak: they are left out", q))
	}
	return kept
}

// metabolise multiplies samples of plasma by the parent fraction, in place.
func (b *bloodReading) metabolise(list []Sample) {
	fractions := b.fractions()
	if len(fractions) == 0 {
		b.warn(ingest.LevelWarn, 1, 0, "no parent fraction is known: all of the activity in plasma is taken for the tracer")
		return
	}
	last := fractions[len(fractions)-1].At
	for i := range list {
		list[i].BqPerML *= fractionAt(fractions, list[i].At)
	}
	if n := len(list); n > 0 && list[n-1].At-last > longestBloodGap {
		b.warn(ingest.LevelNotice, (list[n-1].At - last).Seconds(), longestBloodGap.Seconds(),
			"seconds for which the last parent fraction is held")
	}
}

// fractions returns the parent fractions, within 0 and 1.
func (b *bloodReading) fractions() []Sample {
	list := b.samples(fraction)
	b.unpercent(list)
	if n := countOf(list, func(f float64) bool { return f < 0 || f > 1 }); n > 0 {
		b.warn(ingest.LevelWarn, float64(n), 0, "parent fractions below 0 or above 1: the nearer of the two is taken")
	}
	for i := range list {
		list[i].BqPerML = min(max(list[i].BqPerML, 0), 1)
	}
	b.rises(list)
	return list
}

// unpercent turns into fractions, in place, what nothing states to be
// percentages and must be, and what is stated to be and cannot be: close to
// the injection nearly all of the tracer is unmetabolised.
func (b *bloodReading) unpercent(list []Sample) {
	if len(list) == 0 {
		return
	}
	above := countOf(list, func(f float64) bool { return f > 1 })
	largest, factor := list[peak(list)].BqPerML, 1.0
	switch {
	case 2*above > len(list) && largest > maxFractionSlip:
		factor = percent
		b.warn(ingest.LevelWarn, float64(above), 0, "parent fractions above 1: all are taken for percentages")
	case b.factor[fraction] == percent && 0 < largest && largest <= percent:
		factor = 1 / percent
		b.warn(ingest.LevelDoubt, float64(len(list)), 0, "parent fractions of at most 1 that are stated to be percentages: they are taken for fractions")
	}
	for i := range list {
		list[i].BqPerML *= factor
	}
}

// rises names the parent fraction that lies highest above an earlier one.
func (b *bloodReading) rises(list []Sample) {
	lowest, most, at := math.Inf(1), maxFractionRise, time.Duration(0)
	for _, s := range list {
		lowest = min(lowest, s.BqPerML)
		if rise := s.BqPerML - lowest; rise > most {
			most, at = rise, s.At
		}
	}
	if most > maxFractionRise {
		b.warn(ingest.LevelWarn, at.Seconds(), 0, fmt.Sprintf("seconds at which the parent fraction lies %.2f above an earlier one: it is used as it is", most))
	}
}

// countOf returns how many samples are so.
func countOf(list []Sample, so func(float64) bool) int {
	n := 0
	for _, s := range list {
		if so(s.BqPerML) {
			n++
		}
	}
	return n
}

// fractionAt returns the parent fraction at a time: on straight lines between
// the samples and from 1 at model zero to the first, held after the last.
func fractionAt(list []Sample, at time.Duration) float64 {
	i, exact := slices.BinarySearchFunc(list, at, func(s Sample, at time.Duration) int { return int(max(min(s.At-at, 1), -1)) })
	switch {
	case exact:
		return list[i].BqPerML
	case i == len(list):
		return list[i-1].BqPerML
	}
	from := Sample{At: 0, BqPerML: 1}
	if i > 0 {
		from = list[i-1]
	} else if at <= 0 {
		return 1
	}
	share := float64(at-from.At) / float64(list[i].At-from.At)
	return from.BqPerML + share*(list[i].BqPerML-from.BqPerML)
}

// missedPlasma names times at which only whole blood was measured.
func (b *bloodReading) missedPlasma() {
	n := 0
	for _, r := range b.rows {
		if math.IsNaN(r.values[plasma]) && !math.IsNaN(r.values[whole]) {
			n++
		}
	}
	if n > 0 {
		b.warn(ingest.LevelWarn, float64(n), 0, "times with whole blood and without plasma: there the input is interpolated")
	}
}

// doubts names what is odd about the samples of the parent as a whole.
func (b *bloodReading) doubts(list []Sample) {
	last := list[len(list)-1].At
	if !b.stated && last <= shortestScan {
		b.warnings = append(b.warnings, ingest.Warning{
			Code: ingest.WarnTimeAssumed, Level: ingest.LevelDoubt, Value: last.Seconds(), Threshold: shortestScan.Seconds(),
			Detail: "seconds of the last sample: nothing states the unit of time, and minutes would be likelier",
		})
	}
	if peak(list) == 0 {
		b.warn(ingest.LevelDoubt, list[0].At.Seconds(), 0, "seconds of the first sample, which is the largest: the peak was missed")
	}
	longest := time.Duration(0)
	for i := 1; i < len(list); i++ {
		longest = max(longest, list[i].At-list[i-1].At)
	}
	if longest > longestBloodGap {
		b.warn(ingest.LevelNotice, longest.Seconds(), longestBloodGap.Seconds(), "seconds between two samples of plasma, the longest of all")
	}
}

// background names samples that have exactly the value of the first before the
// tracer arrives.
func (b *bloodReading) background(list []Sample) {
	if len(list) == 0 || list[0].BqPerML <= 0 || list[0].BqPerML > arrivedOfPeak*list[peak(list)].BqPerML {
		return
	}
	n := 1
	for n < len(list) && list[n].BqPerML == list[0].BqPerML {
		n++
	}
	if n > 1 {
		b.warn(ingest.LevelNotice, float64(n), 0, "first samples of plasma of the same small value: background of the counter, taken as it is")
	}
}
