package fit

// A spline is how the curves of a grid follow from the means of its pieces.
// Corrected for decay they are splines of that degree with knots at the edges
// of the pieces. Each mean is a condition, and that nothing has arrived at model
// zero is one more; for the rest knots next to the ends are left out ("not a
// knot"). A gap between frames is bridged by conditions that follow from its
// neighbours; where it is not, it is no condition, so the knot at its end is left
// out too, and the curve crosses the gap as the smoothest way there is.
//
// Source: de Boor, A Practical Guide to Splines, Springer 1978, chapters IX
// and XIII.
type spline struct {
	first  []int                    // of the B-splines that are not 0 in each piece
	pieces [][degree + 1]polynomial // those B-splines
	system *band                    // the equations
}

// newSpline prepares the equations. The B-spline that is not 0 at model zero
// is left out, and the equation of a piece is its decayed mean.
func (g *partition) newSpline() *spline {
	n := len(g.pieces)
	s := &spline{first: make([]int, n), pieces: make([][degree + 1]polynomial, n)}
	rows := make([][2*degree + 1]float64, 0, n)
	knots := g.knots()
	span := 0
	for k, p := range g.pieces {
		for knots[span+degree+1] <= p.start {
			span++
		}
		s.first[k] = span
		s.pieces[k] = g.bsplines(knots[span:], p)
		if !p.known() {
			continue
		}
		var row [2*degree + 1]float64
		for j := range s.pieces[k] {
			if at := span + j - 1 - len(rows) + degree; span+j > 0 {
				row[at] = p.decay * g.size(k).mean(&s.pieces[k][j])
			}
		}
		rows = append(rows, row)
	}
	s.system = newBand(rows)
	return s
}

// mean returns the decayed mean of a polynomial over a piece.
func (s *size) mean(p *polynomial) float64 {
	sum := 0.0
	for j, c := range p {
		sum += c * s.moment[j]
	}
	return sum
}

// knots returns the knots, those at the ends degree + 1 times.
func (g *partition) knots() []float64 {
	n := len(g.pieces)
	keep := make([]bool, n)
	for k := range keep {
		keep[k] = k > (degree-1)/2 && k < n-degree/2
	}
	for _, gap := range g.gaps {
		for k := gap.piece; k < n && gap.before >= 0 && g.pieces[k].frame < 0; k++ {
			if !g.pieces[k].known() {
				drop(keep, k+1)
			}
		}
	}
	knots := make([]float64, degree+1, n+2*degree+2)
	for k, p := range g.pieces {
		if keep[k] {
			knots = append(knots, p.start)
		}
	}
	last := g.pieces[n-1]
	for range degree + 1 {
		knots = append(knots, last.start+last.length)
	}
	return knots
}

// drop leaves out knot k, or the nearest to it that is still there.
func drop(keep []bool, k int) {
	for off := range keep {
		for _, at := range []int{k + off, k - off} {
			if at >= 0 && at < len(keep) && keep[at] {
				keep[at] = false
				return
			}
		}
	}
}

// bsplines returns the B-splines over a piece that rest on the first
// 2 degree + 2 knots, by the recursion of Cox and de Boor.
func (g *partition) bsplines(knots []float64, over piece) [degree + 1]polynomial {
	var b [degree + 1]polynomial
	b[degree][0] = 1
	for p := 1; p <= degree; p++ {
		for j := degree - p; j <= degree; j++ {
			var sum polynomial
			if j > degree-p { // rises on the old B-spline j
				width := 1 / (knots[j+p] - knots[j])
				sum.add(&b[j], p, (over.start-knots[j])*width, over.length*width)
			}
			if j < degree { // falls on the old B-spline j + 1
				width := 1 / (knots[j+p+1] - knots[j+1])
				sum.add(&b[j+1], p, (knots[j+p+1]-over.start)*width, -over.length*width)
			}
			b[j] = sum
		}
	}
	return b
}
