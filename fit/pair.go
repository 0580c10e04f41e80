package fit

// Two parameters are what MRTM2, SRTM2 and the plots have, so for two columns
// a and b the sums over frames are taken in one pass over all that they need.

// sumPair writes the normal equations and, where y is not nil, their right-hand
// side.
func sumPair(w, a, b, y []float64, n *square, right *gradient) {
	if y == nil {
		y = a
	}
	aa, ab, bb, ay, by := 0.0, 0.0, 0.0, 0.0, 0.0
	a, b, y = a[:len(w)], b[:len(w)], y[:len(w)]
	for i, w := range w {
		p, q, r := a[i], b[i], y[i]
		wp, wq := w*p, w*q
		aa += wp * p
		ab += wp * q
		bb += wq * q
		ay += wp * r
		by += wq * r
	}
	n[0][0], n[0][1], n[1][0], n[1][1] = aa, ab, ab, bb
	right[0], right[1] = ay, by
}

// rowPair writes w (x a + y b), a row of L.
func rowPair(w, a, b []float64, x, y float64, row []float64) {
	a, b, row = a[:len(w)], b[:len(w)], row[:len(w)]
	for i, w := range w {
		row[i] = w * (x*a[i] + y*b[i])
	}
}

// covPair writes the covariance of two rows under errors with variances v.
func covPair(v, a, b []float64, c *square) {
	aa, ab, bb := 0.0, 0.0, 0.0
	a, b = a[:len(v)], b[:len(v)]
	for i, v := range v {
		p, q := a[i], b[i]
		vp := v * p
		aa += vp * p
		ab += vp * q
		bb += v * q * q
	}
	c[0][0], c[0][1], c[1][0], c[1][1] = aa, ab, ab, bb
}
