package extract

import (
	"math"
	"time"

	"tacstream/ingest"
)

// Curves that are given as they decayed and are corrected for decay in truth
// have one mark: corrected once more, they rise to the end of the scan, and
// faster and faster. Tissue does neither for long. Tracer that is trapped from
// a constant input rises in proportion to time, with the power 1 of it; after a
// bolus it rises with less, and with less and less.
//
// The mark needs time. A scan of less than two half-lives, such as most with
// fluorine-18, does not show it, and nothing is said of it; longer scans show it more
// and more. So no warning does not mean that the values are as they decayed.
//
// Tests of fit say how well the mark tells, with carbon-11 where nothing else is said.
// Exact corrected curves of one and two compartments are found in 35 of 100 scans of
// 45 minutes, 97 of an hour and all of 93 minutes (TestExactCurvesThatLookCorrected).
// Real ones do worse: of three scans that are cut to a length none is found at 45 and at
// 54 minutes, 1 at 60 and 2 at 75 (TestShortRealCurvesSeldomLookCorrected), and four of
// another tracer are all found (TestRealCurvesThatLookCorrected). 1548 exact curves,
// trapped tracer among them, and these seven scans give no false alarm.
const (
	// steepest is the power of time from which curves look corrected.
	steepest = 0.6
	// faster is by which factor that power must be larger in the later half of
	// the frames than in the earlier.
	faster = 1.2
	// certain is how many standard errors that power must be above 0.
	certain = 6.0
	// fewestHalfLives is how long a scan must be that is judged.
	fewestHalfLives = 2.0
	// mostHalfLives is how long curves are followed: after that what is left of
	// the activity as it decayed is no more than what a scanner adds to it.
	mostHalfLives = 4.3
	// fewestLate is the least number of late frames that are judged.
	fewestLate = 4
)

// A lateFrame is a frame of the last two thirds of a scan: the logarithm of its
// middle, its duration and its number.
type lateFrame struct {
	at, weight float64
	frame      int
}

// layLate finds the frames in which curves are judged to look corrected.
func (j *Judge) layLate(halfLife time.Duration) {
	if halfLife <= 0 || len(j.frames) == 0 {
		return
	}
	end := min(j.frames[len(j.frames)-1].End().Seconds(), mostHalfLives*halfLife.Seconds())
	if end < fewestHalfLives*halfLife.Seconds() {
		return
	}
	for f, frame := range j.frames {
		if mid := frame.Mid().Seconds(); mid >= end/3 && mid <= end {
			j.rise = append(j.rise, lateFrame{math.Log(mid), frame.Duration.Seconds(), f})
		}
	}
}

// looksCorrected returns a warning where the mean of all regions, corrected for
// decay, rises as no tissue does.
func (j *Judge) looksCorrected(tacs []TAC) []ingest.Warning {
	if len(j.rise) < fewestLate {
		return nil
	}
	mean, any := Curves{Frames: j.frames, TACs: tacs}.mean()
	if !any {
		return nil
	}
	logs := make([]float64, len(j.rise))
	for i, l := range j.rise {
		logs[i] = math.Log(mean[l.frame] * j.factors[l.frame])
	}
	half := len(logs) / 2
	power, se := powerOf(j.rise, logs)
	first, _ := powerOf(j.rise[:half+1], logs)
	last, _ := powerOf(j.rise[half:], logs[half:])
	if !(power > steepest && power > certain*se && last > faster*first) {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnCorrected, ingest.LevelDoubt, power, steepest,
		"The values were probably corrected for decay already, though they were given as decayed: corrected once more, "+
			"the mean of all regions rises faster and faster to the end of the scan, with the power %.2f of time, where tissue reaches %g at most.", power, steepest)}
}

// powerOf returns the power of time with which values rise, given their
// logarithms, by least squares, and its standard error: NaN where a value is
// not above 0.
func powerOf(at []lateFrame, logs []float64) (power, se float64) {
	sum, x, y := 0.0, 0.0, 0.0
	for i, l := range at {
		sum += l.weight
		x += l.weight * l.at
		y += l.weight * logs[i]
	}
	x, y = x/sum, y/sum
	xx, xy, yy := 0.0, 0.0, 0.0
	for i, l := range at {
		xx += l.weight * (l.at - x) * (l.at - x)
		xy += l.weight * (l.at - x) * (logs[i] - y)
		yy += l.weight * (logs[i] - y) * (logs[i] - y)
	}
	power = xy / xx
	return power, math.Sqrt(max(yy-power*xy, 0) / (xx * float64(len(at)-2)))
}
