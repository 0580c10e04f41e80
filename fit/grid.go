package fit

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/ingest"
)

// A grid is what curves with the same frames and the same decay share: the
// pieces between the knots, which are model zero and the edges of the frames.
// Its times are in minutes.
type grid struct {
	lambda    float64 // 1/min
	pieces    []piece
	sizes     []size                // those that occur among the pieces, each once
	known     map[time.Duration]int // sizes by length
	length    []float64             // of each frame
	mid       []float64             // of each frame, after model zero
	between   [][4]float64          // see cubics
	perLength []float64             // 1/length
	flat      []float64             // mean of e^(−λt) over the frame
	middle    int                   // the last frame whose mid is at most half of the last
	gaps      []gap
	spline    spline
	integrals integrals
	integral  *blas64.General // from frame means to those of the integral; nil for many frames
	memory    *memory         // of an integral
	nodes     func() []kernel // those of the nodes of θ, nil where they are not kept
}

// A schedule is what scans with the same frames and half-life share. It does
// not change.
type schedule struct {
	frames   []ingest.Frame
	halfLife time.Duration
	grid     *grid // of the frames that are used
	judge    extract.Judge
}

// lastSchedule is the one that was made last: the models of a scan, and mostly
// scan after scan, have the same.
var lastSchedule atomic.Pointer[schedule]

// scheduleOf returns the schedule of a scan whose frames are used from one on.
func scheduleOf(frames []ingest.Frame, from int, halfLife time.Duration) *schedule {
	if last := lastSchedule.Load(); last != nil && last.halfLife == halfLife && slices.Equal(last.frames, frames) {
		return last
	}
	s := &schedule{frames: slices.Clone(frames), halfLife: halfLife}
	s.grid = newGrid(s.frames[from:], 60*ingest.DecayPerSecond(halfLife))
	s.judge = extract.Curves{Frames: s.frames, HalfLife: halfLife}.Judge(extract.Thresholds{})
	lastSchedule.Store(s)
	return s
}

// A piece is the time from one knot to the next: a frame, or a gap.
type piece struct {
	start, length float64
	decay         float64 // e^(−λ start)
	size          int     // the index of its size in sizes
	frame         int     // −1 for a gap
	share         float64 // of the frame that it makes up: 1 where it is all of it
	// bridge are the weights of the frames' means in that of a piece of a gap,
	// nil where the curve crosses the gap without one.
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
	case p.frame >= 0:
		return frames[p.frame]
	case p.bridge != nil:
		return floats.Dot(p.bridge, frames)
	}
	return frames[0] / 2 // before the first frame: a straight rise
}

// A gap is a piece between frames, or before the first.
type gap struct {
	piece  int
	before int // the frame before it, −1 for a scan that starts late
}

// touching is the distance below which two frames follow each other without a
// gap: headers round.
const touching = 20 * time.Millisecond

// newGrid lays out the knots of a scan. A frame that begins before model zero
// is cut there, since nothing was injected yet, and one that begins a rounding
// before the last has ended is cut too.
func newGrid(frames []ingest.Frame, lambda float64) *grid {
	n := len(frames)
	g := &grid{lambda: lambda, known: map[time.Duration]int{}, pieces: make([]piece, 0, n+1)}
	b := make([]float64, 4*n)
	g.length, g.mid, g.perLength, g.flat = b[:0:n], b[n:n:2*n], b[2*n:2*n:3*n], b[3*n:3*n]
	last := time.Duration(0)
	add := func(until time.Duration, frame int) {
		g.add(piece{start: last.Minutes(), length: (until - last).Minutes(), frame: frame, share: 1})
		last = until
	}
	for i, f := range frames {
		if f.Start-last > touching {
			g.gaps = append(g.gaps, gap{piece: len(g.pieces), before: i - 1})
			from, n := last, gapPieces(frames, i)
			for k := range n {
				add(from+(f.Start-from)*time.Duration(k+1)/time.Duration(n), -1)
			}
		}
		g.mid = append(g.mid, (last+f.End()).Minutes()/2)
		g.length = append(g.length, (f.End() - last).Minutes())
		g.perLength = append(g.perLength, 1/g.length[i])
		add(f.End(), i)
		p := g.pieces[len(g.pieces)-1]
		g.flat = append(g.flat, p.decay*g.sizes[p.size].moment[0])
	}
	for g.middle = n - 1; g.middle > 0 && g.mid[g.middle] > g.mid[n-1]/2; {
		g.middle--
	}
	g.bridge()
	g.spline = g.newSpline()
	g.integrals = g.newIntegrals()
	g.integral = g.newIntegral()
	g.between = cubics(g.mid)
	g.memory = newMemory(g)
	g.memory.set(g, g.kernel(0))
	g.nodes = sync.OnceValue(g.nodeKernels)
	return g
}

// add appends a piece, its size and decay yet to be set.
func (g *grid) add(p piece) {
	h := time.Duration(math.Round(p.length * float64(time.Minute)))
	at, ok := g.known[h]
	if !ok {
		at = len(g.sizes)
		g.known[h] = at
		g.sizes = append(g.sizes, newSize(p.length, g.lambda))
	}
	p.size, p.decay = at, math.Exp(-g.lambda*p.start)
	g.pieces = append(g.pieces, p)
}

func (g *grid) size(piece int) *size { return &g.sizes[g.pieces[piece].size] }
