package fit

import "math"

// The range of θ in 1/min, and the nodes over its logarithm. A half-life in
// the tissue below 15 s or above 2 days is not seen in a scan. On nodes 0.2
// apart the curves, as functions of ln θ, are interpolated to 1e-7.
const (
	thetaMin   = 2e-4
	thetaMax   = 3.0
	thetaNodes = 49 // odd, so that every second includes both ends
	evenNodes  = thetaNodes/2 + 1
	window     = 7 // nodes that the interpolation uses
)

// The range of ln θ, and the distance of nodes in it.
const (
	lnMin = -8.517193191416238
	lnMax = 1.0986122886681098
	step  = (lnMax - lnMin) / (thetaNodes - 1)
)

func theta(node int) float64 { return thetaMin * math.Exp(float64(node)*step) }

// A spot is a value of θ between nodes: t steps from the middle of the window
// that begins with node first.
type spot struct {
	first int
	t     float64
}

// node returns the spot as a number of nodes.
func (s spot) node() float64 { return float64(s.first+window/2) + s.t }

func (s spot) theta() float64 { return clamp(thetaMin*math.Exp(s.node()*step), thetaMin, thetaMax) }

// spotOf returns the spot of a θ within the range, in the middle of its
// window where the range allows it.
func spotOf(theta float64) spot { return spotOfLn(math.Log(theta)) }

// spotOfLn is spotOf for the logarithm of θ.
func spotOfLn(ln float64) spot {
	x := (ln - lnMin) / step
	first := min(max(int(math.Round(x))-window/2, 0), thetaNodes-window)
	return spot{first, x - float64(first+window/2)}
}

// lagrange returns the polynomials that are 1 at one of the window's nodes
// −3 … 3 and 0 at the others, and their derivatives, at t. With s = t² they are
//
//	l_0 = −(s − 1)(s − 4)(s − 9)/36    l_±k = c_k q_k(s) (s ± k t)
//
// where q_k is the product of s − j² over the other j from 1 to 3.
func lagrange(t float64) (l, d [window]float64) {
	s := t * t
	p1, p2, p3 := s-1, s-4, s-9
	q1, q2, q3 := p2*p3/48, -p1*p3/120, p1*p2/720
	turn1, turn2, turn3 := 2*t*(p2+p3)/48, -2*t*(p1+p3)/120, 2*t*(p1+p2)/720
	l = [window]float64{q3 * (s - 3*t), q2 * (s - 2*t), q1 * (s - t), -p1 * p2 * p3 / 36, q1 * (s + t), q2 * (s + 2*t), q3 * (s + 3*t)}
	d = [window]float64{
		turn3*(s-3*t) + q3*(2*t-3), turn2*(s-2*t) + q2*(2*t-2), turn1*(s-t) + q1*(2*t-1),
		-2 * t * (p2*p3 + p1*p3 + p1*p2) / 36,
		turn1*(s+t) + q1*(2*t+1), turn2*(s+2*t) + q2*(2*t+2), turn3*(s+3*t) + q3*(2*t+3),
	}
	return l, d
}
