package fit

import (
	"errors"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"tacstream/ingest"
)

// A gap between frames is bridged by what its neighbours say of it: see
// kriging. Polynomials of the spline's degree come out exactly besides
// (universal kriging) where there are frames enough. The first frame, where it
// is long, is told in parts in the same way: all of the bolus is in it.

// Bounds of a bridge. Rates count per time of the gap's start: at 20 min they
// are 0.01 to 1 /min.
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
)

// Those of the first frame. A bolus takes 10 s to pass, so that nothing in a
// tissue is faster.
const (
	startSlowest = 0.005 // 1/min
	startFastest = 6.0
	startRates   = 40
	startLongest = 20 * time.Second // of a frame that is not told in parts
	startPiece   = 10 * time.Second // the length of a part at most
	startMost    = 12               // parts
)

// startPieces returns in how many parts the first frame is told: 1 where it is
// not, for want of neighbours or because it is short.
func startPieces(frames []ingest.Frame) int {
	length := frames[0].End()
	if len(frames) < bridgeFewest || frames[0].Start > touching || length <= startLongest {
		return 1
	}
	return min(int((length+startPiece-1)/startPiece), startMost)
}

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

// bridge finds the weights of the parts of the first frame and of the pieces of
// all gaps between frames, unless there are too few frames for that. Means are
// those of a curve of the scan, by which it is told how noisy its curves are; nil
// where there is none.
func (g *partition) bridge(means []float64) {
	for k := 0; k < len(g.pieces); k++ {
		end := k + 1
		for end < len(g.pieces) && g.pieces[end].frame == g.pieces[k].frame {
			end++
		}
		switch p := g.pieces[k]; {
		case p.frame < 0 && p.start > 0:
			g.bridgeGap(g.pieces[k:end], g.neighbours(k, end), means)
		case end > k+1:
			g.tellStart(g.pieces[:end], means)
		}
		k = end - 1
	}
}

// tellStart sets the weights of the parts of the first frame. What the frame
// itself holds is kept.
func (g *partition) tellStart(parts []piece, means []float64) {
	first := g.sized(piece{length: g.length[0]})
	asked := []piece{first}
	for _, p := range g.pieces[len(parts):] {
		if p.frame >= 0 && len(asked) < bridgeFrames {
			asked = append(asked, p)
		}
	}
	still := prior{rates: rates(startSlowest, startFastest, startRates), still: 2}
	arriving := still
	arriving.still = 1
	p := g.likeliest(asked, means, arriving, still)
	weights, ok := g.krige(asked, parts, &p, 0)
	if !ok {
		weights = mat.NewDense(len(asked), len(parts), nil)
	}
	for i, a := range asked {
		sum := 0.0
		for k := range parts {
			sum += weights.At(i, k) * g.level(parts[k]) / g.level(a) * parts[k].share
		}
		if i == 0 {
			sum--
		}
		for k := range parts {
			if i == 0 {
				parts[k].bridge = make([]float64, len(g.mid))
			}
			parts[k].bridge[a.frame] = weights.At(i, k)*g.level(parts[k])/g.level(a) - sum
		}
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

// bridgeGap sets the weights of the pieces of one gap. The powers of time make
// sense only between enough frames.
func (g *partition) bridgeGap(gap, around []piece, means []float64) {
	n := len(around)
	if n < bridgeFewest {
		return
	}
	start, powers := gap[0].start, 0
	if around[n-bridgeAfter].start > start {
		powers = degree + 1
	}
	p := g.likeliest(around, means, prior{rates: rates(bridgeSlowest/start, bridgeFastest/start, bridgeRates)})
	weights, ok := g.krige(around, gap, &p, powers)
	if !ok {
		return
	}
	for k := range gap {
		gap[k].bridge = make([]float64, len(g.mid))
		for i, p := range around {
			gap[k].bridge[p.frame] = weights.At(i, k) * g.level(gap[k]) / g.level(p)
		}
	}
}

// krige returns the weights of the means of pieces, a row for each, in the guesses
// of others, a column for each, and false where there are none:
//
//	(K + N  P) (w)   (k)
//	(Pᵀ     0) (μ) = (p)
//
// with K the covariances of the means of the pieces and k those with the other,
// N what neighbours need not agree on, and P, p the means of so many powers of
// time, which come out exactly.
func (g *partition) krige(asked, others []piece, p *prior, powers int) (*mat.Dense, bool) {
	n, from, to := len(asked), g.field(asked, p), g.field(others, p)
	k, variance := from.covariances()
	system, right := mat.NewDense(n+powers, n+powers, nil), mat.NewDense(n+powers, len(others), nil)
	system.Slice(0, n, 0, n).(*mat.Dense).Copy(from.disagree(k, variance, p.nugget))
	right.Slice(0, n, 0, len(others)).(*mat.Dense).Mul(from.rows, to.rows.T())
	start := others[0].start
	for i, a := range asked {
		for j, v := range g.powers(a, start)[:powers] {
			system.Set(i, n+j, v)
			system.Set(n+j, i, v)
		}
	}
	for i, o := range others {
		for j, v := range g.powers(o, start)[:powers] {
			right.Set(n+j, i, v)
		}
	}
	var weights mat.Dense
	err := weights.Solve(system, right)
	var condition mat.Condition
	return &weights, err == nil || errors.As(err, &condition)
}

// powers returns the decayed means of powers of time, in units of the gap's
// start, over a piece, corrected for decay on average.
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
