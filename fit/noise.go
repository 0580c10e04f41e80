package fit

import "math"

// The variance of a frame mean U of the activity as it decays is
//
//	Var U = q Û / d
//
// with the expected activity Û and the frame's duration d, since what is
// counted is Û d. For decay-corrected values C = U·DF that is the familiar
// q Ĉ e^(λt) / d. The level q is the curve's own and is estimated.

// floorFraction keeps frames with next to no activity from getting next to
// all weight: Û counts as at least this fraction of its largest value.
const floorFraction = 0.02

// unitVariances returns Var U / q of each frame, given the expected activity.
// The expectation comes from a model, not from the data: weights that follow
// the noise bias the fit.
func (g *grid) unitVariances(expected, v []float64) {
	top := 0.0
	for _, u := range expected {
		top = math.Max(top, u)
	}
	for i, u := range expected {
		v[i] = math.Max(u, floorFraction*top) / g.length[i]
		if !(v[i] > 0) {
			v[i] = 1 / g.length[i]
		}
	}
}

// weigh turns variances into weights with mean 1.
func weigh(v, w []float64) {
	sum := 0.0
	for i := range v {
		w[i] = 1 / v[i]
		sum += w[i]
	}
	for i := range w {
		w[i] *= float64(len(w)) / sum
	}
}

// ownNoise estimates the noise level q of a curve from itself. Each frame is
// compared with the cubic through its two neighbours on either side, over the
// logarithm of time, on which tracer curves are smooth; the mean square of
// what is left, over what unit noise would leave, is q.
func (g *grid) ownNoise(means, v []float64) float64 {
	sum, n := 0.0, 0.0
	for i := 2; i+2 < len(means); i++ {
		diff, unit := means[i], v[i]
		for _, j := range []int{i - 2, i - 1, i + 1, i + 2} {
			l := 1.0
			for _, k := range []int{i - 2, i - 1, i + 1, i + 2} {
				if k != j {
					l *= (math.Log(g.mid[i]) - math.Log(g.mid[k])) / (math.Log(g.mid[j]) - math.Log(g.mid[k]))
				}
			}
			diff -= l * means[j]
			unit += l * l * v[j]
		}
		sum += diff * diff / unit
		n++
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// A linearised estimator says how small errors of the data move the estimates:
// the residuals over the m frames that are used are r = A e_T − B e_R with
// the errors of target and reference, and the parameters move by L r.
type linearised struct {
	z [][]float64 // m rows: derivative of the model by the parameters
	w []float64   // m weights
	a [][]float64 // m × n: how target errors enter the residuals; nil for the identity
	b [][]float64 // m × n: how reference errors enter them
}

// gain returns L = (Zᵀ W Z)⁻¹ Zᵀ W, or false where the parameters cannot be
// told apart.
func (l linearised) gain() ([][]float64, bool) {
	inv, ok := invert(l.normal())
	if !ok {
		return nil, false
	}
	gain := make([][]float64, len(inv))
	for i := range gain {
		gain[i] = make([]float64, len(l.z))
		for j := range l.z {
			gain[i][j] = dot(inv[i], l.z[j]) * l.w[j]
		}
	}
	return gain, true
}

// level estimates the noise level q of the target from its residuals, given
// the unit variances of both curves and the noise level of the reference: the
// residual sum of squares is the reference's share, which is known, and q
// times the target's.
func (l linearised) level(gain [][]float64, residuals, vT, vR []float64, qR float64) float64 {
	rss := 0.0
	for j, r := range residuals {
		rss += l.w[j] * r * r
	}
	return math.Max(rss-qR*l.left(gain, l.b, vR), leastShare*rss) / l.left(gain, l.a, vT)
}

// leastShare is the share of the residuals that is put down to the target at
// least: the reference's noise level is an estimate too.
const leastShare = 0.05

// covariance returns the covariance of the parameters, given the noise levels
// and the unit variances of both curves.
func (l linearised) covariance(gain [][]float64, vT, vR []float64, qT, qR float64) [][]float64 {
	cov, covR := spread(gain, l.a, vT), spread(gain, l.b, vR)
	for i := range cov {
		for j := range cov[i] {
			cov[i][j] = qT*cov[i][j] + qR*covR[i][j]
		}
	}
	return cov
}

func (l linearised) normal() [][]float64 {
	p := len(l.z[0])
	n := make([][]float64, p)
	for i := range n {
		n[i] = make([]float64, p)
		for j := range n[i] {
			for k := range l.z {
				n[i][j] += l.z[k][i] * l.w[k] * l.z[k][j]
			}
		}
	}
	return n
}

// left returns the expected weighted sum of squares that errors with unit
// variances v leave after the fit: Σ w (P X)² v with P = I − Z L.
func (l linearised) left(gain, x [][]float64, v []float64) float64 {
	sum := 0.0
	column := make([]float64, len(l.z))
	fit := make([]float64, len(gain))
	for j := range v {
		for i := range column {
			column[i] = entry(x, i, j)
		}
		for a := range fit {
			fit[a] = dot(gain[a], column)
		}
		for i := range column {
			r := column[i] - dot(l.z[i], fit)
			sum += l.w[i] * r * r * v[j]
		}
	}
	return sum
}

// spread returns the covariance of the parameters under errors with unit
// variances v that enter the residuals by x.
func spread(gain, x [][]float64, v []float64) [][]float64 {
	p := len(gain)
	lx := make([][]float64, p)
	for a := range lx {
		lx[a] = make([]float64, len(v))
		for j := range v {
			for i := range gain[a] {
				lx[a][j] += gain[a][i] * entry(x, i, j)
			}
		}
	}
	cov := make([][]float64, p)
	for a := range cov {
		cov[a] = make([]float64, p)
		for b := range cov[a] {
			for j := range v {
				cov[a][b] += lx[a][j] * lx[b][j] * v[j]
			}
		}
	}
	return cov
}

func entry(x [][]float64, i, j int) float64 {
	if x != nil {
		return x[i][j]
	}
	if i == j {
		return 1
	}
	return 0
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// invert returns the inverse of a small symmetric positive definite matrix,
// after scaling its diagonal to 1. Ok is false where it has none.
func invert(a [][]float64) ([][]float64, bool) {
	n := len(a)
	scale := make([]float64, n)
	m := make([][]float64, n)
	for i := range m {
		if !(a[i][i] > 0) || math.IsInf(a[i][i], 0) {
			return nil, false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	for i := range m {
		m[i] = make([]float64, 2*n)
		for j := range n {
			m[i][j] = a[i][j] * scale[i] * scale[j]
		}
		m[i][n+i] = 1
	}
	for i := range n {
		if !(m[i][i] > 1e-14) {
			return nil, false
		}
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
	inv := make([][]float64, n)
	for i := range inv {
		inv[i] = make([]float64, n)
		for j := range n {
			inv[i][j] = m[i][n+j] / m[i][i] * scale[i] * scale[j]
		}
	}
	return inv, true
}

// solve returns the weighted least-squares solution of z p = y.
func solve(z [][]float64, w, y []float64) ([]float64, bool) {
	l := linearised{z: z, w: w}
	inv, ok := invert(l.normal())
	if !ok {
		return nil, false
	}
	p := make([]float64, len(inv))
	for k := range z {
		for i := range p {
			for j := range p {
				p[i] += inv[i][j] * z[k][j] * w[k] * y[k]
			}
		}
	}
	return p, true
}
