package extract

import (
	"math"
	"time"

	"tacstream/ingest"
)

// Thresholds are the limits of the rules that Quality applies. The zero value
// means the defaults.
type Thresholds struct {
	LateStart   float64       // first frame, fraction of the peak; default 0.2
	Gap         time.Duration // between frames; default 1 s
	Negative    float64       // fraction of a region's frames; default 0.1
	SmallRegion float64       // effective voxels; default 8
	Noise       float64       // of a region's late frames, fraction of their mean; default 0.1
}

// The default thresholds.
const (
	lateStart   = 0.2
	longestGap  = time.Second
	negative    = 0.1
	smallRegion = 8
	noisy       = 0.1
)

// early is the time after model zero in which a region mean may be negative:
// before activity arrives, noise is all there is.
const early = 2 * time.Minute

// Quality returns what is doubtful about the curves, the whole scan first and
// then region by region.
func (c Curves) Quality(t Thresholds) []ingest.Warning {
	if len(c.Frames) == 0 {
		return nil
	}
	j := c.Judge(t)
	_, _, list := c.Sound()
	_, doubts := c.InjectionTime()
	list = append(list, doubts...)
	list = append(list, j.Scan(c.TACs)...)
	for _, tac := range c.TACs {
		list = append(list, j.Region(tac)...)
	}
	return list
}

// A Judge applies the rules of Quality. It is safe for concurrent use.
type Judge struct {
	thresholds Thresholds
	frames     []ingest.Frame
	factors    []float64
	late       []neighbours // of the frames that noise is estimated from
	from       int          // the first of these
	rise       []lateFrame  // the frames in which curves may look corrected
}

// A neighbours is the line through the frames before and after one at its
// mid-time: the factors, with those of decay, of the frame and of these, and the
// inverse of the variance that noise of variance 1 gives to the distance from it.
type neighbours struct{ at, before, after, inverse float64 }

// Judge returns the judge of curves with the frames and the decay of c.
func (c Curves) Judge(t Thresholds) Judge {
	j := Judge{thresholds: t.orDefault(), frames: c.Frames, factors: ones(len(c.Frames))}
	if factors, err := c.Factors(c.DefaultOrigin()); err == nil {
		j.factors = factors
	}
	j.lay()
	j.layLate(c.HalfLife)
	return j
}

// lay finds the frames whose middle, like that of the one before, lies in the
// second half of the scan.
func (j *Judge) lay() {
	last := len(j.frames) - 1
	if last < 2 {
		return
	}
	half := (j.frames[0].Start + j.frames[last].End()).Seconds() / 2
	for f := 1; f < last; f++ {
		before, at, after := j.frames[f-1].Mid().Seconds(), j.frames[f].Mid().Seconds(), j.frames[f+1].Mid().Seconds()
		if before < half {
			continue
		}
		if len(j.late) == 0 {
			j.from = f
		}
		a := (after - at) / (after - before)
		b := 1 - a
		j.late = append(j.late, neighbours{j.factors[f], a * j.factors[f-1], b * j.factors[f+1], 1 / (1 + a*a + b*b)})
	}
}

// Scan returns what is doubtful about the curves together.
func (j Judge) Scan(tacs []TAC) []ingest.Warning {
	var list []ingest.Warning
	add := func(w ingest.Warning, ok bool) {
		if ok {
			list = append(list, w)
		}
	}
	c := Curves{Frames: j.frames, TACs: tacs}
	add(c.lateStart(j.factors, j.thresholds.LateStart))
	add(c.gap(j.thresholds.Gap))
	return append(list, j.looksCorrected(tacs)...)
}

// Region returns what is doubtful about one curve, which must have a value for
// each frame.
func (j *Judge) Region(tac TAC) (list []ingest.Warning) {
	if w, ok := tac.negative(j.frames, j.thresholds.Negative); ok {
		list = append(list, w)
	}
	if w, ok := tac.small(j.thresholds.SmallRegion); ok {
		list = append(list, w)
	}
	if w, ok := j.noisy(&tac); ok {
		list = append(list, w)
	}
	return list
}

func (t Thresholds) orDefault() Thresholds {
	for _, f := range []struct {
		value *float64
		def   float64
	}{{&t.LateStart, lateStart}, {&t.Negative, negative}, {&t.SmallRegion, smallRegion}, {&t.Noise, noisy}} {
		if !(*f.value > 0) {
			*f.value = f.def
		}
	}
	if t.Gap <= 0 {
		t.Gap = longestGap
	}
	return t
}

func ones(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = 1
	}
	return list
}

// lateStart looks for a scan that began after the tracer had arrived: the
// mean over all regions is high in the first frame already.
func (c Curves) lateStart(factors []float64, limit float64) (ingest.Warning, bool) {
	if len(c.Frames) < 2 {
		return ingest.Warning{}, false
	}
	mean, any := c.mean()
	if !any {
		return ingest.Warning{}, false
	}
	peak := math.Inf(-1)
	for f := range mean {
		peak = max(peak, mean[f]*factors[f])
	}
	ratio := mean[0] * factors[0] / peak
	if !(peak > 0 && ratio > limit) {
		return ingest.Warning{}, false
	}
	return ingest.Warn(ingest.WarnLateStart, ingest.LevelWarn, ratio, limit,
		"The first frame holds %.3g %% of the peak, in the mean of all regions; above %.3g %% the start of the curve is missing.", 100*ratio, 100*limit), true
}

// mean returns the mean over all regions of the source, by their volumes where
// all have one; ok is false where there is no region.
func (c Curves) mean() (mean []float64, ok bool) {
	sized := true
	for i := range c.TACs {
		if t := &c.TACs[i]; len(t.Parts) == 0 {
			ok, sized = true, sized && t.Voxels > 0
		}
	}
	mean = make([]float64, len(c.Frames))
	total := 0.0
	for i := range c.TACs {
		t := &c.TACs[i]
		if len(t.Parts) > 0 {
			continue
		}
		weight := 1.0
		if sized {
			weight = t.Voxels
		}
		total += weight
		for f, v := range t.BqPerML[:len(mean)] {
			mean[f] += weight * v
		}
	}
	for f := range mean {
		mean[f] /= total
	}
	return mean, ok
}

// gap looks for time that no frame covers.
func (c Curves) gap(limit time.Duration) (ingest.Warning, bool) {
	longest, n := time.Duration(0), 0
	for f := 1; f < len(c.Frames); f++ {
		if d := c.Frames[f].Start - c.Frames[f-1].End(); d > limit {
			longest = max(longest, d)
			n++
		}
	}
	if n == 0 {
		return ingest.Warning{}, false
	}
	return ingest.Warn(ingest.WarnFrameGap, ingest.LevelWarn, longest.Seconds(), limit.Seconds(),
		"The frames leave %s between them, of up to %.4g s; up to %g s is normal.", ingest.Count(n, "gap"), longest.Seconds(), limit.Seconds()), true
}

// negative looks for means below zero: any after the first minutes, or many.
func (t *TAC) negative(frames []ingest.Frame, limit float64) (ingest.Warning, bool) {
	signs := uint64(0)
	for _, v := range t.BqPerML {
		signs |= math.Float64bits(v)
	}
	if signs>>63 == 0 {
		return ingest.Warning{}, false // as nearly all curves
	}
	late, all := 0, 0
	for f, v := range t.BqPerML {
		if v < 0 {
			all++
			if frames[f].Start >= early {
				late++
			}
		}
	}
	if all == 0 {
		return ingest.Warning{}, false
	}
	if late > 0 {
		return ingest.Warn(ingest.WarnNegative, ingest.LevelWarn, float64(late), 0,
			"The mean of %s is negative in %s after the first %v.", t.Region, ingest.Count(late, "frame"), early), true
	}
	fraction := float64(all) / float64(len(t.BqPerML))
	if !(fraction > limit) {
		return ingest.Warning{}, false
	}
	return ingest.Warn(ingest.WarnNegative, ingest.LevelWarn, fraction, limit,
		"The mean of %s is negative in %.3g %% of the frames, more than %.3g %%.", t.Region, 100*fraction, 100*limit), true
}

// small looks for regions of few voxels. A region of a bare table has none.
func (t *TAC) small(limit float64) (ingest.Warning, bool) {
	if t.Voxels <= 0 || t.Voxels >= limit {
		return ingest.Warning{}, false
	}
	return ingest.Warn(ingest.WarnSmallRegion, ingest.LevelWarn, t.Voxels, limit,
		"Region %s has %.3g effective voxels, fewer than %g.", t.Region, t.Voxels, limit), true
}

// noisy estimates the noise of the late frames, those whose middle lies in the
// second half of the scan, from how far each value is off the line through its
// neighbours. With a, b the weights of that line at the frame's mid-time
//
//	ε = y − a·y₋ − b·y₊    noise² = mean of ε² / (1 + a² + b²)
//
// for values corrected for decay; it is given as a fraction of their mean. A
// straight course adds nothing to it.
//
// Source: Gasser, Sroka, Jennen-Steinmetz, Biometrika 1986;73:625–633,
// doi:10.1093/biomet/73.3.625.
func (j *Judge) noisy(t *TAC) (ingest.Warning, bool) {
	n := len(j.late)
	if n < 2 {
		return ingest.Warning{}, false
	}
	values := t.BqPerML[j.from-1:][:n+2]
	sum, level := 0.0, 0.0
	for i := range j.late {
		l := &j.late[i]
		at := values[i+1] * l.at
		e := at - l.before*values[i] - l.after*values[i+2]
		sum += e * e * l.inverse
		level += at
	}
	noise := math.Sqrt(sum*float64(n)) / math.Abs(level)
	if !(noise > j.thresholds.Noise) || math.IsInf(noise, 0) {
		return ingest.Warning{}, false
	}
	return ingest.Warn(ingest.WarnNoise, ingest.LevelWarn, noise, j.thresholds.Noise,
		"The noise of %s in late frames is %.3g %% of its mean, more than %.3g %%.", t.Region, 100*noise, 100*j.thresholds.Noise), true
}
