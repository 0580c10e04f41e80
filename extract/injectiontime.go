package extract

import (
	"fmt"
	"math"
	"time"

	"tacstream/ingest"
)

// Limits of what a curve can say of the injection.
const (
	// mostBeforeInjection is the rise of activity in frames that end before the
	// injection, as a fraction of the peak, above which the injection was earlier.
	mostBeforeInjection = 0.1
	// latestArrival is the time from the injection by which a curve has begun to
	// rise: the way from the arm takes half a minute, and clocks and hands another.
	latestArrival = 75 * time.Second
	// riseFrom and riseTo are the fractions of its rise between which a curve says
	// where it began; one that starts above mostAtStart began before the scan.
	riseFrom, riseTo, mostAtStart = 0.1, 0.5, 0.3
	// slowRise is the part of the time between riseFrom and riseTo that a curve may
	// be late: an infusion bends upwards.
	slowRise = 0.5
)

// InjectionTime returns the injection after model zero, from which start times
// of linear phases and windows count: the stated one where the curves do not
// contradict it, else model zero. A warning says that they do, when they begin
// to rise instead, and which values rest on the stated time.
//
// The curves contradict it where tissue takes up activity before the injection, and
// where their rise is seen from its beginning, minutes after the injection. That
// beginning is where the line through the points at 10 % and 50 % of the rise
// of the mean over all regions starts from. A scan that begins late shows no
// beginning, and a slow infusion a late one, which is allowed for.
func (c Curves) InjectionTime() (time.Duration, []ingest.Warning) {
	at := c.Decay.Injection
	mean, ok := c.mean()
	if !c.Decay.InjectionKnown || !ok || len(mean) == 0 {
		return 0, nil
	}
	start := c.scanStart()
	if before := c.before(mean, at); before > mostBeforeInjection {
		began := ""
		if rise, ok := c.rise(mean); ok {
			began = c.insteadAt(rise.at, start)
		}
		return 0, []ingest.Warning{and(ingest.Warn(ingest.WarnInjection, ingest.LevelDoubt, before, mostBeforeInjection,
			"The injection is stated at %.4g s after the start of the scan, but frames that end before it hold activity of %.3g of the peak, more than %g.",
			(at-start).Seconds(), before, mostBeforeInjection), began)}
	}
	rise, ok := c.rise(mean)
	if limit := max(latestArrival, time.Duration(slowRise*float64(rise.lasting))); ok && rise.at-at > limit {
		return 0, []ingest.Warning{and(ingest.Warn(ingest.WarnInjection, ingest.LevelDoubt, (rise.at-at).Seconds(), limit.Seconds(),
			"The injection is stated %.4g s before the curves begin to rise, where %.3g s are possible.",
			(rise.at-at).Seconds(), limit.Seconds()), c.insteadAt(rise.at, start))}
	}
	return at, nil
}

// and returns a warning with more sentences.
func and(w ingest.Warning, more string) ingest.Warning {
	w.Detail += more
	return w
}

// before returns by how much the mean rises in the frames that end before the
// injection, as a fraction of its peak. What an earlier injection left does not
// rise; of less than three frames the highest counts.
func (c Curves) before(mean []float64, injection time.Duration) float64 {
	peak, low, high, n := 0.0, math.Inf(1), 0.0, 0
	for f, v := range mean {
		peak = max(peak, v)
		if c.Frames[f].End() <= injection {
			low, high, n = min(low, v), max(high, v), n+1
		}
	}
	if n > 2 {
		high -= low
	}
	if !(peak > 0) {
		return 0
	}
	return high / peak
}

// A rise is where a curve begins to rise, after model zero, and the time that it
// takes from riseFrom to riseTo.
type rise struct{ at, lasting time.Duration }

// rise returns where the mean begins to rise; ok is false where the scan does not
// show that.
func (c Curves) rise(mean []float64) (r rise, ok bool) {
	top, low := 0, 0
	for f, v := range mean {
		if v > mean[top] {
			top = f
		}
	}
	for f := range top {
		if mean[f] <= mean[low] {
			low = f
		}
	}
	base := 0.0 // of what was there before, which is seen only where it is flat
	if low > 0 {
		base = mean[low]
	}
	height := mean[top] - base
	share := func(f int) float64 { return (mean[f] - base) / height }
	if !(height > 0) || mean[low] > mostAtStart*mean[top] {
		return rise{}, false
	}
	mid := func(f int) float64 { return c.Frames[f].Mid().Seconds() }
	from, a := mid(low), share(low)
	for f := low + 1; f <= top; f++ {
		if a < riseFrom && share(f) >= riseFrom {
			from, a = crossing(mid(f-1), share(f-1), mid(f), share(f), riseFrom), riseFrom
		}
		if share(f) >= riseTo {
			to := crossing(mid(f-1), share(f-1), mid(f), share(f), riseTo)
			at := from - (to-from)*a/(riseTo-a)
			return rise{seconds(at), seconds(to - from)}, true
		}
	}
	return rise{}, false
}

// crossing returns where the line through two points has a value.
func crossing(x0, y0, x1, y1, y float64) float64 { return x0 + (x1-x0)*(y-y0)/(y1-y0) }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// insteadAt says what rests on the stated injection if it was where the curves
// begin to rise, both times after model zero.
func (c Curves) insteadAt(began, start time.Duration) string {
	text := fmt.Sprintf(" They begin to rise at about %.0f s", (began - start).Seconds())
	if c.HalfLife <= 0 {
		return text + "."
	}
	factor := math.Exp2((began - c.Decay.Injection).Seconds() / c.HalfLife.Seconds())
	side := "high"
	if factor < 1 {
		side = "low"
	}
	text += fmt.Sprintf(": if that was the injection, values corrected for decay to the stated one are %.3g %% too %s", 100*math.Abs(factor-1), side)
	if !c.Decay.StoredNone && c.Decay.Stored == c.Decay.Injection && c.Decay.Stored != start {
		return text + ", the stored ones among them; those corrected to the start of the scan are not."
	}
	return text + "; those corrected to the start of the scan are not."
}
