package fit

import "math"

// convolve writes the frame means of the curve convolved with an exponential,
//
//	E(t) = ∫₀ᵗ u(s) e^(−r(t−s)) ds
//
// into means, for a rate r in 1/min that may be 0: then E is the integral.
//
// In a piece of length h that begins with E₀, with z = −rh and the functions
// φ₀ = e^z, φ_{j+1} = (φ_j − 1/j!)/z,
//
//	E(h)      = E₀ φ₀ + p0 h φ₁ + p1 h² φ₂ + 2 p2 h³ φ₃
//	∫₀ʰ E ds  = E₀ h φ₁ + p0 h² φ₂ + p1 h³ φ₃ + 2 p2 h⁴ φ₄
//
// so a recursion over the pieces gives all frame means without a time grid.
func (c curve) convolve(rate float64, means []float64) {
	e, f := 0.0, 0
	for k := range c.pieces() {
		h := c.knots[k+1] - c.knots[k]
		phi := phis(-rate * h)
		p0, p1, p2 := c.p0[k]*h, c.p1[k]*h*h, 2*c.p2[k]*h*h*h
		if f < len(c.first) && c.first[f] == k {
			means[f] = e*phi[1] + p0*phi[2] + p1*phi[3] + p2*phi[4]
			f++
		}
		e = e*phi[0] + p0*phi[1] + p1*phi[2] + p2*phi[3]
	}
}

// phis returns φ₀ to φ₄ of z. Near 0 the definition cancels, so there φ₄ comes
// from its series and the others from φ_j = 1/j! + z φ_{j+1}.
func phis(z float64) [5]float64 {
	var p [5]float64
	if math.Abs(z) > 1.5 {
		p[0] = math.Exp(z)
		p[1] = (p[0] - 1) / z
		p[2] = (p[1] - 1) / z
		p[3] = (p[2] - 1.0/2) / z
		p[4] = (p[3] - 1.0/6) / z
		return p
	}
	term, sum := 1.0/24, 1.0/24
	for j := 5; j < 24; j++ {
		term *= z / float64(j)
		sum += term
	}
	p[4] = sum
	p[3] = 1.0/6 + z*p[4]
	p[2] = 1.0/2 + z*p[3]
	p[1] = 1 + z*p[2]
	p[0] = 1 + z*p[1]
	return p
}

// operator returns the matrix that takes frame means to the frame means of
// their curve convolved with an exponential, row by row.
func (g *grid) operator(rate float64) [][]float64 {
	n := len(g.first)
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	unit, column := make([]float64, n), make([]float64, n)
	for j := range n {
		unit[j] = 1
		g.curve(unit).convolve(rate, column)
		unit[j] = 0
		for i := range n {
			m[i][j] = column[i]
		}
	}
	return m
}
