package fit

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// An operator is the matrix that takes the frame means of a curve to those of
// the curve convolved with an exponential.
type operator struct {
	n       int
	values  []float64 // row by row
	squares []float64 // of the values
}

// operators makes the operators of a grid.
type operators struct {
	*grid
	units []curve // the curve whose mean is 1 in one frame and 0 in the others
}

func newOperators(g *grid) operators {
	o := operators{grid: g, units: make([]curve, len(g.mid))}
	means := make([]float64, len(g.mid))
	for f := range means {
		means[f] = 1
		o.units[f] = g.curve(means)
		means[f] = 0
	}
	return o
}

// of returns the operator of e^(−θt), θ in 1/min.
func (o operators) of(theta float64) *operator {
	n := len(o.units)
	op := &operator{n: n, values: make([]float64, n*n), squares: make([]float64, n*n)}
	k := o.kernel(theta)
	column := make([]float64, n)
	for f, unit := range o.units {
		unit.convolve(k, column)
		for i, v := range column {
			op.values[i*n+f], op.squares[i*n+f] = v, v*v
		}
	}
	return op
}

// between writes the mean of a and b with weights 1 − t and t into op.
func (op *operator) between(a, b *operator, t float64) {
	x, y, squares := a.values, b.values[:len(a.values)], op.squares[:len(a.values)]
	values := op.values[:len(x)]
	for i := range x {
		v := x[i] + t*(y[i]-x[i])
		values[i], squares[i] = v, v*v
	}
}

// An effect says how small errors e of the frame means of a curve enter the
// residuals of a fit, own·e + through·O e: as they are, and through a
// convolution.
type effect struct {
	own, through float64
	op           *operator // nil where through is 0
}

// back writes into out, one value per frame, how a sum of the residuals of the
// frames from first on, with the given factors, answers to each error.
func (e effect) back(factors []float64, first int, out []float64) {
	clear(out)
	if e.op != nil {
		n := e.op.n
		blas64.Gemv(blas.Trans, e.through,
			blas64.General{Rows: len(factors), Cols: n, Stride: n, Data: e.op.values[first*n:]}, vector(factors), 0, vector(out))
	}
	for i, f := range factors {
		out[first+i] += e.own * f
	}
}

// power returns the weighted sum of squares that errors with variances v cause
// in the residuals of the frames from first on, before anything is fitted.
func (e effect) power(w []float64, first int, v, scratch []float64) float64 {
	sum := 0.0
	for i, w := range w {
		sum += w * e.own * e.own * v[first+i]
	}
	if e.op == nil {
		return sum
	}
	n := e.op.n
	rows := scratch[:len(w)]
	blas64.Gemv(blas.NoTrans, 1, blas64.General{Rows: len(w), Cols: n, Stride: n, Data: e.op.squares[first*n:]}, vector(v), 0, vector(rows))
	for i, w := range w {
		diagonal := e.op.values[(first+i)*n+first+i]
		sum += w * e.through * (2*e.own*diagonal*v[first+i] + e.through*rows[i])
	}
	return sum
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

// operator returns the operator of θ: interpolated in ln θ between nodes of
// its own, a factor of 2 apart, each made when it is first needed. It serves
// standard errors, to some percent of the reference's share in them. The next
// call overwrites it.
func (b *basis) operator(theta float64) *operator {
	x := math.Log2(theta)
	node := int(math.Floor(x))
	low, high := b.operatorAt(node), b.operatorAt(node+1)
	if b.mixed == nil {
		b.mixed = &operator{n: b.n, values: make([]float64, b.n*b.n), squares: make([]float64, b.n*b.n)}
	}
	b.mixed.between(low, high, x-float64(node))
	return b.mixed
}

func (b *basis) operatorAt(node int) *operator {
	if b.nodes[node] == nil {
		b.nodes[node] = b.operators.of(math.Exp2(float64(node)))
	}
	return b.nodes[node]
}
