package fit

// degree is that of the curves: quartics, whose cumulative integral is a
// quintic spline. TestExactCurves says what other degrees lose.
const degree = 4

// A polynomial has the coefficients of x^j/j! over the fraction x of a piece
// that has passed.
type polynomial [degree + 1]float64

// add adds q, which has n coefficients, times the line a + b x.
func (p *polynomial) add(q *polynomial, n int, a, b float64) {
	for j, c := range q[:n] {
		p[j] += a * c
		p[j+1] += b * c * float64(j+1)
	}
}
