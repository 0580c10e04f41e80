package fit

import "math"

// maxParameters is the largest number of parameters of a model.
const maxParameters = 5

// A square is a small matrix.
type square [maxParameters][maxParameters]float64

// A gradient holds the derivatives of a number by the parameters of a fit.
type gradient [maxParameters]float64

// invert writes the inverse of a symmetric positive definite n × n matrix,
// after scaling its diagonal to 1, and reports whether there is one.
func invert(a *square, n int, inverse *square) bool {
	if n == 2 {
		return invertPair(a, inverse)
	}
	m := *a
	var scale gradient
	for i := range n {
		if !(a[i][i] > 0) || math.IsInf(a[i][i], 0) {
			return false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	for i := range n {
		for j := range n {
			m[i][j] *= scale[i] * scale[j]
		}
	}
	for i := range n {
		if !(m[i][i] > singular) {
			return false
		}
		m.sweep(i, n)
	}
	for i := range n {
		for j := range n {
			inverse[i][j] = m[i][j] * scale[i] * scale[j]
		}
	}
	return true
}

// invertPair is invert of a 2 × 2 matrix.
func invertPair(a, inverse *square) bool {
	x, y, z := a[0][0], a[0][1], a[1][1]
	det := x*z - y*y
	if !(x > 0) || !(z > 0) || !(det > singular*x*z) || math.IsInf(det, 0) {
		return false
	}
	inverse[0][0], inverse[0][1] = z/det, -y/det
	inverse[1][0], inverse[1][1] = -y/det, x/det
	return true
}

// singular is the pivot, of a matrix with a diagonal of 1, below which
// parameters cannot be told apart.
const singular = 1e-13

// sweep eliminates variable i in place; sweeping all of them inverts.
func (m *square) sweep(i, n int) {
	pivot := 1 / m[i][i]
	m[i][i] = 1
	for k := range n {
		m[i][k] *= pivot
	}
	for j := range n {
		if j == i {
			continue
		}
		f := m[j][i]
		m[j][i] = 0
		for k := range n {
			m[j][k] -= f * m[i][k]
		}
	}
}

// variance returns gᵀ C g, of n parameters.
func (g *gradient) variance(c *square, n int) float64 {
	if n == 2 {
		return g[0]*g[0]*c[0][0] + 2*g[0]*g[1]*c[0][1] + g[1]*g[1]*c[1][1]
	}
	return g.times(c, g)
}

// times returns gᵀ C h.
func (g *gradient) times(c *square, h *gradient) float64 {
	sum := 0.0
	for i, a := range g {
		if a == 0 {
			continue
		}
		for j, b := range h {
			sum += a * b * c[i][j]
		}
	}
	return sum
}
