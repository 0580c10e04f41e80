package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// A frtmSearch finds the minima of FRTM's sum of squares in a region from sums
// over the frames alone: those between nodes are made once per scan, those with
// the data once per region, and a step of the search then looks at no frame. The
// weights are those of the basis.
type frtmSearch struct {
	*basis
	gram   []float64 // Σ w E E of every two nodes
	direct []float64 // Σ w D E of every node
	grid   []frtmNode
	rss    [evenNodes + 2][evenNodes + 2][k2Steps + 2]float64 // of the grid, with a margin

	// Of the region at hand.
	wu     []float64
	yy, yd float64
	by     []float64 // Σ w E u of every node
}

// k2Steps is how many values of k2 are tried between c and d.
const k2Steps = 8

// mostStarts is from how many points of the grid the search goes on.
const mostStarts = 6

// A frtmNode is a point of the grid, where the model is R1 F + G.
type frtmNode struct {
	k2                     float64
	fi, fj, gi, gj         float64 // factors of E(c) and E(d) in F and G
	perFF, crossed, gained float64 // 1/Σ w F², Σ w F G, Σ w G²
}

// A frtmPoint is a solution: R1, the rates, and what they leave.
type frtmPoint struct {
	at  gradient // R1, ln k2, ln c, ln d
	rss float64
}

func newFRTMSearch(b *basis) *frtmSearch {
	n := len(b.mid)
	s := &frtmSearch{basis: b, gram: make([]float64, thetaNodes*thetaNodes), direct: make([]float64, thetaNodes), wu: make([]float64, n), by: make([]float64, thetaNodes)}
	for i := range thetaNodes {
		floats.MulTo(s.wu, b.w, b.column(i))
		s.direct[i] = floats.Dot(s.wu, b.direct)
		s.project(s.wu, s.gram[i*thetaNodes:(i+1)*thetaNodes])
	}
	for i := range s.rss {
		for j := range s.rss[i] {
			for k := range s.rss[i][j] {
				s.rss[i][j][k] = math.Inf(1)
			}
		}
	}
	s.grid = make([]frtmNode, 0, evenNodes*(evenNodes-1)/2*k2Steps)
	for i := range evenNodes {
		for j := i + 1; j < evenNodes; j++ {
			ratio := math.Exp(2 * step * float64(j-i) / k2Steps)
			k2 := theta(2*i) * math.Sqrt(ratio)
			for range k2Steps {
				s.grid = append(s.grid, s.node(2*i, 2*j, k2))
				k2 *= ratio
			}
		}
	}
	return s
}

// project writes the products of all nodes with weighted values.
func (s *frtmSearch) project(weighted, by []float64) {
	n := len(weighted)
	all := blas64.General{Rows: thetaNodes, Cols: n, Stride: n, Data: s.columns}
	blas64.Gemv(blas.NoTrans, 1, all, vector(weighted), 0, vector(by))
}

// node makes the point of the grid with the rates of two nodes and a k2 between
// them.
func (s *frtmSearch) node(i, j int, k2 float64) frtmNode {
	c, d := theta(i), theta(j)
	p := frtmNode{k2: k2, fi: -c * (d - k2) / (d - c), fj: -d * (k2 - c) / (d - c), gi: k2 * (d - k2) / (d - c), gj: k2 * (k2 - c) / (d - c)}
	ai, aj := s.direct[i], s.direct[j]
	ii, ij, jj := s.gram[i*thetaNodes+i], s.gram[i*thetaNodes+j], s.gram[j*thetaNodes+j]
	p.perFF = 1 / (s.aa + 2*p.fi*ai + 2*p.fj*aj + p.fi*p.fi*ii + 2*p.fi*p.fj*ij + p.fj*p.fj*jj)
	p.crossed = p.gi*ai + p.gj*aj + p.fi*p.gi*ii + p.fj*p.gj*jj + (p.fi*p.gj+p.fj*p.gi)*ij
	p.gained = p.gi*p.gi*ii + 2*p.gi*p.gj*ij + p.gj*p.gj*jj
	return p
}

// minima returns the solutions for a region, the best first: from the points of
// the grid that are better than all beside them, the best ones, downwards.
func (s *frtmSearch) minima(u []float64) (best frtmPoint, ok bool) {
	floats.MulTo(s.wu, s.w, u)
	s.yy, s.yd = floats.Dot(s.wu, u), floats.Dot(s.wu, s.basis.direct)
	s.project(s.wu, s.by)
	s.tryGrid()
	best.rss = math.Inf(1)
	for _, start := range s.starts() {
		if p := s.descend(start); p.rss < best.rss {
			best = p
		}
	}
	return best, !math.IsInf(best.rss, 1)
}

// tryGrid takes the sum of squares of every point of the grid, infinite where
// R1 would not be positive.
func (s *frtmSearch) tryGrid() {
	at := 0
	for i := range evenNodes {
		for j := i + 1; j < evenNodes; j++ {
			yi, yj, out := s.by[2*i], s.by[2*j], &s.rss[i+1][j+1]
			for k := range k2Steps {
				p := &s.grid[at]
				at++
				gy, f := p.gi*yi+p.gj*yj, s.yd+p.fi*yi+p.fj*yj-p.crossed
				if out[k+1] = s.yy - 2*gy + p.gained - f*f*p.perFF; f <= 0 {
					out[k+1] = math.Inf(1)
				}
			}
		}
	}
}

// starts returns those points of the grid that are better than all beside them,
// the best of which first.
func (s *frtmSearch) starts() []frtmPoint {
	list := make([]frtmPoint, 0, mostStarts+1)
	at := 0
	for i := 1; i <= evenNodes; i++ {
		for j := i + 1; j <= evenNodes; j++ {
			for k := 1; k <= k2Steps; k++ {
				at++
				if r := s.rss[i][j][k]; s.lowest(i, j, k) && (len(list) < mostStarts || r < list[mostStarts-1].rss) {
					list = insert(list, frtmPoint{gradient{0, math.Log(s.grid[at-1].k2), lnMin + 2*step*float64(i-1), lnMin + 2*step*float64(j-1)}, r})
				}
			}
		}
	}
	return list
}

// lowest reports whether no point of the grid beside this one is better.
func (s *frtmSearch) lowest(i, j, k int) bool {
	g := &s.rss
	r := g[i][j][k]
	return r <= g[i][j][k-1] && r <= g[i][j][k+1] && r <= g[i][j-1][k] && r <= g[i][j+1][k] && r <= g[i-1][j][k] && r <= g[i+1][j][k] && !math.IsInf(r, 1)
}

// insert puts a point where it belongs among the best.
func insert(list []frtmPoint, p frtmPoint) []frtmPoint {
	if len(list) < mostStarts {
		list = append(list, p)
	}
	i := len(list) - 1
	for ; i > 0 && list[i-1].rss > p.rss; i-- {
		list[i] = list[i-1]
	}
	list[i] = p
	return list
}

// sums makes the products at two rates.
func (s *frtmSearch) sums(lnC, lnD float64) (t frtmSums) {
	c, d := spotOfLn(lnC), spotOfLn(lnD)
	var l, slope [2][window]float64
	l[0], slope[0] = lagrange(c.t)
	l[1], slope[1] = lagrange(d.t)
	first := [2]int{c.first, d.first}
	t.yy, t.data[0], t.with[0][0] = s.yy, s.yd, s.aa
	for a := range 2 {
		for i := range window {
			slope[a][i] /= step
		}
		by, direct := (*[window]float64)(s.by[first[a]:]), (*[window]float64)(s.direct[first[a]:])
		t.data[1+a], t.data[3+a] = along(by, &l[a]), along(by, &slope[a])
		t.with[0][1+a], t.with[0][3+a] = along(direct, &l[a]), along(direct, &slope[a])
	}
	for a := range 2 {
		for b := a; b < 2; b++ {
			for i := range window {
				row := (*[window]float64)(s.gram[(first[a]+i)*thetaNodes+first[b]:])
				x, y := along(row, &l[b]), along(row, &slope[b])
				t.with[1+a][1+b] += l[a][i] * x
				t.with[1+a][3+b] += l[a][i] * y
				t.with[3+a][1+b] += slope[a][i] * x
				t.with[3+a][3+b] += slope[a][i] * y
			}
		}
	}
	t.with[2][3] = t.with[3][2]
	t.with[3][2], t.with[4][1] = t.with[2][3], t.with[1][4]
	for i := range maxParameters {
		for j := range i {
			t.with[i][j] = t.with[j][i]
		}
	}
	return t
}

// descend goes down from a point to a minimum: by Levenberg's and Marquardt's
// rule over c and d, with the best k2 and R1 for each pair of them.
func (s *frtmSearch) descend(from frtmPoint) frtmPoint {
	sums := s.sums(from.at[2], from.at[3])
	p := sums.best(from.at)
	damping := 1e-3
	for range 100 {
		by, ok := sums.step(&p.at, damping)
		if !ok {
			return p
		}
		next := p.at
		for i := 1; i < 4; i++ {
			next[i] += clamp(by[i], -1, 1)
		}
		next.bound()
		there := s.sums(next[2], next[3])
		q := there.best(next)
		moved := math.Max(math.Abs(q.at[2]-p.at[2]), math.Abs(q.at[3]-p.at[3]))
		if !(q.rss < p.rss) {
			if damping *= 8; damping > 1e9 || moved < 1e-9 {
				return p
			}
			continue
		}
		gained := p.rss - q.rss
		p, sums = q, there
		if damping /= 6; gained < 1e-6*p.rss+1e-13*s.yy || moved < 1e-9 {
			return p
		}
	}
	return p
}

// bound keeps the rates in their range, and c < k2 < d.
func (g *gradient) bound() {
	g[2] = clamp(g[2], lnMin, lnMax-2*nearest)
	g[3] = clamp(g[3], g[2]+2*nearest, lnMax)
	g[1] = clamp(g[1], g[2]+nearest/100, g[3]-nearest/100)
}

// best returns the best solution with the rates c and d of a point, downwards
// from its k2.
func (s *frtmSums) best(at gradient) frtmPoint {
	r := s.over(math.Exp(at[2]), math.Exp(at[3]))
	k2, r1, rss := r.least(math.Exp(at[1]))
	at[0], at[1] = r1, math.Log(k2)
	return frtmPoint{at, rss}
}

// step returns the damped step from a point by all of R1, ln k2, ln c and ln d,
// of which those that meet a bound stay.
func (s *frtmSums) step(at *gradient, damping float64) (by gradient, ok bool) {
	model, z := frtmSlopes(at)
	var across [4][maxParameters]float64
	for a, row := range &s.with {
		for i := range z {
			across[i][a] = z[i][0]*row[0] + z[i][1]*row[1] + z[i][2]*row[2] + z[i][3]*row[3] + z[i][4]*row[4]
		}
	}
	var right [4]float64
	var normal square
	for i := range z {
		x := &across[i]
		right[i] = z[i][0]*s.data[0] + z[i][1]*s.data[1] + z[i][2]*s.data[2] + z[i][3]*s.data[3] + z[i][4]*s.data[4] - dot3(&model, (*[3]float64)(x[:3]))
		for j := range i + 1 {
			normal[i][j] = z[j][0]*x[0] + z[j][1]*x[1] + z[j][2]*x[2] + z[j][3]*x[3] + z[j][4]*x[4]
			normal[j][i] = normal[i][j]
		}
	}
	normal[2][2] *= 1 + damping
	normal[3][3] *= 1 + damping
	return at.within(&normal, &right)
}

// within solves normal equations for a step. What would leave its range stays
// where it is, and the others are solved for anew.
func (g *gradient) within(normal *square, right *[4]float64) (by gradient, ok bool) {
	for range 3 {
		var inverse square
		if !invert(normal, 4, &inverse) {
			return by, false
		}
		by = gradient{}
		for i := range right {
			for j := range right {
				by[i] += inverse[i][j] * right[j]
			}
		}
		switch {
		case by[3] > 0 && g[3] >= lnMax:
			hold(normal, right, 3)
		case by[2] < 0 && g[2] <= lnMin:
			hold(normal, right, 2)
		default:
			return by, true
		}
	}
	return by, true
}

// hold takes a parameter out of normal equations.
func hold(normal *square, right *[4]float64, i int) {
	for j := range right {
		normal[i][j], normal[j][i] = 0, 0
	}
	normal[i][i], right[i] = 1, 0
}

// frtmFactors returns the factors of D, E(c) and E(d) in the model.
func frtmFactors(g *gradient) [3]float64 {
	f, _ := frtmSlopes(g)
	return f
}

// frtmSlopes returns these and the factors of D, E(c), E(d) and of the
// derivatives of the last two in those of the model by R1, ln k2, ln c and ln d.
func frtmSlopes(g *gradient) (f [3]float64, z [4][maxParameters]float64) {
	r1, k2, c, d := g[0], math.Exp(g[1]), math.Exp(g[2]), math.Exp(g[3])
	q := 1 / (d - c)
	a, b := (k2-r1*c)*(d-k2)*q, (k2-r1*d)*(k2-c)*q
	z[0] = [maxParameters]float64{1, -c * (d - k2) * q, -d * (k2 - c) * q}
	z[1] = [maxParameters]float64{0, k2 * (d - 2*k2 + r1*c) * q, k2 * (2*k2 - c - r1*d) * q}
	z[2] = [maxParameters]float64{0, c * (a - r1*(d-k2)) * q, c * (b - k2 + r1*d) * q, a}
	z[3] = [maxParameters]float64{0, d * (k2 - r1*c - a) * q, d * (-r1*(k2-c) - b) * q, 0, b}
	return [3]float64{r1, a, b}, z
}
