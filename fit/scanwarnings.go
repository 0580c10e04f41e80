package fit

import (
	"fmt"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// longestGap is the time before the first frame above which it is warned of.
const longestGap = time.Second

// longestFirst is the duration of the first frame in seconds above which a scan
// says nothing of delivery: a ratio is all it gives.
const longestFirst = 300.0

// lowestLate is how low the late mean of a region may lie, as a fraction of the
// reference's: a reference without binding is the lowest, but for noise.
const lowestLate = 0.9

// mostBefore is the activity in frames that end before model zero, as a fraction
// of the peak, above which model zero cannot be when the tracer was injected.
const mostBefore = 0.1

// before returns that fraction, in the mean of all regions.
func (p *prepared) before() float64 {
	if p.from == 0 {
		return 0
	}
	most, peak := 0.0, 0.0
	for f := range p.scan.Frames {
		sum := 0.0
		for _, t := range p.scan.TACs {
			sum += t.BqPerML[f]
		}
		if f < p.from {
			most = max(most, sum)
		}
		peak = max(peak, sum)
	}
	if !(peak > 0) {
		return 0
	}
	return most / peak
}

// mostLate is the time before the first frame by which tissue holds tracer, in
// seconds, and leastLate the fraction of the peak that it holds then at least. A
// curve that starts lower begins with the injection, whatever its times say.
const (
	mostLate  = 300.0
	leastLate = 0.2
)

// begin returns the first frame as a fraction of the peak, in the mean of all
// regions; 1 where nothing is above 0.
func (p *prepared) begin() float64 {
	first, peak := 0.0, 0.0
	for f := range p.scan.Frames {
		sum := 0.0
		for _, t := range p.scan.TACs {
			sum += t.BqPerML[f]
		}
		if f == 0 {
			first = sum
		}
		peak = max(peak, sum)
	}
	if !(peak > 0) {
		return 1
	}
	return first / peak
}

// scanWarnings says what is doubtful about the scan whatever the model and the
// region, the reference curve included.
func (p *prepared) scanWarnings() []ingest.Warning {
	list := append(slices.Clone(p.scan.doubts), p.judge.Scan(p.scan.TACs)...)
	for _, t := range p.scan.TACs {
		if p.ref != nil && t.Region == p.scan.Reference {
			list = append(list, p.judge.Region(t)...)
		}
	}
	first := 60 * p.length[0]
	late, until := p.scan.Frames[0].Start.Seconds(), longestGap.Seconds()
	lowest, region := p.lowestLate()
	before, begin := p.before(), 1.0
	if late > mostLate {
		begin = p.begin()
	}
	if late <= until && first <= longestFirst && lowest >= lowestLate && before <= mostBefore {
		return list
	}
	return append(list, broken(
		rule{late > until, ingest.WarnFrameGap, ingest.LevelWarn, late, until, "The first frame starts {value} s after model zero, more than {limit} s: until then the curves are taken to rise in a straight line."},
		rule{before > mostBefore, ingest.WarnLateStart, ingest.LevelDoubt, before, mostBefore, "Frames that end before model zero are left out and hold activity of {value} of the peak, more than {limit}: the times do not start with the injection."},
		rule{begin < leastLate, ingest.WarnLateStart, ingest.LevelDoubt, begin, leastLate, fmt.Sprintf("The first frame starts %g s after model zero and holds {value} of the peak, less than {limit}: the curve begins with the injection and the times do not, so no estimate can be relied on.", late)},
		rule{first > longestFirst, ingest.WarnScanShort, ingest.LevelWarn, first, longestFirst, "The first frame lasts {value} s, more than {limit} s, which is too long for a dynamic model."},
		rule{lowest < lowestLate, ingest.WarnRefBinding, ingest.LevelWarn, lowest, lowestLate, fmt.Sprintf("The late mean of %s is {value} of that of the reference, below {limit}: the reference should be the lowest.", region)},
	)...)
}

// noTissue is the fraction of the reference's late mean below which a region is
// air, bone or fluid, and says nothing of the reference.
const noTissue = 0.5

// lowestLate returns the lowest mean of a region over the last third of the
// scan, as a fraction of the reference's.
func (p *prepared) lowestLate() (lowest float64, region extract.Region) {
	lowest = 1
	if p.ref == nil {
		return lowest, ""
	}
	ref := p.late(p.ref)
	for _, t := range p.scan.TACs {
		u := t.BqPerML[p.from:]
		if ratio := p.late(u) / p.scale / ref; ratio < lowest && ratio > noTissue && !empty(u) && tissue(t.Region) {
			lowest, region = ratio, t.Region
		}
	}
	return lowest, region
}

// late returns the mean over the frames whose middle lies in the last third of
// the scan.
func (p *prepared) late(u []float64) float64 {
	last := p.pieces[len(p.pieces)-1]
	sum, length := 0.0, 0.0
	for i := len(u) - 1; i >= 0 && p.mid[i] >= (last.start+last.length)*2/3; i-- {
		sum += u[i] * p.length[i]
		length += p.length[i]
	}
	return sum / length
}
