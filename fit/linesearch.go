package fit

import "math"

func clamp(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }

// root returns the zero of f between a and b, by regula falsi with the
// Illinois rule: an end that stays twice counts half.
func root(f func(float64) float64, a, b, atA, atB, tolerance float64) float64 {
	t, kept := a, 0
	for range 60 {
		next := (a*atB - b*atA) / (atB - atA)
		if math.Abs(next-t) < tolerance {
			return next
		}
		t = next
		y := f(t)
		switch {
		case y == 0:
			return t
		case (y > 0) == (atB > 0):
			if b, atB = t, y; kept == 1 {
				atA /= 2
			}
			kept = 1
		default:
			if a, atA = t, y; kept == 2 {
				atB /= 2
			}
			kept = 2
		}
	}
	return t
}

// golden returns where f is least between a and b, and how much.
func golden(f func(float64) float64, a, b, tolerance float64) (x, least float64) {
	ratio := (math.Sqrt(5) - 1) / 2
	c, d := b-ratio*(b-a), a+ratio*(b-a)
	fc, fd := f(c), f(d)
	for b-a > tolerance {
		if fc < fd {
			b, d, fd = d, c, fc
			c = b - ratio*(b-a)
			fc = f(c)
		} else {
			a, c, fc = c, d, fd
			d = a + ratio*(b-a)
			fd = f(d)
		}
	}
	if fc < fd {
		return c, fc
	}
	return d, fd
}
