package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// Separable least squares. A model of the kind
//
//	C = p₀ D + p₁ E(θ)    E(θ) = I convolved with e^(−θt)
//
// is linear but for θ. For a given θ the best p are known, so what is left is
// a search over one bounded rate: on a grid over all of its range, which
// leaves no start value to choose and takes no local minimum for the global
// one, and then between the nodes around the best. The input I and the direct
// curve D are both the reference curve in reference-tissue models; with an
// arterial input they are plasma and whole blood.
//
// Source: Golub & Pereyra, SIAM J Numer Anal 1973;10:413–432,
// doi:10.1137/0710036.

// A basis holds the input convolved with the exponential of every node. It is
// made once per scan; a region then costs a few sums.
type basis struct {
	*prepared
	direct  []float64 // D, 0 throughout where the model has none
	w       []float64 // weights that regions are searched with before their own are known
	columns []float64 // E of each node, node by node
	ab, bb  []float64 // Σ w D E and Σ w E² of every second node
	aa      float64   // Σ w D²
	// 1 over what of Σ w E² of every second node is left across D, 0 where E and
	// D count as parallel.
	perAcross []float64
	windows   [thetaNodes]*local
	scratch   scratch
}

// A scratch saves a search from making its slices anew for every region.
type scratch struct {
	wu, weighted, product []float64
	by                    []float64 // Σ w E u of every second node
	local                 local
}

// newBasis prepares the search. Expected is the activity by which frames are
// weighted before a region's own is known.
func newBasis(p *prepared, input curve, direct, expected []float64) *basis {
	n, half := len(p.mid), evenNodes
	buffer := make([]float64, (thetaNodes+4)*n+4*half)
	take := func(n int) []float64 { s := buffer[:n:n]; buffer = buffer[n:]; return s }
	b := &basis{
		prepared: p, direct: direct, columns: take(thetaNodes * n), w: take(n), ab: take(half), bb: take(half), perAcross: take(half),
		scratch: scratch{wu: take(n), weighted: take(n), product: take(n), by: take(half)},
	}
	b.weigh(expected, 0, b.w)
	b.aa = b.weightDirect(b.w)
	var k kernel
	for i := range thetaNodes {
		if input.partition == p.partition {
			k = p.nodes()[i]
		} else {
			k = input.partition.kernelIn(k, theta(i))
		}
		input.convolve(k, b.column(i))
	}
	for i := range half {
		r := sumPair(b.w, direct, b.column(2*i), direct)
		b.ab[i], b.bb[i] = r.ab, r.bb
		if across := b.bb[i] - b.ab[i]*b.ab[i]/b.aa; across > parallel*b.bb[i] {
			b.perAcross[i] = 1 / across
		}
	}
	return b
}

// referenceBasis is the basis of the models with one exponential on the
// reference curve.
func referenceBasis(p *prepared) *basis { return newBasis(p, p.refCurve, p.ref, p.ref) }

func (b *basis) column(node int) []float64 {
	n := len(b.mid)
	return b.columns[node*n : (node+1)*n]
}

// interpolate writes E at a spot into column and its derivative by ln θ into
// slope; either may be nil.
func (b *basis) interpolate(s spot, column, slope []float64) {
	l, d := lagrange(s.t)
	clear(column)
	clear(slope)
	for k := range window {
		at := b.column(s.first + k)
		if column != nil {
			floats.AddScaled(column, l[k], at)
		}
		if slope != nil {
			floats.AddScaled(slope, d[k]/step, at)
		}
	}
}

// weightDirect writes w D into the scratch and returns Σ w D², or 1 where
// there is no direct curve: its factor then comes out as 0.
func (b *basis) weightDirect(w []float64) float64 {
	floats.MulTo(b.scratch.weighted, w, b.direct)
	if aa := floats.Dot(b.scratch.weighted, b.direct); aa > 0 {
		return aa
	}
	return 1
}

// project writes w u and Σ w E u of every second node into the scratch, and
// returns Σ w D u.
func (b *basis) project(u, w []float64) (ay float64) {
	s, n := &b.scratch, len(u)
	floats.MulTo(s.wu, w, u)
	every2nd := blas64.General{Rows: evenNodes, Cols: n, Stride: 2 * n, Data: b.columns}
	blas64.Gemv(blas.NoTrans, 1, every2nd, vector(s.wu), 0, vector(s.by))
	return floats.Dot(s.wu, b.direct)
}

// search returns the best fit to u over all θ, with the weights of the basis:
// the sums that do not depend on u are known.
func (b *basis) search(u []float64) spot {
	s := &b.scratch
	ay := b.project(u, b.w)
	best, at := 0.0, thetaNodes/4
	along := ay / b.aa
	for i, by := range s.by {
		left := by - b.ab[i]*along
		if gain := left * left * b.perAcross[i]; gain > best {
			best, at = gain, i
		}
	}
	first := min(max(2*at-window/2, 0), thetaNodes-window)
	if b.windows[first] == nil {
		b.windows[first] = new(local)
		b.windows[first].sum(b, b.w, first)
	}
	s.local = *b.windows[first]
	s.local.meet(b, first, ay)
	return s.local.best(spot{first, float64(2*at - first - window/2)}, rough)
}

// searchWith returns the best fit to u over all θ with weights w.
func (b *basis) searchWith(u, w []float64) spot {
	s := &b.scratch
	best, top := spot{}, -1.0
	for node := 0; node < thetaNodes; node += window - 3 {
		at := b.load(u, w, spotOf(theta(node)))
		at = s.local.best(at, rough)
		if r, _ := s.local.sums(at.t); r.gain() > top {
			best, top = at, r.gain()
		}
	}
	return best
}

// load makes the scratch ready for u and w around a spot.
func (b *basis) load(u, w []float64, at spot) spot {
	s := &b.scratch
	floats.MulTo(s.wu, w, u)
	s.local.aa = b.weightDirect(w)
	ay := floats.Dot(s.wu, b.direct)
	s.local.sum(b, w, at.first)
	s.local.meet(b, at.first, ay)
	return at
}

// polish returns the best fit to u with weights w near a spot, exactly.
func (b *basis) polish(u, w []float64, at spot) spot {
	for range thetaNodes {
		b.load(u, w, at)
		at.t = b.scratch.local.climb(at.t, 0.03, exact)
		if to := spotOf(at.theta()); to.first == at.first || math.Abs(at.t) < 0.75 {
			return at
		}
		at = spotOf(at.theta())
	}
	return at
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

// linear returns the factors of D and of E = column that fit best to u with
// weights w. Where the two are parallel all is put down to D.
func (b *basis) linear(column, u, w []float64) (p0, p1 float64) {
	r := sumPair(w, b.direct, column, u)
	if r.aa == 0 {
		r.aa = 1
	}
	return r.solve()
}

// sum makes the sums that do not depend on the data, for the window that
// begins with node first.
func (l *local) sum(b *basis, w []float64, first int) {
	l.aa = b.weightDirect(w)
	direct, product := b.scratch.weighted, b.scratch.product
	for i := range window {
		column := b.column(first + i)
		l.ab[i] = floats.Dot(direct, column)
		floats.MulTo(product, w, column)
		for j := i; j < window; j++ {
			l.bb[i][j] = floats.Dot(product, b.column(first+j))
			l.bb[j][i] = l.bb[i][j]
		}
	}
}

// meet adds the sums with the data; the scratch holds w u.
func (l *local) meet(b *basis, first int, ay float64) {
	l.ay = ay
	for i := range window {
		l.by[i] = floats.Dot(b.scratch.wu, b.column(first+i))
	}
}
