package fit

import "math"

// phis returns φ₀ to φ₇ of z. Near 0 the definition cancels, so there φ₇ comes
// from its series and the others from φ_j = 1/j! + z φ_{j+1}. At the limit
// both are right to 1e-12.
func phis(z float64) (p [degree + 4]float64) {
	factorials := inverseFactorials()
	const last = len(p) - 1
	if math.Abs(z) > 1 {
		p[0] = math.Exp(z)
		inverse := 1 / z
		for j := range last {
			p[j+1] = (p[j] - factorials[j]) * inverse
		}
		return p
	}
	// Σ 7! z^j / (7+j)!, by Horner's rule. Half of it does where z is small.
	s := 1.0
	if math.Abs(z) > 1.0/16 {
		for _, r := range [...]float64{1.0 / 21, 1.0 / 20, 1.0 / 19, 1.0 / 18, 1.0 / 17, 1.0 / 16, 1.0 / 15} {
			s = 1 + s*z*r
		}
	}
	for _, r := range [...]float64{1.0 / 14, 1.0 / 13, 1.0 / 12, 1.0 / 11, 1.0 / 10, 1.0 / 9, 1.0 / 8} {
		s = 1 + s*z*r
	}
	p[last] = s * factorials[last]
	for j := last; j > 0; j-- {
		p[j-1] = factorials[j-1] + z*p[j]
	}
	return p
}

// psi returns ψ_j by its power series, for small θh and λh:
//
//	Σ (−λh)^n (−θh)^m / (n! (j+m)! (n+m+j+1))
func psi(j int, th, lh float64) float64 {
	const order = 5
	sum, outer := 0.0, 1.0
	for n := 0; n <= order; n++ {
		inner := outer
		for i := 2; i <= j; i++ {
			inner /= float64(i)
		}
		for m := 0; m <= order-n; m++ {
			sum += inner / float64(n+m+j+1)
			inner *= -th / float64(j+m+1)
		}
		outer *= -lh / float64(n+1)
	}
	return sum
}

// inverseFactorials returns 1/j!.
func inverseFactorials() [degree + 4]float64 {
	return [degree + 4]float64{1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040}
}
