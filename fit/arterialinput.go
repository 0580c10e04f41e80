package fit

import (
	"math"
	"slices"
	"time"

	"tacstream/extract"
)

// minSamples is the least number of samples that make an input.
const minSamples = 4

// usedBlood returns the part of the blood that a model with this input uses:
// plasma where that is its input, and whole blood for every arterial model.
func usedBlood(b extract.Blood, in Input) extract.Blood {
	if in&Plasma == 0 {
		b.Parent = nil
	}
	return b
}

// checkBlood returns what is wrong with the blood that a model with this input
// uses. Whole blood may be absent where plasma is the input.
func checkBlood(s Scan, used extract.Blood, in Input) error {
	if in&Plasma != 0 {
		if err := s.checkSamples("plasma", used.Parent); err != nil {
			return err
		}
	}
	if in&WholeBlood != 0 || used.Whole != nil {
		if err := s.checkSamples("whole blood", used.Whole); err != nil {
			return err
		}
	}
	if s.Delay < -longestDelay || s.Delay > longestDelay {
		return ErrBlood.With("a delay of %v is longer than %v", s.Delay, longestDelay)
	}
	return nil
}

// checkSamples returns what is wrong with the samples of a curve of blood.
func (s Scan) checkSamples(name string, list []extract.Sample) error {
	positive := false
	for i, v := range list {
		if !(math.Abs(v.BqPerML) < largest) {
			return ErrBlood.With("%s sample %d: %g", name, i+1, v.BqPerML)
		}
		if v.At < -longestBefore || v.At > longestAfter || i > 0 && v.At <= list[i-1].At {
			return ErrBlood.With("%s sample %d at %v is out of order or of range", name, i+1, v.At)
		}
		positive = positive || v.BqPerML > 0
	}
	if len(list) < minSamples || !positive {
		return ErrBlood.With("%d samples of %s, or none above 0", len(list), name)
	}
	if list[len(list)-1].At+s.Delay <= 0 || list[0].At+s.Delay >= s.Frames[len(s.Frames)-1].End() {
		return ErrBlood.With("every sample of %s lies outside the scan", name)
	}
	return nil
}

// layBlood lays out the curves of the blood. Without a reference curve the peak
// of the plasma is the unit of activity.
func (p *prepared) layBlood(used extract.Blood) {
	peak := 0.0
	for _, v := range used.Parent {
		peak = math.Max(peak, v.BqPerML)
	}
	if p.ref == nil {
		p.setScale(peak)
	}
	if used.Parent != nil {
		p.plasma = newInput(p.partition, used.Parent, p.scan.Delay, p.scale)
	}
	if used.Whole != nil {
		p.whole = newInput(p.partition, used.Whole, p.scan.Delay, p.scale).means(len(p.mid))
	}
}

// newInput lays a curve through samples of blood, delayed and divided by scale:
// a monotone piecewise cubic, which neither over- nor undershoots them,
// corrected for decay. Cut at the edges of the frames it is made of
// polynomials as a reference curve is, and convolved as one.
//
// Before its first sample it rises in a straight line from 0 at model zero;
// after its last one it falls on as its last samples did.
//
// Source: Fritsch & Butland, SIAM J Sci Stat Comput 1984;5:300–304,
// doi:10.1137/0905021.
func newInput(frames *partition, samples []extract.Sample, delay time.Duration, scale float64) curve {
	last := frames.pieces[len(frames.pieces)-1]
	end := last.start + last.length
	at, value := nodes(samples, delay, scale, end)
	slope := slopes(at, value)
	c := curve{partition: &partition{lambda: frames.lambda, known: map[time.Duration]int{}}}
	k, frame := 0, 0
	from := 0.0
	for from < end-1e-9 {
		for k+2 < len(at) && at[k+1] <= from+1e-9 {
			k++
		}
		for frame < len(frames.pieces)-1 && frames.pieces[frame].start+frames.pieces[frame].length <= from+1e-9 {
			frame++
		}
		until := math.Min(end, frames.pieces[frame].start+frames.pieces[frame].length)
		if at[k+1] < until-1e-9 {
			until = at[k+1]
		}
		p := piece{start: from, length: until - from, frame: frames.pieces[frame].frame}
		if p.frame >= 0 {
			p.share = p.length * frames.perLength[p.frame]
		}
		c.partition.add(p)
		c.pieces = append(c.pieces, c.lay(hermite(at[k:k+2], value[k:k+2], slope[k:k+2], p.start, p.length)))
		from = until
	}
	return c
}

// lay turns the values over the last piece of the grid into those of a curve.
func (c curve) lay(values polynomial) polynomial {
	p := c.partition.pieces[len(c.partition.pieces)-1]
	for j := range values {
		values[j] *= p.length * p.decay
	}
	return values
}

// nodes returns times in min and values from model zero to beyond the end of
// the scan.
func nodes(samples []extract.Sample, delay time.Duration, scale, end float64) (at, value []float64) {
	for _, s := range samples {
		t, v := (s.At + delay).Minutes(), s.BqPerML/scale
		if t <= 0 {
			at, value = at[:0], value[:0] // what was before model zero counts there
			t = 0
		}
		at, value = append(at, t), append(value, v)
	}
	if at[0] > 0 {
		at, value = slices.Insert(at, 0, 0), slices.Insert(value, 0, 0)
	}
	rate := washout(at, value)
	const beyond = 2 // min from node to node
	for at[len(at)-1] < end {
		at, value = append(at, at[len(at)-1]+beyond), append(value, value[len(value)-1]*math.Exp(-rate*beyond))
	}
	if len(at) == 1 {
		at, value = append(at, end), append(value, value[0])
	}
	return at, value
}

// washout returns the rate at which the last samples fall, at least 0.
func washout(at, value []float64) float64 {
	n := len(at)
	if n < 3 || !(value[n-1] > 0) || !(value[n-3] > 0) {
		return 0
	}
	return math.Max(math.Log(value[n-3]/value[n-1])/(at[n-1]-at[n-3]), 0)
}

// slopes returns the slope of the curve at each node: the weighted harmonic
// mean of those beside it, 0 at an extremum.
func slopes(at, value []float64) []float64 {
	n := len(at)
	d := make([]float64, n)
	secant := func(i int) float64 { return (value[i+1] - value[i]) / (at[i+1] - at[i]) }
	d[0], d[n-1] = secant(0), secant(n-2)
	for i := 1; i < n-1; i++ {
		before, after := secant(i-1), secant(i)
		if before*after <= 0 {
			continue
		}
		h, g := at[i]-at[i-1], at[i+1]-at[i]
		d[i] = 3 * (h + g) / ((2*g+h)/before + (g+2*h)/after)
	}
	return d
}

// hermite returns the cubic between two nodes, over the piece that starts at
// from, with coefficients of x^j/j!.
func hermite(at, value, slope []float64, from, length float64) polynomial {
	h := at[1] - at[0]
	secant := (value[1] - value[0]) / h
	c2 := (3*secant - 2*slope[0] - slope[1]) / h
	c3 := (slope[0] + slope[1] - 2*secant) / (h * h)
	x := from - at[0]
	return polynomial{
		value[0] + x*(slope[0]+x*(c2+x*c3)),
		(slope[0] + x*(2*c2+3*x*c3)) * length,
		(2*c2 + 6*x*c3) * length * length,
		6 * c3 * length * length * length,
	}
}

// An arterial is a scan with plasma as its input.
type arterial struct {
	*prepared
	direct []float64 // frame means of whole blood, 0 where it was not measured
	mean   []float64 // of all regions
}

// prepareArterial prepares a scan for a model with plasma as its input.
func prepareArterial(s Scan, w Weighting) (*arterial, error) {
	p, err := prepare(s, Plasma, w)
	if err != nil {
		return nil, err
	}
	a := &arterial{prepared: p, direct: make([]float64, len(p.mid)), mean: make([]float64, len(p.mid))}
	copy(a.direct, p.whole)
	for _, t := range s.TACs {
		for i, u := range p.used(t.BqPerML) {
			a.mean[i] += u / float64(len(s.TACs))
		}
	}
	return a, nil
}

// longestDelay bounds Scan.Delay.
const longestDelay = 5 * time.Minute

// basis is that of the models with exponentials on the plasma.
func (a *arterial) basis() *basis { return newBasis(a.prepared, a.plasma, a.direct, a.mean) }
