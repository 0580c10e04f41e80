package fit

import (
	"sync"
	"time"

	"tacstream/ingest"
)

// A grid is what curves with the same frames and the same decay share.
type grid struct {
	*partition
	spline      *spline
	integration *integration
	memory      *memory         // of an integral
	nodes       func() []kernel // those of the nodes of θ
}

// touching is the distance below which two frames follow each other without a
// gap: headers round.
const touching = 20 * time.Millisecond

// newPartition lays out the knots of a scan. A frame that begins before model zero
// is cut there, since nothing was injected yet, and one that begins a rounding
// before the last has ended is cut too.
// Means, where there are any, are those of a curve of the scan, by which what
// lies between frames is told.
func newPartition(frames []ingest.Frame, lambda float64, means []float64) *partition {
	n := len(frames)
	g := &partition{lambda: lambda, known: map[time.Duration]int{}, pieces: make([]piece, 0, n+1)}
	b := make([]float64, 3*n)
	g.length, g.mid, g.perLength = b[:0:n], b[n:n:2*n], b[2*n:2*n:3*n]
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
		from, n := last, 1
		if i == 0 && last == 0 {
			n = startPieces(frames)
		}
		for k := range n {
			add(from+(f.End()-from)*time.Duration(k+1)/time.Duration(n), i)
			g.pieces[len(g.pieces)-1].share = 1 / float64(n)
		}
	}
	for g.middle = n - 1; g.middle > 0 && g.mid[g.middle] > g.mid[n-1]/2; {
		g.middle--
	}
	g.bridge(means)
	g.between = cubics(g.mid)
	return g
}

// newGrid prepares what the curves on a partition share.
func newGrid(p *partition) *grid {
	g := &grid{partition: p, spline: p.newSpline(), memory: newMemory(p)}
	g.integration = newIntegration(p, g.spline)
	g.memory.set(p, p.kernel(0))
	g.nodes = sync.OnceValue(p.nodeKernels)
	return g
}

// curve rebuilds the curve with these frame means.
func (g *grid) curve(means []float64) curve { return g.spline.curve(g.partition, means) }

// nodeKernels returns the kernels of all nodes.
func (g *partition) nodeKernels() []kernel {
	list := make([]kernel, thetaNodes)
	for i := range list {
		list[i] = g.kernel(theta(i))
	}
	return list
}
