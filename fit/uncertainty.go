package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Standard errors come from the noise of the frames, carried through the whole
// estimator to first order. Small errors e of the region's curve and f of the
// reference's change the residuals by A e − B f and the parameters by
//
//	L (A e − B f)    L = (Zᵀ W Z)⁻¹ Zᵀ W
//
// where Z holds the derivatives of the model by the parameters. A and B hold
// what the curves go through: A is the identity where the data stand alone on
// one side, but not where their integral is a regressor. There the naive
// error, from the residuals alone, is two to three times too small.
//
// With Var e = q V and Var f = q′ V′, of which V, V′ follow from the counts,
//
//	Cov = L (q A V Aᵀ + q′ B V′ Bᵀ) Lᵀ
//
// The reference's level q′ is estimated from its own curve and the region's q
// from the residuals, less the reference's share in them.

// maxParameters is the largest number of parameters of a model.
const maxParameters = 4

// A square is a small matrix.
type square [maxParameters][maxParameters]float64

// A linearised estimator works on the frames from first on.
type linearised struct {
	first             int
	z                 [][]float64 // a column for each parameter
	w                 []float64
	target, reference effect // A and B
}

// A noise is the variances of the frame means of a curve, but for their
// level.
type noise struct {
	unit  []float64 // V
	level float64   // q
}

// A spread says how far estimates scatter.
type spread struct {
	cov   square
	level float64 // q of the region
	ok    bool    // false where the parameters cannot be told apart
}

// spread returns the covariance of the parameters, given the weighted residual
// sum of squares. Where known is not negative, it is the level of the region.
func (l linearised) spread(rss float64, unit []float64, ref noise, known float64) spread {
	normal := l.normal()
	inverse, ok := invert(normal, len(l.z))
	if !ok {
		return spread{}
	}
	buffer := make([]float64, (len(l.z)+1)*len(unit))
	own := l.passed(inverse, l.target, unit, buffer)
	others := l.passed(inverse, l.reference, ref.unit, buffer)
	s := spread{level: known, ok: true}
	if known < 0 {
		share := ref.level * l.left(normal, others, l.reference, ref.unit, buffer)
		s.level = math.Max(rss-share, leastShare*rss) / l.left(normal, own, l.target, unit, buffer)
	}
	for i := range l.z {
		for j := range l.z {
			s.cov[i][j] = s.level*own[i][j] + ref.level*others[i][j]
		}
	}
	return s
}

// leastShare is the share of the residuals that is put down to the region at
// least: the reference's noise level is an estimate too.
const leastShare = 0.05

// normal returns Zᵀ W Z.
func (l linearised) normal() square {
	var n square
	for i, a := range l.z {
		for j, b := range l.z[:i+1] {
			sum := 0.0
			for k, w := range l.w {
				sum += w * a[k] * b[k]
			}
			n[i][j], n[j][i] = sum, sum
		}
	}
	return n
}

// passed returns the covariance L X V Xᵀ Lᵀ of the parameters under errors
// with variances v that have the effect X.
func (l linearised) passed(inverse square, x effect, v, buffer []float64) square {
	at := func(i int) []float64 { return buffer[i*len(v) : (i+1)*len(v)] }
	row := at(len(l.z))[:len(l.w)]
	for i := range l.z {
		clear(row)
		for j, z := range l.z {
			floats.AddScaled(row, inverse[i][j], z)
		}
		floats.Mul(row, l.w)
		x.back(row, l.first, at(i))
	}
	var cov square
	for i := range l.z {
		for j := range i + 1 {
			sum := 0.0
			for k, v := range v {
				sum += at(i)[k] * at(j)[k] * v
			}
			cov[i][j], cov[j][i] = sum, sum
		}
	}
	return cov
}

// left returns the weighted sum of squares that errors with variances v leave
// in the residuals after the fit: what they cause less what the parameters
// take up, tr(Zᵀ W Z · L X V Xᵀ Lᵀ).
func (l linearised) left(normal, passed square, x effect, v, buffer []float64) float64 {
	sum := x.power(l.w, l.first, v, buffer)
	for i := range l.z {
		for j := range l.z {
			sum -= normal[i][j] * passed[i][j]
		}
	}
	return math.Max(sum, math.SmallestNonzeroFloat64)
}

// invert returns the inverse of a symmetric positive definite n × n matrix,
// after scaling its diagonal to 1. Ok is false where it has none.
func invert(a square, n int) (inverse square, ok bool) {
	var m [maxParameters][2 * maxParameters]float64
	var scale [maxParameters]float64
	for i := range n {
		if !(a[i][i] > 0) || math.IsInf(a[i][i], 0) {
			return inverse, false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	for i := range n {
		for j := range n {
			m[i][j] = a[i][j] * scale[i] * scale[j]
		}
		m[i][n+i] = 1
	}
	for i := range n {
		if !(m[i][i] > singular) {
			return inverse, false
		}
		eliminateColumn(&m, i, n)
	}
	for i := range n {
		for j := range n {
			inverse[i][j] = m[i][n+j] / m[i][i] * scale[i] * scale[j]
		}
	}
	return inverse, true
}

// singular is the pivot, of a matrix with a diagonal of 1, below which
// parameters cannot be told apart.
const singular = 1e-13

func eliminateColumn(m *[maxParameters][2 * maxParameters]float64, i, n int) {
	for j := range n {
		if j == i {
			continue
		}
		f := m[j][i] / m[i][i]
		for k := i; k < 2*n; k++ {
			m[j][k] -= f * m[i][k]
		}
	}
}

// solve returns the weighted least-squares solution of z p = y, or false where
// there is no single one.
func solve(z [][]float64, w, y []float64) (p [maxParameters]float64, ok bool) {
	inverse, ok := invert(linearised{z: z, w: w}.normal(), len(z))
	if !ok {
		return p, false
	}
	for j, column := range z {
		sum := 0.0
		for k, w := range w {
			sum += w * column[k] * y[k]
		}
		for i := range z {
			p[i] += inverse[i][j] * sum
		}
	}
	return p, true
}

// add appends a parameter. Its standard error follows by the delta method from
// its derivatives by the parameters of the fit.
func (e *Estimate) add(symbol Symbol, value float64, s spread, derivatives ...float64) {
	p := Parameter{Symbol: symbol, Value: value, SE: math.NaN()}
	if s.ok {
		variance := 0.0
		for i, a := range derivatives {
			for j, b := range derivatives {
				variance += a * b * s.cov[i][j]
			}
		}
		p.SE = math.Sqrt(variance)
	}
	e.Parameters = append(e.Parameters, p)
}
