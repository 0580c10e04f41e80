package fit

import "math"

// A kernel is an exponential e^(−θt), θ ≥ 0 in 1/min, with what it does over
// each size of piece of a grid.
type kernel []passage

// A passage holds the factors by which the convolution at the start of a
// piece, and the coefficients of the curve in it, make up the
// convolution at its end and its mean.
type passage struct{ end, mean [degree + 2]float64 }

// kernel prepares e^(−θt). In a piece of length h, with z = −θh and the
// functions φ₀ = e^z, φ_{j+1} = (φ_j − 1/j!)/z,
//
//	end  = e^(−λh) (φ₀, φ₁, φ₂, …)
//	mean = (φ₁(−(θ+λ)h), ψ₁, ψ₂, …)    ψ_j = ∫₀¹ e^(−λhx) x^j φ_j(zx) dx
func (g *partition) kernel(theta float64) kernel { return g.kernelIn(nil, theta) }

// kernelIn does the same in the space of a kernel that is not needed any more.
func (g *partition) kernelIn(k kernel, theta float64) kernel {
	if k == nil {
		k = make(kernel, len(g.sizes))
	}
	for i := range g.sizes {
		s, p := &g.sizes[i], &k[i]
		phi := phis(-theta * s.length)
		for j := range p.end {
			p.end[j] = s.decay * phi[j]
		}
		if g.lambda == 0 {
			p.mean = [degree + 2]float64(phi[1:])
		} else {
			p.mean = s.means(theta*s.length, g.lambda*s.length, p.end)
		}
	}
	return k
}

// means returns the mean factors of a passage from its end factors, for θh and
// λh: integrating the differential equation of the convolution over the piece,
//
//	ψ_j = (∫₀¹ e^(−λhx) x^(j−1)/(j−1)! dx − e^(−λh) φ_j) / ((θ+λ)h)
//
// which cancels where the piece is short, so there ψ_j comes from its series.
// At the limit both are right to 1e-12.
func (s *size) means(th, lh float64, end [degree + 2]float64) (m [degree + 2]float64) {
	const short = 3e-3
	rh := th + lh
	if m[0] = 1; rh > 0 {
		m[0] = -math.Expm1(-rh) / rh
	}
	if rh <= short {
		for j := 1; j < len(m); j++ {
			m[j] = psi(j, th, lh)
		}
		return m
	}
	inverse := 1 / rh
	for j := 1; j < len(m); j++ {
		m[j] = (s.moment[j-1] - end[j]) * inverse
	}
	return m
}

// convolve writes into means the frame means of
//
//	E(t) = e^(−λt) ∫₀ᵗ C(s) e^(−θ(t−s)) ds
//
// which is the convolution of the decaying curve with e^(−(θ+λ)t): a recursion
// over the pieces, exact, without a time grid.
func (c curve) convolve(k kernel, means []float64) {
	clear(means)
	e := 0.0
	for i := range c.pieces {
		a, p := &c.pieces[i], &c.partition.pieces[i]
		f := &k[p.size]
		mean, end := e*f.mean[0], e*f.end[0]
		for j, v := range a {
			mean += v * f.mean[j+1]
			end += v * f.end[j+1]
		}
		if e = end; p.frame >= 0 {
			means[p.frame] += mean * p.share
		}
	}
}

// means returns the means of the curve over n frames, as it decays.
func (c curve) means(n int) []float64 {
	list := make([]float64, n)
	for i := range c.pieces {
		p := &c.partition.pieces[i]
		if p.frame < 0 {
			continue
		}
		mean := 0.0
		for j, a := range c.pieces[i] {
			mean += a * c.partition.size(i).moment[j]
		}
		list[p.frame] += mean * p.share / p.length
	}
	return list
}

// integrals returns the means over n frames of the integral of the curve and,
// where it is wanted, of that one's integral, both as they decay.
func (c curve) integrals(n int, wanted bool) (once, again []float64) {
	once = make([]float64, n)
	if wanted {
		again = make([]float64, n)
	}
	inverse := inverseFactorials()
	sum, double := 0.0, 0.0
	for i := range c.pieces {
		p := &c.partition.pieces[i]
		m, h, a := &c.partition.size(i).moment, p.length, &c.pieces[i]
		perDecay, share := 1/p.decay, p.decay*p.share
		mean, level := 0.0, 0.0
		for j, b := range a {
			mean += b * m[j+1]
			level += b * inverse[j+1]
		}
		if p.frame >= 0 {
			once[p.frame] += share*sum*m[0] + p.share*mean
		}
		if wanted {
			mean, twice := 0.0, 0.0
			for j, b := range a {
				mean += b * m[j+2]
				twice += b * inverse[j+2]
			}
			if p.frame >= 0 {
				again[p.frame] += share*(double*m[0]+sum*h*m[1]) + p.share*h*mean
			}
			double += h * (sum + perDecay*twice)
		}
		sum += perDecay * level
	}
	return once, again
}
