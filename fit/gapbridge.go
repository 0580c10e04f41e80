package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"tacstream/ingest"
)

// A gap between frames is bridged by what its neighbours say of it. Tracer
// curves are sums of exponentials, so that is what is taken to be likely: with
// amplitudes of independent, equal variance over the logarithm of the rate the
// means of any two times are correlated in a known way, and the best guess of
// one from others (kriging) is a weighted sum of them. Polynomials of the
// spline's degree come out exactly besides (universal kriging). The sums stand
// for frames that were not measured: the curve is still linear in the data.
//
// Source: Matheron, Les variables régionalisées et leur estimation, Masson
// 1965; in today's terms Rasmussen & Williams, Gaussian Processes for Machine
// Learning, MIT Press 2006, section 2.7.

// Bounds of a bridge. Rates count per time of the gap's start: at 20 min they
// are 0.002 to 1 /min.
const (
	bridgeSlowest = 0.2
	bridgeFastest = 20.0
	bridgeRates   = 25
	bridgeReach   = 0.25 // frames that begin earlier than this fraction of the gap's start are not asked
	bridgeFrames  = 20   // on either side that are asked at most
	bridgeFewest  = 8    // that are asked at least
	bridgeAfter   = 7    // frames that must follow the gap where polynomials come out exactly
	bridgePiece   = 5.0  // min, the length of a piece of the gap at most
	bridgeMost    = 12   // pieces of a gap
	// The variance of a mean of 5 min that neighbours need not agree on, relative
	// to the curve's: without it the sums would follow every error.
	bridgeNugget = 3e-9
)

// gapPieces returns in how many pieces the gap before frame i is bridged: one
// where it is not, for want of neighbours.
func gapPieces(frames []ingest.Frame, i int) int {
	if i == 0 {
		return 1
	}
	start, asked := frames[i-1].End(), 0
	for k := max(i-bridgeFrames, 0); k < min(i+bridgeFrames, len(frames)); k++ {
		if frames[k].Start.Minutes() >= bridgeReach*start.Minutes() {
			asked++
		}
	}
	if asked < bridgeFewest {
		return 1
	}
	return int(clamp(math.Ceil((frames[i].Start-start).Minutes()/bridgePiece), 1, bridgeMost))
}

// bridge finds the weights of the pieces of all gaps between frames, unless
// there are too few frames for that.
func (g *partition) bridge() {
	for k := 0; k < len(g.pieces); k++ {
		if g.pieces[k].frame >= 0 || g.pieces[k].start == 0 {
			continue
		}
		end := k
		for end < len(g.pieces) && g.pieces[end].frame < 0 {
			end++
		}
		g.bridgeGap(g.pieces[k:end], g.neighbours(k, end))
		k = end
	}
}

// neighbours returns the frames that are asked for the gap of the pieces from k
// until end.
func (g *partition) neighbours(k, end int) (list []piece) {
	for i := k - 1; i >= max(k-bridgeFrames, 0); i-- {
		if p := g.pieces[i]; p.frame >= 0 && p.start >= bridgeReach*g.pieces[k].start {
			list = append(list, p)
		}
	}
	for _, p := range g.pieces[end:min(end+bridgeFrames, len(g.pieces))] {
		if p.frame >= 0 {
			list = append(list, p)
		}
	}
	return list
}

// A course is what exponentials, and powers of time where they count, do over a
// piece: their means, decayed, over that of e^(−λt).
type course struct {
	piece
	exponentials, powers []float64
}

// bridgeGap sets the weights of the pieces of one gap:
//
//	(K + N  P) (w)   (k)
//	(Pᵀ     0) (μ) = (p)
//
// with K the covariances of the means of the neighbours and k those with the
// piece, N what neighbours need not agree on, and P, p the means of the powers.
// So many powers make sense only between enough frames.
func (g *partition) bridgeGap(gap, around []piece) {
	n := len(around)
	if n < bridgeFewest {
		return
	}
	start, powers := gap[0].start, 0
	if around[n-bridgeAfter].start > start {
		powers = degree + 1
	}
	courses := func(pieces []piece) (list []course) {
		for _, p := range pieces {
			list = append(list, course{p, g.exponentials(p, start), g.powers(p, start)[:powers]})
		}
		return list
	}
	asked, missing := courses(around), courses(gap)
	system := mat.NewDense(n+powers, n+powers, nil)
	system.Slice(0, n+powers, 0, n).(*mat.Dense).Copy(covariances(asked, asked))
	for i, a := range asked {
		for j, power := range a.powers {
			system.Set(i, n+j, power)
		}
	}
	nugget := bridgeNugget * mat.Trace(system) / float64(n)
	for i, p := range around {
		system.Set(i, i, system.At(i, i)+nugget*bridgePiece/p.length)
	}
	var weights mat.Dense
	if err := weights.Solve(system, covariances(asked, missing)); err != nil {
		return
	}
	for k := range gap {
		gap[k].bridge = make([]float64, len(g.mid))
		for i, p := range around {
			gap[k].bridge[p.frame] = weights.At(i, k) * g.level(gap[k]) / g.level(p)
		}
	}
}

// covariances returns those of the neighbours with other pieces, a column for
// each of these, and the powers of these below.
func covariances(asked, others []course) *mat.Dense {
	n := len(asked)
	m := mat.NewDense(n+len(others[0].powers), len(others), nil)
	for k, c := range others {
		for i, a := range asked {
			m.Set(i, k, floats.Dot(a.exponentials, c.exponentials))
		}
		for j, power := range c.powers {
			m.Set(n+j, k, power)
		}
	}
	return m
}

// exponentials returns the decayed means of the exponentials over a piece,
// corrected for decay on average.
func (g *partition) exponentials(p piece, start float64) []float64 {
	list := make([]float64, bridgeRates)
	for i := range list {
		rate := bridgeSlowest/start*math.Pow(bridgeFastest/bridgeSlowest, float64(i)/(bridgeRates-1)) + g.lambda
		list[i] = -math.Exp(-rate*p.start) * math.Expm1(-rate*p.length) / (rate * p.length) / g.level(p)
	}
	return list
}

// powers does the same for powers of time, in units of the gap's start.
func (g *partition) powers(p piece, start float64) []float64 {
	list := make([]float64, degree+1)
	// By the binomial theorem from the moments of x: t = p.start + p.length x.
	s, factorial := &g.sizes[p.size], 1.0
	from, length := p.start/start, p.length/start
	for i := range degree + 1 {
		if i > 0 {
			factorial *= float64(i)
		}
		m := factorial * s.moment[i] / s.moment[0] * math.Pow(length, float64(i))
		choose, power := 1.0, 1.0
		for j := i; j <= degree; j++ {
			list[j] += choose * m * power
			choose *= float64(j+1) / float64(j+1-i)
			power *= from
		}
	}
	return list
}
