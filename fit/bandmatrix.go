package fit

// A band is a system of equations whose matrix has degree entries on either
// side of its diagonal. It is eliminated from both ends towards the middle: two
// recursions that do not wait for each other take half the time of one. The
// matrix is totally positive, so no pivots need be sought.
type band struct {
	// Row by row around the diagonal. Where a variable was eliminated its pivot is
	// the inverse and the rest of its row is divided by it; what other rows had of
	// it is by how much its row was taken from them.
	rows    [][2*degree + 1]float64
	middle  int    // the first of the degree equations that both ends leave
	inverse square // of these
}

// newBand eliminates, in place, what needs no right-hand side.
func newBand(rows [][2*degree + 1]float64) *band {
	m := &band{rows: rows, middle: (len(rows) - degree) / 2}
	for k := range m.middle {
		m.eliminate(k, 1)
	}
	for k := len(rows) - 1; k >= m.middle+degree; k-- {
		m.eliminate(k, -1)
	}
	for i := range degree {
		for j := range degree {
			m.inverse[i][j] = rows[m.middle+i][degree+j-i]
		}
	}
	for i := range degree {
		m.inverse.sweep(i, degree)
	}
	return m
}

// eliminate takes row k from those behind it, towards side 1 or −1.
func (m *band) eliminate(k, side int) {
	pivot := &m.rows[k]
	pivot[degree] = 1 / pivot[degree]
	for off := 1; off <= degree && k+side*off < len(m.rows); off++ {
		row := &m.rows[k+side*off]
		f := row[degree-side*off] * pivot[degree]
		row[degree-side*off] = f
		for j := 1; j <= degree; j++ {
			row[degree+side*(j-off)] -= f * pivot[degree+side*j]
		}
	}
	for j := 1; j <= degree; j++ {
		pivot[degree+side*j] *= pivot[degree]
	}
}

// solve turns the right-hand side into the solution. The values of four rows,
// the degree of quartics, stay at hand on either side, and the latest of them
// comes in last: a step waits for it.
func (m *band) solve(x []float64) {
	rows, half, end := m.rows[:len(x)], m.middle, len(x)-1
	odd := half + degree // the row that one end has more than the other, if it has
	a, b, c, d := 0.0, 0.0, 0.0, 0.0
	p, q, r, s := 0.0, 0.0, 0.0, 0.0
	for k := range half {
		up, down := &rows[k], &rows[end-k]
		v := x[k] - up[0]*a - up[1]*b - up[2]*c - up[3]*d
		w := x[end-k] - down[8]*p - down[7]*q - down[6]*r - down[5]*s
		a, b, c, d, p, q, r, s = b, c, d, v, q, r, s, w
		x[k], x[end-k] = v*up[4], w*down[4]
	}
	if odd == end-half {
		down := &rows[odd]
		w := x[odd] - down[8]*p - down[7]*q - down[6]*r - down[5]*s
		p, q, r, s = q, r, s, w
		x[odd] = w * down[4]
	}
	p, q, r, s = m.meet(x, a, b, c, d, p, q, r, s)
	a, b, c, d = p, q, r, s
	if odd == end-half {
		down := &rows[odd]
		w := x[odd] - down[0]*p - down[1]*q - down[2]*r - down[3]*s
		p, q, r, s = q, r, s, w
		x[odd] = w
	}
	for k := half - 1; k >= 0; k-- {
		up, down := &rows[k], &rows[end-k]
		v := x[k] - up[8]*d - up[7]*c - up[6]*b - up[5]*a
		w := x[end-k] - down[0]*p - down[1]*q - down[2]*r - down[3]*s
		a, b, c, d, p, q, r, s = v, a, b, c, q, r, s, w
		x[k], x[end-k] = v, w
	}
}

// meet solves the middle equations, given what the four rows before and the four
// behind have left, the farthest first.
func (m *band) meet(x []float64, a, b, c, d, p, q, r, s float64) (w0, w1, w2, w3 float64) {
	y, rows, inverse := x[m.middle:][:degree], m.rows[m.middle:][:degree], &m.inverse
	v0 := y[0] - rows[0][0]*a - rows[0][1]*b - rows[0][2]*c - rows[0][3]*d - rows[0][8]*s
	v1 := y[1] - rows[1][0]*b - rows[1][1]*c - rows[1][2]*d - rows[1][8]*r - rows[1][7]*s
	v2 := y[2] - rows[2][0]*c - rows[2][1]*d - rows[2][8]*q - rows[2][7]*r - rows[2][6]*s
	v3 := y[3] - rows[3][0]*d - rows[3][8]*p - rows[3][7]*q - rows[3][6]*r - rows[3][5]*s
	for i := range y {
		row := &inverse[i]
		y[i] = (row[0]*v0 + row[1]*v1) + (row[2]*v2 + row[3]*v3)
	}
	return y[0], y[1], y[2], y[3]
}
