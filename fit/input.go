package fit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// ErrBlood means that the arterial input is absent or cannot serve.
var ErrBlood = fmt.Errorf("no usable arterial input: %w", ingest.ErrRejected)

// minSamples is the least number of samples that make an input.
const minSamples = 4

// An input is an arterial curve: a monotone piecewise cubic through its
// samples, which neither over- nor undershoots them, corrected for decay. Cut
// at the edges of the frames it is made of polynomials, so that its convolution
// with an exponential has the same closed form as that of a reference curve.
//
// Before its first sample it rises in a straight line from 0 at model zero;
// after its last one it falls on as its last samples did.
//
// Source: Fritsch & Butland, SIAM J Sci Stat Comput 1984;5:300–304,
// doi:10.1137/0905021.
type input struct {
	knots  *grid // its own pieces and sizes; the frame of a piece is one of frames
	frames *grid
	pieces []polynomial // length times the curve, as that of a curve
}

// checkBlood returns what is wrong with samples.
func checkBlood(name string, list []extract.Sample) error {
	positive := false
	for i, s := range list {
		if !(math.Abs(s.BqPerML) < largest) {
			return fmt.Errorf("%s sample %d: %g: %w", name, i+1, s.BqPerML, ErrBlood)
		}
		if s.At < -longestBefore || s.At > longestAfter || i > 0 && s.At <= list[i-1].At {
			return fmt.Errorf("%s sample %d at %v is out of order or of range: %w", name, i+1, s.At, ErrBlood)
		}
		positive = positive || s.BqPerML > 0
	}
	if len(list) < minSamples || !positive {
		return fmt.Errorf("%d samples of %s, or none above 0: %w", len(list), name, ErrBlood)
	}
	return nil
}

// newInput lays a curve through samples, delayed and divided by scale.
func newInput(frames *grid, samples []extract.Sample, delay time.Duration, scale float64) *input {
	last := frames.pieces[len(frames.pieces)-1]
	end := last.start + last.length
	at, value := nodes(samples, delay, scale, end)
	slope := slopes(at, value)
	in := &input{frames: frames, knots: &grid{lambda: frames.lambda}}
	known := map[time.Duration]int{}
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
		in.add(from, until-from, frames.pieces[frame].frame, known, hermite(at[k:k+2], value[k:k+2], slope[k:k+2], from, until-from))
		from = until
	}
	return in
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

// add appends a piece.
func (in *input) add(start, length float64, frame int, known map[time.Duration]int, c polynomial) {
	g := in.knots
	key := time.Duration(math.Round(length * 60e9))
	if _, ok := known[key]; !ok {
		known[key] = len(g.sizes)
		g.sizes = append(g.sizes, newSize(length, g.lambda))
	}
	p := piece{start: start, length: length, decay: math.Exp(-g.lambda * start), size: known[key], frame: frame}
	for j := range c {
		c[j] *= length * p.decay
	}
	g.pieces = append(g.pieces, p)
	in.pieces = append(in.pieces, c)
}

// convolve writes the frame means of the curve convolved with e^(−θt), as it
// decays.
func (in *input) convolve(theta float64, means []float64) {
	clear(means)
	k := in.knots.kernel(theta)
	e := 0.0
	for i := range in.pieces {
		a, p := &in.pieces[i], &in.knots.pieces[i]
		f := &k[p.size]
		mean, end := e*f.mean[0], e*f.end[0]
		for j, v := range a {
			mean += v * f.mean[j+1]
			end += v * f.end[j+1]
		}
		if e = end; p.frame >= 0 {
			means[p.frame] += mean * p.length * in.frames.perLength[p.frame]
		}
	}
}

// sources returns the frame means of the curve, of its integral, and of that
// one's integral, all as they decay.
func (in *input) sources() sources {
	n := len(in.frames.mid)
	s := sources{own: make([]float64, n), once: make([]float64, n), again: make([]float64, n)}
	inverse := [degree + 3]float64{1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720}
	sum, double := 0.0, 0.0
	for i := range in.pieces {
		p := &in.knots.pieces[i]
		m, h := &in.knots.sizes[p.size].moment, p.length
		own, once, again := 0.0, sum*m[0], double*m[0]+sum*h*m[1]
		level, twice := 0.0, 0.0
		for j, a := range in.pieces[i] {
			b := a / p.decay
			own += b / h * m[j]
			once += b * m[j+1]
			again += h * b * m[j+2]
			level += b * inverse[j+1]
			twice += h * b * inverse[j+2]
		}
		if p.frame >= 0 {
			share := p.decay * h * in.frames.perLength[p.frame]
			s.own[p.frame] += share * own
			s.once[p.frame] += share * once
			s.again[p.frame] += share * again
		}
		double += sum*h + twice
		sum += level
	}
	return s
}

// An arterial is a scan with its input curves.
type arterial struct {
	*prepared
	plasma *input
	direct []float64 // frame means of whole blood, 0 where it was not measured
	unit   []float64 // variances of the mean of all regions
}

// prepareArterial checks a scan and lays out its input.
func prepareArterial(s Scan, w Weighting) (*arterial, error) {
	p, err := prepare(s, w)
	if err != nil {
		return nil, err
	}
	if err := checkBlood("plasma", s.Blood.Parent); err != nil {
		return nil, err
	}
	if s.Blood.Whole != nil {
		if err := checkBlood("whole blood", s.Blood.Whole); err != nil {
			return nil, err
		}
	}
	if s.Delay < -longestDelay || s.Delay > longestDelay {
		return nil, fmt.Errorf("a delay of %v: %w", s.Delay, ErrBlood)
	}
	peak := 0.0
	for _, v := range s.Blood.Parent {
		peak = math.Max(peak, v.BqPerML)
	}
	p.setScale(peak)
	p.warnings = append(p.scanWarnings(), s.Blood.Warnings...)
	a := &arterial{prepared: p, plasma: newInput(p.grid, s.Blood.Parent, s.Delay, p.scale), direct: make([]float64, len(p.mid)), unit: make([]float64, len(p.mid))}
	if s.Blood.Whole != nil {
		a.direct = newInput(p.grid, s.Blood.Whole, s.Delay, p.scale).sources().own
	}
	mean := make([]float64, len(p.mid))
	for _, t := range s.TACs {
		for i, u := range p.used(t.BqPerML) {
			mean[i] += u / float64(len(s.TACs))
		}
	}
	p.unitVariances(mean, a.unit)
	return a, nil
}

// longestDelay bounds Scan.Delay.
const longestDelay = 5 * time.Minute

// basis is that of the models with exponentials on the plasma.
func (a *arterial) basis() *basis { return newBasis(a.prepared, a.direct, a.unit, a.plasma.convolve) }
