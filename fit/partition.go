package fit

import (
	"math"
	"time"

	"gonum.org/v1/gonum/floats"
)

// A partition is the time of a scan in pieces: those between the knots of its
// curves, which are model zero and the edges of the frames. Times are in
// minutes.
type partition struct {
	lambda    float64 // 1/min
	pieces    []piece
	sizes     []size                // those that occur among the pieces, each once
	known     map[time.Duration]int // sizes by length
	length    []float64             // of each frame
	mid       []float64             // of each frame, after model zero
	between   [][4]float64          // see cubics
	perLength []float64             // 1/length
	middle    int                   // the last frame whose mid is at most half of the last
	gaps      []gap
}

// A piece is the time from one knot to the next: a frame, or a gap.
type piece struct {
	start, length float64
	decay         float64 // e^(−λ start)
	size          int     // the index of its size in sizes
	frame         int     // −1 for a gap
	share         float64 // of the frame that it makes up: 1 where it is all of it
	// bridge are the weights of the frames' means in that of a piece of a gap or
	// of the first frame, nil where it is the mean of a frame or where the curve
	// crosses the gap without one.
	bridge []float64
}

// A size is a length h of pieces, with what the decay does over it.
type size struct {
	length float64
	decay  float64             // e^(−λh)
	moment [degree + 3]float64 // ∫₀¹ e^(−λhx) x^j/j! dx
}

func newSize(length, lambda float64) size {
	a := lambda * length
	phi := phis(a)
	s := size{length: length, decay: math.Exp(-a)}
	for j := range s.moment {
		s.moment[j] = s.decay * phi[j+1]
	}
	return s
}

// known reports whether the mean of a piece is a condition on the curve: not
// in a gap between frames that nothing bridges.
func (p *piece) known() bool { return p.frame >= 0 || p.start == 0 || p.bridge != nil }

// mean returns that of a piece that is known, from those of the frames.
func (p *piece) mean(frames []float64) float64 {
	switch {
	case p.bridge != nil:
		return floats.Dot(p.bridge, frames)
	case p.frame >= 0:
		return frames[p.frame]
	}
	return frames[0] / 2 // before the first frame: a straight rise
}

// A gap is a piece between frames, or before the first.
type gap struct {
	piece  int
	before int // the frame before it, −1 for a scan that starts late
}

// add appends a piece, its size and decay yet to be set.
func (g *partition) add(p piece) { g.pieces = append(g.pieces, g.sized(p)) }

// sized sets the size and the decay of a piece.
func (g *partition) sized(p piece) piece {
	h := time.Duration(math.Round(p.length * float64(time.Minute)))
	at, ok := g.known[h]
	if !ok {
		at = len(g.sizes)
		g.known[h] = at
		g.sizes = append(g.sizes, newSize(p.length, g.lambda))
	}
	p.size, p.decay = at, math.Exp(-g.lambda*p.start)
	return p
}

func (g *partition) size(piece int) *size { return &g.sizes[g.pieces[piece].size] }

// level returns the mean of e^(−λt) over a piece.
func (g *partition) level(p piece) float64 { return p.decay * g.sizes[p.size].moment[0] }

// conditions appends to list the means of the pieces where they are known.
func (g *partition) conditions(means, list []float64) []float64 {
	if len(g.pieces) == len(g.mid) {
		return append(list, means...)
	}
	for k := range g.pieces {
		if p := &g.pieces[k]; p.known() {
			list = append(list, p.mean(means))
		}
	}
	return list
}
