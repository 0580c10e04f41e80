package table

import (
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// minBloodSamples is how many samples make an input.
const minBloodSamples = 4

// arrivedOfPeak is the part of the peak below which the tracer has not arrived.
const arrivedOfPeak = 0.05

// positive makes what is below 0 before the peak 0, and leaves out what is 0
// or less after it.
func (b *bloodReading) positive(list []extract.Sample, q quantity) []extract.Sample {
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
		b.warn(ingest.LevelNotice, float64(negative), 0, "The curve of %s has %s below 0 before the peak; such samples count as 0.", q, ingest.Count(negative, "sample"))
	}
	if lost > 0 {
		b.warn(ingest.LevelWarn, float64(lost), 0, "The curve of %s has %s of 0 or less after the peak; such samples are left out.", q, ingest.Count(lost, "sample"))
	}
	return kept
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
		b.warn(ingest.LevelWarn, float64(n), 0, "Plasma was not measured at %s of whole blood; there the input is interpolated.", ingest.Count(n, "time"))
	}
}

// doubts names what is odd about the samples of a curve as a whole.
func (b *bloodReading) doubts(list []extract.Sample, q quantity) {
	last := list[len(list)-1].At
	if !b.stated && last <= shortestScan {
		b.warnings = append(b.warnings, ingest.Warn(ingest.WarnTimeAssumed, ingest.LevelDoubt, last.Seconds(), shortestScan.Seconds(),
			"Nothing states the unit of time. In seconds the last sample lies at %.4g s, before %g s, so minutes are more likely.", last.Seconds(), shortestScan.Seconds()))
	}
	if peak(list) == 0 {
		b.warn(ingest.LevelDoubt, list[0].At.Seconds(), 0, "The first sample, at %.4g s, is the largest: the peak was missed.", list[0].At.Seconds())
	}
	longest := time.Duration(0)
	for i := 1; i < len(list); i++ {
		longest = max(longest, list[i].At-list[i-1].At)
	}
	if longest > longestBloodGap {
		b.warn(ingest.LevelNotice, longest.Seconds(), longestBloodGap.Seconds(), "The longest time between two samples of %s is %.4g s; up to %g s is normal.", q, longest.Seconds(), longestBloodGap.Seconds())
	}
}

// background names samples that have exactly the value of the first before the
// tracer arrives.
func (b *bloodReading) background(list []extract.Sample) {
	if len(list) == 0 || list[0].BqPerML <= 0 || list[0].BqPerML > arrivedOfPeak*list[peak(list)].BqPerML {
		return
	}
	n := 1
	for n < len(list) && list[n].BqPerML == list[0].BqPerML {
		n++
	}
	if n > 1 {
		b.warn(ingest.LevelNotice, float64(n), 0, "The first %d samples of plasma have the same small value, the background of the counter; they are used as they are.", n)
	}
}

// input returns the parent: the AIF where it has enough samples, else the
// plasma times the parent fraction.
func (b *bloodReading) input() ([]extract.Sample, error) {
	before := len(b.warnings)
	list := b.positive(b.samples(parent), parent)
	b.background(list)
	if len(list) >= minBloodSamples {
		return list, nil
	}
	if b.column[plasma] < 0 {
		return nil, b.reject("the AIF has %s with activity; at least %d are needed", ingest.Count(len(list), "sample"), minBloodSamples)
	}
	b.warnings = b.warnings[:before] // of an AIF that is not used
	if n := len(b.samples(parent)); n > 0 {
		b.warn(ingest.LevelWarn, float64(n), minBloodSamples, "The AIF has %s, too few of them usable (at least %d are needed); plasma and parent fraction are used.", ingest.Count(n, "sample"), minBloodSamples)
	}
	return b.plasmaInput()
}

// plasmaInput returns the plasma times the parent fraction.
func (b *bloodReading) plasmaInput() ([]extract.Sample, error) {
	list := b.positive(b.samples(plasma), plasma)
	b.background(list)
	b.metabolise(list)
	b.missedPlasma()
	if len(list) < minBloodSamples {
		return nil, b.reject("plasma has %s with activity; at least %d are needed", ingest.Count(len(list), "sample"), minBloodSamples)
	}
	return list, nil
}

// wholeBlood makes the curves of a table without plasma.
func (b *bloodReading) wholeBlood() (extract.Blood, error) {
	list := b.positive(b.samples(whole), whole)
	if len(list) < minBloodSamples || list[peak(list)].BqPerML <= 0 {
		return extract.Blood{}, b.reject("%d samples of whole blood with activity: at least %d are needed", len(list), minBloodSamples)
	}
	b.doubts(list, whole)
	return extract.Blood{Whole: list, UnitAssumed: b.unitAssumed, Warnings: b.warnings}, nil
}

// blood makes the curves.
func (b *bloodReading) blood() (extract.Blood, error) {
	if b.wholeAlone() {
		return b.wholeBlood()
	}
	list, err := b.input()
	if err != nil {
		return extract.Blood{}, err
	}
	if list[peak(list)].BqPerML <= 0 {
		return extract.Blood{}, b.reject("no sample of the parent in plasma is above 0")
	}
	out := extract.Blood{Parent: list, Whole: b.positive(b.samples(whole), whole), UnitAssumed: b.unitAssumed}
	if n := len(out.Whole); n > 0 && n < minBloodSamples {
		b.warn(ingest.LevelWarn, float64(n), minBloodSamples, "Whole blood has %s, fewer than %d, and is not used.", ingest.Count(n, "sample"), minBloodSamples)
		out.Whole = nil
	}
	b.doubts(list, plasma)
	out.Warnings = b.warnings
	return out, nil
}
