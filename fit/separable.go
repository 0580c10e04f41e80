package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// Separable least squares. A model of the kind
//
//	C = p₀ R + p₁ E(θ)    E(θ) = R convolved with e^(−θt)
//
// is linear but for θ. For a given θ the best p are known, so what is left is
// a search over one bounded rate: on a grid over all of its range, which
// leaves no start value to choose and takes no local minimum for the global
// one, and then between the nodes around the best.
//
// Source: Golub & Pereyra, SIAM J Numer Anal 1973;10:413–432,
// doi:10.1137/0710036.

// The range of θ in 1/min, and the nodes over its logarithm. A half-life in
// the tissue below 15 s or above 2 days is not seen in a scan. On nodes 0.2
// apart the curves, as functions of ln θ, are interpolated to 1e-7.
const (
	thetaMin   = 2e-4
	thetaMax   = 3.0
	thetaNodes = 49 // odd, so that every second includes both ends
	window     = 7  // nodes that the interpolation uses
)

// A basis holds the reference curve convolved with the exponential of every
// node. It is made once per scan; a region then costs a few sums.
type basis struct {
	*prepared
	n         int       // frames
	step      float64   // of ln θ between nodes
	columns   []float64 // E of each node, node by node
	products  []float64 // R·E, frame by frame, of each node
	squares   []float64 // E²
	scratch   scratch
	operators operators
	nodes     map[int]*operator // of θ = 2^node, made when first needed
	mixed     *operator
}

// A scratch saves a search from making its slices anew for every region.
type scratch struct {
	w, wu      []float64 // the weights of the region at hand, and times its data
	aa, ay     float64   // Σ w R² and Σ w R u
	ab, bb, by []float64 // sums over the frames for every second node
	weighted   []float64
	local      local
}

func newBasis(p *prepared) *basis {
	n := len(p.ref)
	b := &basis{prepared: p, n: n, step: math.Log(thetaMax/thetaMin) / (thetaNodes - 1), operators: newOperators(p.grid), nodes: map[int]*operator{}}
	b.columns, b.products, b.squares = make([]float64, thetaNodes*n), make([]float64, thetaNodes*n), make([]float64, thetaNodes*n)
	for i := range thetaNodes {
		column := b.column(i)
		p.refCurve.convolve(p.kernel(b.theta(i)), column)
		floats.MulTo(b.products[i*n:(i+1)*n], column, p.ref)
		floats.MulTo(b.squares[i*n:(i+1)*n], column, column)
	}
	const half = thetaNodes/2 + 1
	b.scratch = scratch{
		wu: make([]float64, n), weighted: make([]float64, n),
		ab: make([]float64, half), bb: make([]float64, half), by: make([]float64, half),
	}
	return b
}

func (b *basis) theta(node int) float64    { return thetaMin * math.Exp(float64(node)*b.step) }
func (b *basis) column(node int) []float64 { return b.columns[node*b.n : (node+1)*b.n] }

// A spot is a value of θ between nodes: t steps from the middle of the window
// that begins with node first.
type spot struct {
	first int
	t     float64
}

// at returns θ at a spot, within its range.
func (b *basis) at(s spot) float64 {
	return math.Min(math.Max(thetaMin*math.Exp((float64(s.first+window/2)+s.t)*b.step), thetaMin), thetaMax)
}

// interpolate writes E at a spot into column and its derivative by θ into
// slope, which may be nil.
func (b *basis) interpolate(s spot, column, slope []float64) {
	l, d := lagrange(s.t)
	clear(column)
	clear(slope)
	perTheta := 1 / (b.step * b.at(s))
	for k := range window {
		floats.AddScaled(column, l[k], b.column(s.first+k))
		if slope != nil {
			floats.AddScaled(slope, d[k]*perTheta, b.column(s.first+k))
		}
	}
}

// lagrange returns the polynomials that are 1 at one of the window's nodes
// −3 … 3 and 0 at the others, and their derivatives, at t.
func lagrange(t float64) (l, d [window]float64) {
	const half = window / 2
	// Factorials with signs: Π (k − j) over the other nodes j.
	scales := [window]float64{1.0 / 720, -1.0 / 120, 1.0 / 48, -1.0 / 36, 1.0 / 48, -1.0 / 120, 1.0 / 720}
	for k := range window {
		v, slope := scales[k], 0.0
		for j := range window {
			if j != k {
				x := t - float64(j-half)
				slope = slope*x + v
				v *= x
			}
		}
		l[k], d[k] = v, slope
	}
	return l, d
}

// load makes ready for a region with data u and weights w.
func (b *basis) load(u, w []float64) {
	s := &b.scratch
	s.w = w
	floats.MulTo(s.wu, w, u)
	floats.MulTo(s.weighted, w, b.ref)
	s.aa, s.ay = floats.Dot(s.weighted, b.ref), floats.Dot(s.wu, b.ref)
}

// search returns the spot of the best fit to what was loaded, over all θ.
func (b *basis) search(tolerance float64) spot {
	s := &b.scratch
	every2nd := func(data []float64) blas64.General {
		return blas64.General{Rows: thetaNodes/2 + 1, Cols: b.n, Stride: 2 * b.n, Data: data}
	}
	blas64.Gemv(blas.NoTrans, 1, every2nd(b.products), vector(s.w), 0, vector(s.ab))
	blas64.Gemv(blas.NoTrans, 1, every2nd(b.squares), vector(s.w), 0, vector(s.bb))
	blas64.Gemv(blas.NoTrans, 1, every2nd(b.columns), vector(s.wu), 0, vector(s.by))
	best, at := 0.0, thetaNodes/4
	for i := range s.ab {
		r := reduced{aa: s.aa, ay: s.ay, ab: s.ab[i], bb: s.bb[i], by: s.by[i]}
		if gain := r.gain(); gain > best {
			best, at = gain, i
		}
	}
	return b.refine(2*at, tolerance)
}

// A reduced problem is the normal equations at one θ: a is R, b is E, y is the
// data.
type reduced struct {
	aa, ab, bb, ay, by float64
}

// parallel is the share of E across R below which they count as parallel.
const parallel = 1e-12

// gain returns by how much E lowers the sum of squares that R alone leaves.
func (r reduced) gain() float64 {
	across := r.bb - r.ab*r.ab/r.aa
	if !(across > parallel*r.bb) {
		return 0
	}
	along := r.by - r.ab*r.ay/r.aa
	return along * along / across
}

// solve returns the factors of R and of E.
func (r reduced) solve() (p0, p1 float64) {
	across := r.bb - r.ab*r.ab/r.aa
	if !(across > parallel*r.bb) {
		return r.ay / r.aa, 0
	}
	p1 = (r.by - r.ab*r.ay/r.aa) / across
	return (r.ay - r.ab*p1) / r.aa, p1
}

// linear returns the factors of R and of E = column that fit best to what was
// loaded. Where the two are parallel all is put down to R.
func (b *basis) linear(column []float64) (p0, p1 float64) {
	s := &b.scratch
	floats.MulTo(s.weighted, s.w, column)
	return reduced{
		aa: s.aa, ay: s.ay,
		ab: floats.Dot(s.weighted, b.ref), bb: floats.Dot(s.weighted, column), by: floats.Dot(s.wu, column),
	}.solve()
}
