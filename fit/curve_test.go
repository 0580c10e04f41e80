package fit

import (
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"

	"tacstream/ingest"
)

// uneven is a grid with frames of many lengths, a late start and a gap.
func uneven(lambda float64) *grid {
	var frames []ingest.Frame
	at := 7 * time.Second
	for i, seconds := range []int{5, 10, 10, 20, 30, 60, 60, 120, 300, 300, 600, 600, 600} {
		if i == 9 {
			at += 11 * time.Minute
		}
		d := time.Duration(seconds) * time.Second
		frames = append(frames, ingest.Frame{Start: at, Duration: d})
		at += d
	}
	return newGrid(newPartition(frames, lambda, nil))
}

// at returns the decaying curve at a fraction of a piece.
func (c curve) at(k int, x float64) float64 {
	p, sum, power := c.partition.pieces[k], 0.0, 1.0
	for j, a := range c.pieces[k] {
		sum += a * power
		power *= x / float64(j+1)
	}
	return sum / p.length * p.decayAt(c.lambda, x) / p.decay
}

func (p piece) decayAt(lambda, x float64) float64 { return math.Exp(-lambda * (p.start + x*p.length)) }

// simpson integrates f from 0 to 1 in steps so fine that what is left is
// rounding.
func simpson(f func(float64) float64) float64 {
	const n = 400
	sum := f(0) + f(1)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i%2)) * f(float64(i)/n)
	}
	return sum / (3 * n)
}

// lambdas are none and those of C-11 and O-15, in 1/min. The last makes the
// scan 28 half-lives long, which costs the equations four digits.
var lambdas = [...]float64{0, 0.034, 0.34}

func TestCurveReproducesTheFrameMeans(t *testing.T) {
	for _, lambda := range lambdas {
		g := uneven(lambda)
		means := []float64{1, 4, 9, 15, 14, 12, 9, 7, 5, 4, 2.5, 1.5, -0.1}
		c := g.curve(means)
		for k, p := range g.pieces {
			if p.frame < 0 {
				continue
			}
			got := simpson(func(x float64) float64 { return c.at(k, x) })
			if math.Abs(got-means[p.frame]) > 1e-6 {
				t.Errorf("λ %g, frame %d: mean %.12f, want %g", lambda, p.frame, got, means[p.frame])
			}
		}
		if start := c.at(0, 0); math.Abs(start) > 1e-12 {
			t.Errorf("λ %g: %g at model zero, want nothing", lambda, start)
		}
	}
}

func TestCurveDoesNotJump(t *testing.T) {
	g := uneven(0.034)
	c := g.curve([]float64{1, 4, 9, 15, 14, 12, 9, 7, 5, 4, 2.5, 1.5, 1})
	for k := 1; k < len(g.pieces); k++ {
		if before, after := c.at(k-1, 1), c.at(k, 0); math.Abs(before-after) > 1e-9 {
			t.Errorf("at knot %d from %g to %g", k, before, after)
		}
	}
}

// A curve that is itself a quartic without a constant, times the decay, comes
// back as it was, gap and all.
func TestQuarticsComeBack(t *testing.T) {
	quartic := func(t float64) float64 { return t * (3 + t*(-0.1+t*(0.0013-0.000006*t))) }
	for _, lambda := range lambdas {
		var frames []ingest.Frame
		for i := range 12 { // a long first frame would be told in parts
			frames = append(frames, ingest.Frame{Start: time.Duration(i) * 20 * time.Second, Duration: 20 * time.Second})
		}
		for i := 1; i < 20; i++ {
			if i != 11 && i != 12 {
				frames = append(frames, ingest.Frame{Start: time.Duration(i) * 4 * time.Minute, Duration: 4 * time.Minute})
			}
		}
		g := newGrid(newPartition(frames, lambda, nil))
		var means []float64
		for _, f := range frames {
			means = append(means, simpson(func(x float64) float64 {
				at := f.Start.Minutes() + f.Duration.Minutes()*x
				return quartic(at) * math.Exp(-lambda*at)
			}))
		}
		c := g.curve(means)
		for k, p := range g.pieces {
			at := p.start + p.length/3
			want := quartic(at) * math.Exp(-lambda*at)
			if got := c.at(k, 1.0/3); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
				t.Errorf("λ %g at %.2f min: %.10f, want %.10f", lambda, at, got, want)
			}
		}
	}
}

// The recursion against the definition, integrated numerically: the
// convolution obeys E′ = −(θ+λ) E + u.
func TestConvolutionAgainstQuadrature(t *testing.T) {
	means := []float64{1, 4, 9, 15, 14, 12, 9, 7, 5, 4, 2.5, 1.5, 1}
	for _, lambda := range lambdas {
		g := uneven(lambda)
		c := g.curve(means)
		for _, theta := range []float64{0, 1e-9, 2e-4, 0.03, 0.7, 3} {
			got := make([]float64, len(means))
			c.convolve(g.kernel(theta), got)
			for f, want := range c.slowly(theta) {
				if math.Abs(got[f]-want) > 1e-8*(1+math.Abs(want)) {
					t.Errorf("λ %g, θ %g, frame %d: %.10f, want %.10f", lambda, theta, f, got[f], want)
				}
			}
		}
	}
}

// slowly returns the frame means of the convolution by Runge and Kutta's
// method of fourth order.
func (c curve) slowly(theta float64) []float64 {
	const steps = 2000
	rate, e := theta+c.lambda, 0.0
	means := make([]float64, len(c.mid))
	for k, p := range c.partition.pieces {
		h := p.length / steps
		sum := 0.0
		for i := range steps {
			x := float64(i) / steps
			u0, u1, u2 := c.at(k, x), c.at(k, x+0.5/steps), c.at(k, x+1.0/steps)
			d1 := u0 - rate*e
			d2 := u1 - rate*(e+h/2*d1)
			d3 := u1 - rate*(e+h/2*d2)
			d4 := u2 - rate*(e+h*d3)
			next := e + h/6*(d1+2*d2+2*d3+d4)
			middle := (e+next)/2 + h/8*(d1-(u2-rate*next)) // Hermite's cubic
			sum += (e + 4*middle + next) / 6
			e = next
		}
		if p.frame >= 0 {
			means[p.frame] = sum / steps
		}
	}
	return means
}

// φ_j and ψ_j have a definition as integrals.
func TestPhiAndPsiAgainstQuadrature(t *testing.T) {
	factorial := func(n int) float64 { return math.Gamma(float64(n) + 1) }
	for _, z := range []float64{-40, -3, -1.0001, -0.9999, -0.1, -1e-9, 0, 0.5, 2} {
		for j, got := range phis(z) {
			want := math.Exp(z)
			if j > 0 {
				want = simpson(func(x float64) float64 { return math.Exp(z*(1-x)) * math.Pow(x, float64(j-1)) / factorial(j-1) })
			}
			if math.Abs(got-want) > 1e-6*want { // of the quadrature, at z = −40
				t.Errorf("φ_%d(%g) = %.15g, want %.15g", j, z, got, want)
			}
		}
	}
	for _, h := range []struct{ theta, lambda float64 }{{0.0029, 0.0001}, {0.0031, 0.0001}, {0, 0.002}, {0.4, 0.3}} {
		s := newSize(1, h.lambda)
		var end [degree + 2]float64
		for j, phi := range phis(-h.theta) {
			if j < len(end) {
				end[j] = s.decay * phi
			}
		}
		m := s.means(h.theta, h.lambda, end)
		for j := 1; j < len(m); j++ {
			want := simpson(func(x float64) float64 {
				return math.Exp(-h.lambda*x) * math.Pow(x, float64(j)) * phis(-h.theta * x)[j]
			})
			if math.Abs(m[j]-want) > 1e-11 {
				t.Errorf("ψ_%d of θh %g, λh %g: %.15f, want %.15f", j, h.theta, h.lambda, m[j], want)
			}
		}
	}
}

// apply writes the means of the convolved curve into out, by the definition of
// a memory.
func (m *memory) apply(x, out []float64) {
	e := 0.0
	jumps := m.jumps
	for i, mean := range x {
		c := m.frames[i]
		out[i] = c.carried*e + c.own*mean
		e = c.kept*e + c.added*mean
		if len(jumps) > 0 && jumps[0].after == i {
			e += floats.Dot(jumps[0].weights, x)
			jumps = jumps[1:]
		}
	}
}

// A memory does to level curves what the convolution does to them, forwards,
// and backwards it is the transpose.
func TestMemory(t *testing.T) {
	g := uneven(0.034)
	m := newMemory(g.partition)
	m.set(g.partition, g.kernel(0.05))
	x := []float64{1, 4, 9, 15, 14, 12, 9, 7, 5, 4, 2.5, 1.5, 1}
	exact, got, back := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	g.curve(x).convolve(g.kernel(0.05), exact)
	m.apply(x, got)
	for i := range exact {
		// A level curve is off by half an early frame, and across the gap.
		if math.Abs(got[i]-exact[i]) > 0.25*exact[len(exact)-1] {
			t.Errorf("frame %d: %g, want about %g", i, got[i], exact[i])
		}
	}
	y := []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9}
	effect{own: 0.5, through: 2, memory: m}.back(y, 0, back)
	forward, backward := 0.0, 0.0
	for i := range x {
		forward += y[i] * (0.5*x[i] + 2*got[i])
		backward += back[i] * x[i]
	}
	if math.Abs(forward-backward) > 1e-9*forward {
		t.Errorf("forwards %g, backwards %g", forward, backward)
	}
}

func TestInvert(t *testing.T) {
	a := square{{4, 2, 1}, {2, 5, 3}, {1, 3, 6}}
	var inverse square
	ok := invert(&a, 3, &inverse)
	// By hand: the determinant is 67, and these are the cofactors.
	want := square{{21, -9, 1}, {-9, 23, -10}, {1, -10, 16}}
	for i := range 3 {
		for j := range 3 {
			if math.Abs(inverse[i][j]-want[i][j]/67) > 1e-15 {
				t.Errorf("(%d, %d): %g, want %g/67", i, j, inverse[i][j], want[i][j])
			}
		}
	}
	if twin := invert(&square{{1, 2}, {2, 4}}, 2, &inverse); !ok || twin {
		t.Errorf("regular: %v; singular: %v", ok, twin)
	}
}
