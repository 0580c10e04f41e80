package table

import (
	"math"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// What is doubted of parent fractions.
const (
	maxFractionRise = 0.02 // by which one may rise, which metabolism only lowers
	maxFractionSlip = 2    // that noise can make of one; above, it is a percentage
)

// metabolise multiplies samples of plasma by the parent fraction, in place.
func (b *bloodReading) metabolise(list []extract.Sample) {
	fractions := b.fractions()
	if len(fractions) == 0 {
		b.warn(ingest.LevelWarn, 1, 0, "No parent fraction is known, so all activity in plasma is taken as the tracer itself.")
		return
	}
	last := fractions[len(fractions)-1].At
	for i := range list {
		list[i].BqPerML *= fractionAt(fractions, list[i].At)
	}
	if n := len(list); n > 0 && list[n-1].At-last > longestBloodGap {
		held := (list[n-1].At - last).Seconds()
		b.warn(ingest.LevelNotice, held, longestBloodGap.Seconds(),
			"The last parent fraction is kept for %.4g s, to the last sample of plasma; up to %g s is normal.", held, longestBloodGap.Seconds())
	}
}

// fractions returns the parent fractions, within 0 and 1.
func (b *bloodReading) fractions() []extract.Sample {
	list := b.samples(fraction)
	b.unpercent(list)
	if n := countOf(list, func(f float64) bool { return f < 0 || f > 1 }); n > 0 {
		b.warn(ingest.LevelWarn, float64(n), 0, "The parent fraction is below 0 or above 1 in %s; such samples count as the nearer of the two.", ingest.Count(n, "sample"))
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
func (b *bloodReading) unpercent(list []extract.Sample) {
	if len(list) == 0 {
		return
	}
	above := countOf(list, func(f float64) bool { return f > 1 })
	largest, factor := list[peak(list)].BqPerML, 1.0
	switch {
	case 2*above > len(list) && largest > maxFractionSlip:
		factor = percent
		b.warn(ingest.LevelWarn, float64(above), 0, "The parent fraction is above 1 in %s, so all of its values are read as percentages.", ingest.Count(above, "sample"))
	case b.factor[fraction] == percent && 0 < largest && largest <= percent:
		factor = 1 / percent
		b.warn(ingest.LevelDoubt, float64(len(list)), 0, "The parent fraction is stated in percent, but all of its %s are at most 1; they are read as fractions.", ingest.Count(len(list), "value"))
	}
	for i := range list {
		list[i].BqPerML *= factor
	}
}

// rises names the parent fraction that lies highest above an earlier one.
func (b *bloodReading) rises(list []extract.Sample) {
	lowest, most, at := math.Inf(1), maxFractionRise, time.Duration(0)
	for _, s := range list {
		lowest = min(lowest, s.BqPerML)
		if rise := s.BqPerML - lowest; rise > most {
			most, at = rise, s.At
		}
	}
	if most > maxFractionRise {
		b.warn(ingest.LevelWarn, at.Seconds(), 0, "At %.4g s the parent fraction lies %.2f above an earlier one; it is used as it is.", at.Seconds(), most)
	}
}

// countOf returns how many samples are so.
func countOf(list []extract.Sample, so func(float64) bool) int {
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
func fractionAt(list []extract.Sample, at time.Duration) float64 {
	i, exact := slices.BinarySearchFunc(list, at, func(s extract.Sample, at time.Duration) int { return int(max(min(s.At-at, 1), -1)) })
	switch {
	case exact:
		return list[i].BqPerML
	case i == len(list):
		return list[i-1].BqPerML
	}
	from := extract.Sample{At: 0, BqPerML: 1}
	if i > 0 {
		from = list[i-1]
	} else if at <= 0 {
		return 1
	}
	share := float64(at-from.At) / float64(list[i].At-from.At)
	return from.BqPerML + share*(list[i].BqPerML-from.BqPerML)
}
