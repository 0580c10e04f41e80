package fit

import (
	"math"
	"time"

	"tacstream/ingest"
)

// A curve is a time-activity curve rebuilt from its frame means: the
// derivative of a cubic spline through the cumulative integral at the knots,
// which are the edges of the frames. It is a quadratic in each piece, its
// means over the frames are exactly the data, and its convolution with an
// exponential has a closed form.
//
// A curve is linear in the frame means.
type curve struct {
	*grid
	// Coefficients of piece k, in minutes after knot k:
	// u(s) = p0 + p1 s + p2 s².
	p0, p1, p2 []float64
}

// A grid is what curves with the same frames share.
type grid struct {
	knots  []float64 // minutes after model zero, rising, from 0
	first  []int     // the piece with which each frame begins; each frame is one piece
	length []float64 // of each frame, minutes
	mid    []float64 // of each frame, minutes
	gaps   []gap
}

// A gap is a piece between frames, or before the first.
type gap struct {
	piece  int
	before int // the frame before it, −1 for a scan that starts late
}

// newGrid lays out the knots of a scan. A frame that begins before model zero
// is cut there: nothing was injected yet.
func newGrid(frames []ingest.Frame) *grid {
	g := &grid{knots: []float64{0}}
	for i, f := range frames {
		a, b := math.Max(minutes(f.Start), 0), minutes(f.End())
		if last := g.knots[len(g.knots)-1]; a-last > touching {
			g.gaps = append(g.gaps, gap{piece: len(g.knots) - 1, before: i - 1})
			g.knots = append(g.knots, a)
		}
		g.first = append(g.first, len(g.knots)-1)
		g.knots = append(g.knots, b)
		g.length = append(g.length, b-a)
		g.mid = append(g.mid, (a+b)/2)
	}
	return g
}

// touching is the distance in minutes, 20 ms, below which two frames follow
// each other without a gap: headers round.
const touching = 0.020 / 60

func minutes(d time.Duration) float64 { return float64(d) / float64(time.Minute) }

// pieces returns the number of pieces.
func (g *grid) pieces() int { return len(g.knots) - 1 }

// curve rebuilds the curve with these frame means.
func (g *grid) curve(means []float64) curve {
	n := g.pieces()
	area := make([]float64, n) // of each piece
	for f, k := range g.first {
		area[k] = means[f] * g.length[f]
	}
	for _, gap := range g.gaps {
		area[gap.piece] = g.bridge(gap, means)
	}
	slope := g.splineSlopes(area)
	c := curve{grid: g, p0: make([]float64, n), p1: make([]float64, n), p2: make([]float64, n)}
	for k := range n {
		// The cubic with these end slopes and this rise, differentiated.
		h := g.knots[k+1] - g.knots[k]
		s := area[k] / h
		c.p0[k] = slope[k]
		c.p1[k] = (6*s - 4*slope[k] - 2*slope[k+1]) / h
		c.p2[k] = (3*slope[k] + 3*slope[k+1] - 6*s) / (h * h)
	}
	return c
}

// bridge returns the area under a gap. Before the first frame the curve rises
// in a straight line from 0; between frames it follows the cubic, or what
// there is of it, through the nearest two frame means on either side.
func (g *grid) bridge(b gap, means []float64) float64 {
	h := g.knots[b.piece+1] - g.knots[b.piece]
	if b.before < 0 {
		return 0.5 * h * means[0]
	}
	lo, hi := max(b.before-1, 0), min(b.before+2, len(means)-1)
	area := 0.0
	for i := lo; i <= hi; i++ {
		area += means[i] * g.lagrangeArea(i, lo, hi, g.knots[b.piece], g.knots[b.piece+1])
	}
	return area
}

// lagrangeArea is the integral from a to b of the polynomial that is 1 at the
// middle of frame i and 0 at those of the others from lo to hi. Simpson's rule
// is exact up to cubics.
func (g *grid) lagrangeArea(i, lo, hi int, a, b float64) float64 {
	at := func(t float64) float64 {
		v := 1.0
		for j := lo; j <= hi; j++ {
			if j != i {
				v *= (t - g.mid[j]) / (g.mid[i] - g.mid[j])
			}
		}
		return v
	}
	return (b - a) / 6 * (at(a) + 4*at((a+b)/2) + at(b))
}

// splineSlopes returns the first derivative, at each knot, of the cubic spline
// through the cumulative integral: the curve itself. It is 0 at model zero,
// when nothing has arrived, and the third derivative does not jump at the
// last inner knot.
func (g *grid) splineSlopes(area []float64) []float64 {
	n := g.pieces()
	h := make([]float64, n)
	s := make([]float64, n)
	for k := range n {
		h[k] = g.knots[k+1] - g.knots[k]
		s[k] = area[k] / h[k]
	}
	m := make([]float64, n+1)
	if n == 1 {
		m[1] = 1.5 * s[0]
		return m
	}
	// Inner knots: h[k] m[k−1] + 2(h[k−1]+h[k]) m[k] + h[k−1] m[k+1] = 3(h[k] s[k−1] + h[k−1] s[k]).
	low, diag, up, rhs := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	diag[0] = 1
	for k := 1; k < n; k++ {
		low[k], diag[k], up[k] = h[k], 2*(h[k-1]+h[k]), h[k-1]
		rhs[k] = 3 * (h[k]*s[k-1] + h[k-1]*s[k])
	}
	// Not-a-knot at the end, reduced to two unknowns.
	a, b := h[n-2], h[n-1]
	low[n], diag[n] = a+b, a
	rhs[n] = (b*b*s[n-2] + (2*(a+b)+b)*a*s[n-1]) / (a + b)
	if n == 2 {
		// Too few pieces for it: no curvature at the end.
		low[n], diag[n], rhs[n] = 1, 2, 3*s[n-1]
	}
	for k := 1; k <= n; k++ {
		w := low[k] / diag[k-1]
		diag[k] -= w * up[k-1]
		rhs[k] -= w * rhs[k-1]
	}
	m[n] = rhs[n] / diag[n]
	for k := n - 1; k >= 0; k-- {
		m[k] = (rhs[k] - up[k]*m[k+1]) / diag[k]
	}
	return m
}
