package fit

import (
	"math"

	"tacstream/ingest"
)

// Where a region's curve is proportional to the reference's, R1 = 1 + BPND, any
// efflux fits as well, and with the slowest of them any BPND: the profile then has no
// end on one side or on both, though the curvature at the estimate gives a standard
// error. An interval with one end is a bound, and none at all is no estimate: both are
// said.

// statedLevel is the level of the interval of which it is said that it has no end.
const statedLevel = 0.95

// loosest is how far the weighted sum of squares of the slowest curve may lie above the
// least one, in variances of the residuals, for the profile to be looked at: four
// times the square of Student's t of few frames, for the profile's height also has the
// reference's noise in it.
const loosest = 20.0

// loose reports whether the reference and its integral, which with the slowest θ stand
// for any BPND, describe a region nearly as well as the fit with this sum of squares.
// Where they do not, the profile ends on both sides.
func (b *basis) loose(u, w []float64, rss float64) bool {
	frames := len(u)
	if frames <= 3 {
		return true
	}
	r := sumPair(w, b.direct, b.column(0), u)
	d, x := r.solve()
	slowest := 0.0
	for i, e := range b.column(0) {
		left := u[i] - d*b.direct[i] - x*e
		slowest += w[i] * left * left
	}
	return slowest-rss <= loosest*rss/float64(frames-3)
}

// openInterval says where the interval of the main parameter has no end.
func (e *Estimate) openInterval() []ingest.Warning {
	low, high := e.Interval(statedLevel)
	up, down := math.IsInf(high, 1), math.IsInf(low, -1)
	if !up && !down {
		return nil
	}
	name := string(e.Main())
	value, _ := e.Get(e.Main())
	return broken(
		rule{up && down, ingest.WarnIntervalOpen, ingest.LevelWarn, value, statedLevel,
			"The curve sets no end to the 95 % interval of " + name + " on either side: the estimate, {value}, is one of many that fit."},
		rule{up && !down, ingest.WarnIntervalOpen, ingest.LevelWarn, low, statedLevel,
			"The curve sets no upper end to the 95 % interval of " + name + ": it is at least {value}."},
		rule{down && !up, ingest.WarnIntervalOpen, ingest.LevelWarn, high, statedLevel,
			"The curve sets no lower end to the 95 % interval of " + name + ": it is at most {value}."},
	)
}
