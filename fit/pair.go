package fit

// Two parameters are what MRTM2, SRTM2 and the plots have, so for two columns
// a and b the sums over frames are taken in one pass over all that they need.

// sumPair returns the normal equations of two columns and their right-hand side.
func sumPair(w, a, b, y []float64) (r reduced) {
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
	return reduced{aa: aa, ab: ab, bb: bb, ay: ay, by: by}
}

// squares returns the weighted sum of squares of u − v.
func squares(w, u, v []float64) (sum float64) {
	u, v = u[:len(w)], v[:len(w)]
	for i, w := range w {
		left := u[i] - v[i]
		sum += w * left * left
	}
	return sum
}

// answerPair writes the influences of both curves, which go through one memory
// and once.
func (l *linearised) answerPair() {
	f, m, x, y := l.influences, l.reference.memory, &l.target, &l.reference
	n, first := len(m.frames), l.first
	frames := m.frames[:n]
	targetA, targetB, referenceA, referenceB := f.target[0][:n], f.target[1][:n], f.reference[0][:n], f.reference[1][:n]
	w, a, b := l.w, l.z[0][:len(l.w)], l.z[1][:len(l.w)]
	aa, ab, bb := l.inverse[0][0], l.inverse[0][1], l.inverse[1][1]
	onceA, onceB := 0.0, 0.0 // what later means ask of the state
	for i := n - 1; i >= 0; i-- {
		c, p, q := &frames[i], 0.0, 0.0
		if at := i - first; at >= 0 {
			p, q = w[at]*(aa*a[at]+ab*b[at]), w[at]*(ab*a[at]+bb*b[at])
		}
		throughA, throughB := c.own*p+c.added*onceA, c.own*q+c.added*onceB
		onceA, onceB = c.carried*p+c.kept*onceA, c.carried*q+c.kept*onceB
		targetA[i], targetB[i] = x.own*p+x.through*throughA, x.own*q+x.through*throughB
		referenceA[i], referenceB[i] = -y.own*p-y.through*throughA, -y.own*q-y.through*throughB
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
