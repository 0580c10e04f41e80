package fit

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// integrals are what B-splines add to the integral of a curve, and to that of
// the integral: piece by piece, for each B-spline in it.
type integrals struct {
	level [][degree + 1]float64 // ∫ over each piece
	mean  [][degree + 1]float64 // means of ∫₀ᵗ, decayed
	twice [][degree + 1]float64 // the double integral over each piece
	later [][degree + 1]float64 // means of that from the start of the piece on, decayed
	whole []float64             // ∫ of each B-spline
}

func newIntegrals(g *partition, s *spline) integrals {
	n := len(g.pieces)
	all := make([][degree + 1]float64, 4*n)
	it := integrals{level: all[:n], mean: all[n : 2*n], twice: all[2*n : 3*n], later: all[3*n:], whole: make([]float64, n+degree+1)}
	inverse := inverseFactorials()
	for k, p := range g.pieces {
		moment, h := &g.size(k).moment, p.length
		for j := range degree + 1 {
			at := s.first[k] + j
			if at == 0 {
				continue // the B-spline that is not 0 at model zero
			}
			it.mean[k][j] = it.whole[at] * g.level(p)
			for i, c := range s.pieces[k][j] {
				it.level[k][j] += h * c * inverse[i+1]
				it.mean[k][j] += h * p.decay * c * moment[i+1]
				it.twice[k][j] += h * h * c * inverse[i+2]
				it.later[k][j] += h * h * p.decay * c * moment[i+2]
			}
			it.whole[at] += it.level[k][j]
		}
	}
	return it
}

// mostMultiplied is the number of frames up to which one product with a matrix
// takes less time than the equations of the spline.
const mostMultiplied = 48

// An integration is what the curves on a partition are integrated with.
type integration struct {
	*partition
	spline    *spline
	integrals integrals
	integral  *blas64.General // from frame means to those of the integral; nil for many frames
}

// newIntegration prepares the integrals.
func newIntegration(g *partition, s *spline) *integration {
	it := &integration{partition: g, spline: s, integrals: newIntegrals(g, s)}
	it.integral = it.matrix()
	return it
}

// matrix returns the matrix from the means of the frames to those of the
// integral, nil for more than mostMultiplied.
func (in *integration) matrix() *blas64.General {
	n := len(in.mid)
	if n > mostMultiplied {
		return nil
	}
	it, unit, column := newIntegrator(in), make([]float64, n), make([]float64, n)
	m := &blas64.General{Rows: n, Cols: n, Stride: n, Data: make([]float64, n*n)}
	for j := range n {
		unit[j] = 1
		it.solved(unit, column)
		unit[j] = 0
		for i, v := range column {
			m.Data[i*n+j] = v
		}
	}
	return m
}

// An integrator makes the frame means of e^(−λt) ∫₀ᵗ C ds, and of the integral
// of that integral, of many curves on one grid. Both are linear in the factors
// of the B-splines, so no curve is laid out piece by piece.
type integrator struct {
	*integration
	x []float64 // factors, after a 0 for the B-spline that is left out
}

func newIntegrator(in *integration) *integrator {
	return &integrator{integration: in, x: make([]float64, len(in.pieces)+degree+1)}
}

// solve finds the factors of the curve with these frame means.
func (it *integrator) solve(means []float64) {
	x := it.conditions(means, it.x[1:1])
	it.spline.system.solve(x)
	clear(it.x[1+len(x):])
}

// once writes the frame means of the integral of the curve with these means.
func (it *integrator) once(means, out []float64) {
	if it.integral == nil {
		it.solved(means, out)
		return
	}
	blas64.Gemv(blas.NoTrans, 1, *it.integral, blas64.Vector{N: len(means), Data: means, Inc: 1}, 0, blas64.Vector{N: len(out), Data: out, Inc: 1})
}

// solved does the same by the factors of the B-splines, and leaves these behind:
// what is in each frame, and those that have passed.
func (it *integrator) solved(means, out []float64) {
	it.solve(means)
	clear(out)
	passed, next := 0.0, 0
	for k, first := range it.spline.first {
		for ; next < first; next++ {
			passed += it.integrals.whole[next] * it.x[next]
		}
		if p := &it.pieces[k]; p.frame >= 0 {
			x, m := (*[degree + 1]float64)(it.x[first:]), &it.integrals.mean[k]
			out[p.frame] += p.share * (passed*it.level(*p) + (m[0]*x[0] + m[1]*x[1]) + (m[2]*x[2] + m[3]*x[3]) + m[4]*x[4])
		}
	}
}

// both writes the frame means of the integral and of its integral.
func (it *integrator) both(means, out, again []float64) {
	it.solved(means, out)
	clear(again)
	sum, double := 0.0, 0.0
	for k := range it.pieces {
		p, first := &it.pieces[k], it.spline.first[k]
		level, twice, later := 0.0, 0.0, 0.0
		for j := range degree + 1 {
			x := it.x[first+j]
			level += it.integrals.level[k][j] * x
			twice += it.integrals.twice[k][j] * x
			later += it.integrals.later[k][j] * x
		}
		if p.frame >= 0 {
			moment := &it.size(k).moment
			again[p.frame] += p.share * (later + p.decay*(double*moment[0]+sum*p.length*moment[1]))
		}
		double += sum*p.length + twice
		sum += level
	}
}
