package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A MixedData is the data of a linear mixed model with random intercepts:
//
//	y = Xβ + Z₁u₁ + … + Z_ku_k + e    uᵢ ~ N(0, σᵢ²I)    e ~ N(0, σ²I)
//
// such as ln BPND ~ condition + (1 | subject).
type MixedData struct {
	Y      []float64
	Fixed  [][]float64 // the columns of X, each as long as Y
	Groups [][]int     // for every random intercept the group of each observation, any numbers; nested or crossed
}

// A Mixed is a fitted mixed model.
type Mixed struct {
	N         int
	Beta      []float64 // the fixed effects, in the order of the columns
	Variances []float64 // σᵢ² of every random intercept, at least 0
	Residual  float64   // σ²
	Criterion float64   // −2 ln of the restricted likelihood, lme4's REMLcrit

	plain    *mat.SymDense // Φ, the covariance of Beta if the variances were known
	adjusted *mat.SymDense // Φ_A of Kenward and Roger
	slopes   []*mat.Dense  // Pᵢ = −X′V⁻¹GᵢV⁻¹X
	spread   *mat.SymDense // W, the covariance of the variances
}

// FitMixed fits the model by restricted maximum likelihood. A variance between
// groups whose best value is 0 stays in the model at 0. Data without any residual
// scatter give ErrConstant, too few observations ErrTooFew, and effects that
// cannot be told apart ErrNotIdentified.
//
// Source: Patterson & Thompson, Biometrika 1971;58:545–554,
// doi:10.1093/biomet/58.3.545. In R: lmer(y ~ ... + (1 | subject), REML = TRUE).
func FitMixed(d MixedData) (Mixed, error) {
	r, err := newREML(d)
	if err != nil {
		return Mixed{}, fmt.Errorf("mixed model: %w", err)
	}
	best, err := r.search()
	if err != nil {
		return Mixed{}, fmt.Errorf("mixed model: %w", err)
	}
	m, err := r.fitted(best)
	if err != nil {
		return Mixed{}, fmt.Errorf("mixed model: %w", err)
	}
	return m, nil
}

// A reml is the restricted likelihood of a model as a function of its variances.
// The residuals are a grouping too, of one observation each, and the last one.
type reml struct {
	n, p   int
	scale  float64 // of y: its residual standard deviation without random effects
	y      *mat.VecDense
	x      *mat.Dense
	groups [][]int // of 0 … sizes−1
	sizes  []int
}

// A remlPoint is the likelihood at one choice of variances, with its slope and
// curvature there.
type remlPoint struct {
	variances []float64
	criterion float64
	inverse   *mat.SymDense // V⁻¹
	phi       *mat.SymDense
	beta      *mat.VecDense
	score     []float64
	info      *mat.SymDense // expected
}

// largestMixed bounds the observations of a model: a fit takes n³ operations a
// step.
const largestMixed = 2000

func newREML(d MixedData) (*reml, error) {
	n, p := len(d.Y), len(d.Fixed)
	if err := checkFinite(d.Y...); err != nil {
		return nil, err
	}
	if p == 0 || n <= p {
		return nil, fmt.Errorf("%d observations for %d fixed effects: %w", n, p, ErrTooFew)
	}
	if n > largestMixed {
		return nil, fmt.Errorf("%d observations, and at most %d are fitted: %w", n, largestMixed, ErrSettings)
	}
	r := &reml{n: n, p: p, y: mat.NewVecDense(n, nil), x: mat.NewDense(n, p, nil)}
	for j, column := range d.Fixed {
		if len(column) != n {
			return nil, fmt.Errorf("column %d has %d of %d rows: %w", j+1, len(column), n, ErrValues)
		}
		if err := checkFinite(column...); err != nil {
			return nil, fmt.Errorf("column %d: %w", j+1, err)
		}
		r.x.SetCol(j, column)
	}
	each := make([]int, n)
	for i := range each {
		each[i] = i
	}
	for k, g := range append(append([][]int(nil), d.Groups...), each) {
		if len(g) != n {
			return nil, fmt.Errorf("grouping %d has %d of %d rows: %w", k+1, len(g), n, ErrValues)
		}
		numbers := map[int]int{}
		renamed := make([]int, n)
		for i, name := range g {
			if _, ok := numbers[name]; !ok {
				numbers[name] = len(numbers)
			}
			renamed[i] = numbers[name]
		}
		r.groups, r.sizes = append(r.groups, renamed), append(r.sizes, len(numbers))
	}
	return r, r.standardise(d.Y)
}

// standardise scales y by its scatter, and refuses data of which a part that
// should scatter does not.
func (r *reml) standardise(y []float64) error {
	fixed := r.columns(0)
	left := residuals(fixed, y)
	freedom := r.n - rank(fixed)
	if rank(fixed) < r.p {
		return fmt.Errorf("the fixed effects cannot be told apart: %w", ErrNotIdentified)
	}
	r.scale = math.Sqrt(floats.Dot(left, left) / float64(freedom))
	if r.scale <= noScatter*largest(y) {
		return ErrConstant
	}
	all := r.columns(len(r.groups) - 1)
	if rank(all) >= r.n {
		return fmt.Errorf("%d observations leave nothing to the residuals: %w", r.n, ErrTooFew)
	}
	within := residuals(all, y)
	if math.Sqrt(floats.Dot(within, within)/float64(r.n)) <= noScatter*largest(y) {
		return ErrConstant
	}
	for i, v := range y {
		r.y.SetVec(i, v/r.scale)
	}
	return nil
}

// columns returns the columns of X and of the first so many groupings.
func (r *reml) columns(groupings int) [][]float64 {
	var list [][]float64
	for j := range r.p {
		list = append(list, mat.Col(nil, j, r.x))
	}
	for k := range groupings {
		first := len(list)
		for range r.sizes[k] {
			list = append(list, make([]float64, r.n))
		}
		for i, g := range r.groups[k] {
			list[first+g][i] = 1
		}
	}
	return list
}

// at returns the likelihood at variances, and false where they make V singular.
//
//	V = Σ σᵢ²ZᵢZᵢ′    Φ = (X′V⁻¹X)⁻¹    P = V⁻¹ − V⁻¹XΦX′V⁻¹
//	−2 ln L = (n−p) ln 2π + ln|V| + ln|X′V⁻¹X| + y′Py
//	∂ ln L/∂σᵢ² = ½(y′PGᵢPy − tr PGᵢ)    information = ½ tr PGᵢPGⱼ    Gᵢ = ZᵢZᵢ′
//
// Source: Searle, Casella & McCulloch, Variance Components, 1992, chapter 6,
// doi:10.1002/9780470316856.
func (r *reml) at(variances []float64) (*remlPoint, bool) {
	v := mat.NewSymDense(r.n, nil)
	for i := range r.n {
		for j := i; j < r.n; j++ {
			sum := 0.0
			for k, g := range r.groups {
				if g[i] == g[j] {
					sum += variances[k]
				}
			}
			v.SetSym(i, j, sum)
		}
	}
	var chol, small mat.Cholesky
	if !chol.Factorize(v) {
		return nil, false
	}
	pt := &remlPoint{variances: variances, inverse: mat.NewSymDense(r.n, nil)}
	pt.phi, pt.beta = mat.NewSymDense(r.p, nil), mat.NewVecDense(r.p, nil)
	if chol.InverseTo(pt.inverse) != nil {
		return nil, false
	}
	var vx, xvx mat.Dense
	vx.Mul(pt.inverse, r.x)
	xvx.Mul(r.x.T(), &vx)
	if !small.Factorize(symmetric(&xvx)) || small.InverseTo(pt.phi) != nil {
		return nil, false
	}
	var xvy, fit, py mat.VecDense
	xvy.MulVec(vx.T(), r.y)
	pt.beta.MulVec(pt.phi, &xvy)
	fit.MulVec(r.x, pt.beta)
	fit.SubVec(r.y, &fit)
	py.MulVec(pt.inverse, &fit)
	pt.criterion = float64(r.n-r.p)*math.Log(2*math.Pi) + chol.LogDet() + small.LogDet() + mat.Dot(r.y, &py)
	var half, projection mat.Dense
	half.Mul(&vx, pt.phi)
	projection.Mul(&half, vx.T())
	projection.Sub(pt.inverse, &projection)
	r.slope(pt, &projection, py.RawVector().Data)
	return pt, !math.IsNaN(pt.criterion)
}

// slope puts score and information into a point.
func (r *reml) slope(pt *remlPoint, projection *mat.Dense, py []float64) {
	k := len(r.groups)
	pt.score, pt.info = make([]float64, k), mat.NewSymDense(k, nil)
	for i := range k {
		sums := make([]float64, r.sizes[i])
		for row, g := range r.groups[i] {
			sums[g] += py[row]
		}
		for j := i; j < k; j++ {
			block := r.between(projection, i, j)
			pt.info.SetSym(i, j, squareSum(block)/2)
			if i == j {
				pt.score[i] = (floats.Dot(sums, sums) - mat.Trace(block)) / 2
			}
		}
	}
}

// between returns Zᵢ′MZⱼ.
func (r *reml) between(m mat.Matrix, i, j int) *mat.Dense {
	out := mat.NewDense(r.sizes[i], r.sizes[j], nil)
	for a := range r.n {
		for b := range r.n {
			gi, gj := r.groups[i][a], r.groups[j][b]
			out.Set(gi, gj, out.At(gi, gj)+m.At(a, b))
		}
	}
	return out
}

// search returns the best point over all variances that are at least 0.
func (r *reml) search() (*remlPoint, error) {
	k := len(r.groups)
	even, alone := make([]float64, k), make([]float64, k)
	for i := range even {
		even[i] = 1 / float64(k)
	}
	alone[k-1] = 1
	var best *remlPoint
	var failed error
	for _, start := range [][]float64{even, alone} {
		pt, err := r.climb(start)
		if err != nil {
			failed = err
			continue
		}
		if best == nil || pt.criterion < best.criterion {
			best = pt
		}
	}
	if best == nil {
		return nil, failed
	}
	return best, nil
}

// The end of a search: the gain in the criterion that a step still promises, and
// the number of steps. Below blindGain rounding hides what a step gains, so that
// it is taken as it is.
const (
	leastGain = 1e-20
	blindGain = 1e-8
	mostSteps = 500
)

// climb goes from start along Fisher's scoring, keeping variances at least 0, and
// halves a step that does not help.
func (r *reml) climb(start []float64) (*remlPoint, error) {
	pt, ok := r.at(start)
	if !ok {
		return nil, fmt.Errorf("the observations cannot be told apart: %w", ErrNotIdentified)
	}
	for range mostSteps {
		step, gain, err := pt.step()
		if err != nil {
			return nil, err
		}
		if gain < leastGain {
			return pt, nil
		}
		next := r.along(pt, step, gain < blindGain)
		if next == nil {
			return pt, nil // no better point within rounding
		}
		pt = next
	}
	return nil, fmt.Errorf("the search for the variances did not end: %w", ErrNotIdentified)
}

// along returns a better point on the way of a step, or nil where there is none.
// Blind means that the whole step is taken, better or not.
func (r *reml) along(pt *remlPoint, step []float64, blind bool) *remlPoint {
	for size := 1.0; size > 1e-9; size /= 2 {
		to := make([]float64, len(step))
		for i, s := range step {
			to[i] = math.Max(pt.variances[i]+size*s, 0)
		}
		if next, ok := r.at(to); ok && (blind || next.criterion < pt.criterion) {
			return next
		}
	}
	return nil
}

// step returns information⁻¹·score over the variances that may move, and how far
// it goes down. A variance of 0 with a negative slope stays.
func (pt *remlPoint) step() (step []float64, gain float64, err error) {
	step = make([]float64, len(pt.score))
	var free []int
	for i, s := range pt.score {
		if pt.variances[i] > 0 || s > 0 {
			free = append(free, i)
		}
	}
	info, score := mat.NewSymDense(len(free), nil), mat.NewVecDense(len(free), nil)
	for a, i := range free {
		score.SetVec(a, pt.score[i])
		for b, j := range free {
			info.SetSym(a, b, pt.info.At(i, j))
		}
	}
	var chol mat.Cholesky
	var solved mat.VecDense
	if !chol.Factorize(info) || chol.Cond() > 1e13 || chol.SolveVecTo(&solved, score) != nil {
		return nil, 0, fmt.Errorf("two variances cannot be told apart: %w", ErrNotIdentified)
	}
	for a, i := range free {
		step[i] = solved.AtVec(a)
	}
	return step, mat.Dot(&solved, score), nil
}

// symmetric returns a matrix that is symmetric but for rounding as a symmetric
// one.
func symmetric(m *mat.Dense) *mat.SymDense {
	n, _ := m.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
		}
	}
	return s
}

func squareSum(m *mat.Dense) float64 {
	sum := 0.0
	for _, v := range m.RawMatrix().Data {
		sum += v * v
	}
	return sum
}

// residuals returns what of y no combination of columns explains.
func residuals(columns [][]float64, y []float64) []float64 {
	left := append([]float64(nil), y...)
	for range 2 { // the second time removes the rounding of the first
		for _, q := range orthonormal(columns) {
			c := floats.Dot(q, left)
			for i := range left {
				left[i] -= c * q[i]
			}
		}
	}
	return left
}

// rank returns the number of columns that none of the others explain.
func rank(columns [][]float64) int { return len(orthonormal(columns)) }

// orthonormal returns an orthonormal base of the columns, by Gram and Schmidt.
func orthonormal(columns [][]float64) [][]float64 {
	var base [][]float64
	for _, c := range columns {
		v := append([]float64(nil), c...)
		size := math.Sqrt(floats.Dot(v, v))
		for range 2 {
			for _, q := range base {
				f := floats.Dot(q, v)
				for i := range v {
					v[i] -= f * q[i]
				}
			}
		}
		if rest := math.Sqrt(floats.Dot(v, v)); rest > 1e-10*size && size > 0 {
			for i := range v {
				v[i] /= rest
			}
			base = append(base, v)
		}
	}
	return base
}
