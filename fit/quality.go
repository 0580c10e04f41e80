package fit

import (
	"fmt"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// longestGap is the time between frames, and before the first, above which a
// gap is warned of: what lies in it is interpolated.
const longestGap = time.Second

// longestFirst is the duration of the first frame in seconds above which a scan
// says nothing of delivery: a ratio is all it gives.
const longestFirst = 300.0

// lowestLate is how low the late mean of a region may lie, as a fraction of the
// reference's: a reference without binding is the lowest, but for noise.
const lowestLate = 0.9

// scanWarnings says what is doubtful about the scan whatever the model and the
// region.
func (p *prepared) scanWarnings() []ingest.Warning {
	var list []ingest.Warning
	for _, g := range p.gaps {
		seconds, where := 60*p.pieces[g.piece].length, "before the first frame"
		if g.before >= 0 {
			where = fmt.Sprintf("after frame %d", p.from+g.before+1)
		}
		list = append(list, broken(rule{seconds > longestGap.Seconds(), ingest.WarnFrameGap, ingest.LevelWarn,
			seconds, longestGap.Seconds(), "gap in s " + where + ": the curves in it are interpolated"})...)
	}
	lowest, region := p.lowestLate()
	return append(list, broken(
		rule{60*p.length[0] > longestFirst, ingest.WarnScanShort, ingest.LevelWarn, 60 * p.length[0], longestFirst, "the first frame in s is too long for a dynamic model"},
		rule{lowest < lowestLate, ingest.WarnRefBinding, ingest.LevelWarn, lowest, lowestLate, fmt.Sprintf("late mean of %s over that of the reference, which should be the lowest", region)},
	)...)
}

// lowestLate returns the lowest mean of a region over the last third of the
// scan, as a fraction of the reference's.
func (p *prepared) lowestLate() (lowest float64, region extract.Region) {
	lowest = 1
	ref := p.late(p.ref)
	for _, t := range p.scan.TACs {
		u := t.BqPerML[p.from:]
		if ratio := p.late(u) / p.scale / ref; ratio < lowest && !empty(u) {
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
	for i := range u {
		if p.mid[i] >= (last.start+last.length)*2/3 {
			sum += u[i] * p.length[i]
			length += p.length[i]
		}
	}
	return sum / length
}

func (p *prepared) curveWarnings(t extract.TAC, u []float64) []ingest.Warning { return nil }
