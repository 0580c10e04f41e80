package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
)

// each calls visit for every region but the reference, with an estimate that
// has room for the parameters, the fitted curve and the weights, and adds what
// is the same for all models. The curve u holds until visit returns. A region without any activity is not visited:
// its estimate says that there is none, and the others are not harmed.
func (p *prepared) each(model string, main Symbol, visit func(t *extract.TAC, u []float64, e *Estimate)) []Estimate {
	const room = 6 // parameters
	n, regions := len(p.mid), len(p.scan.TACs)
	all := make([]Estimate, 0, regions)
	curves, u := make([]float64, 5*(n+p.from)*regions), make([]float64, n)
	take := func(n int) []float64 { s := curves[:n:n]; curves = curves[n:]; return s }
	parameters, gradients := make([]Parameter, 2*room*regions), make([]gradient, room*regions)
	for i := range p.scan.TACs {
		t := &p.scan.TACs[i]
		if p.ref != nil && t.Region == p.scan.Reference {
			continue
		}
		all = all[:len(all)+1]
		e := &all[len(all)-1]
		e.Region, e.Model = t.Region, model
		fitted, weights := take(n+p.from), take(n+p.from)
		e.Fitted, e.Weights = fitted[p.from:], weights[p.from:]
		e.Parameters, e.gradients = parameters[2*room*i:2*room*i:room*(2*i+1)], gradients[room*i:room*i:room*(i+1)]
		if p.use(t.BqPerML, u); empty(u) {
			e.unsolved(main)
		} else {
			visit(t, u, e)
		}
		e.Warnings = append(e.Warnings, p.warnings...)
		e.Warnings = append(e.Warnings, p.judge.Region(*t)...)
		e.judge(u, regions)
		p.present(e, fitted, weights)
		e.keep(t.BqPerML, parameters[room*(2*i+1):room*(2*i+1):2*room*(i+1)], take(3*(n+p.from)))
		if e.loose {
			e.Warnings = append(e.Warnings, e.openInterval()...)
		}
	}
	return all
}

// unsolved is what is said of a region in which a model has no single
// solution, such as an empty one or, for some models, one that is proportional
// to the reference.
func (e *Estimate) unsolved(main Symbol) {
	n := math.NaN()
	e.Parameters = append(e.Parameters[:0], Parameter{main, n, n})
	e.RSS, e.AIC, e.AICc, e.BIC, e.NoiseLevel = n, n, n, n, n
	e.Fitted, e.Weights, e.Line = nil, nil, nil
}

// present puts an estimate in the terms of the scan: its unit, and its frames,
// of which those before model zero were left out. Fitted and weights are the
// whole of what the estimate's are the later part.
func (p *prepared) present(e *Estimate, fitted, weights []float64) {
	if e.Fitted == nil {
		return
	}
	floats.Scale(p.scale, e.Fitted)
	e.NoiseLevel *= p.scale
	if f := p.scan.Frames[p.from]; f.Start < 0 {
		e.Fitted[0] *= f.End().Minutes() / f.Duration.Minutes()
	}
	e.Fitted, e.Weights = fitted, weights
	for i := range p.from {
		e.Fitted[i] = math.NaN()
	}
}

// score sets the residual sum of squares and the criteria of Akaike and
// Schwarz of a fit to n frames with k parameters, the noise level counted as
// one more.
//
// Source of AICc: Hurvich & Tsai, Biometrika 1989;76:297–307,
// doi:10.1093/biomet/76.2.297.
func (p *prepared) score(e *Estimate, rss float64, n, k int) {
	e.RSS, e.free = rss*p.scale*p.scale, k
	frames, all := float64(n), float64(k+1)
	ll := frames * math.Log(math.Max(e.RSS, math.SmallestNonzeroFloat64)/frames)
	ll -= logProduct(e.Weights) // so that fits with other weights compare
	e.AIC, e.BIC, e.AICc = ll+2*all, ll+math.Log(frames)*all, math.NaN()
	if n > k+2 {
		e.AICc = e.AIC + 2*all*(all+1)/(frames-all-1)
	}
}

// logProduct returns the logarithm of the product of those numbers that are
// above 0. Four products run side by side, since each factor waits for the last.
func logProduct(numbers []float64) float64 {
	a, b, c, d := 1.0, 1.0, 1.0, 1.0
	rest := numbers
	for ; len(rest) >= 4; rest = rest[4:] {
		a *= rest[0]
		b *= rest[1]
		c *= rest[2]
		d *= rest[3]
	}
	for _, x := range rest {
		a *= x
	}
	all := (a * b) * (c * d)
	if all > 1/far && all < far {
		return math.Log(all)
	}
	return sumOfLogs(numbers)
}

// far is a number from which a product may be further from 1 than a float64
// holds, so that it is no longer exact.
const far = 1e300

// sumOfLogs returns the same for any numbers.
func sumOfLogs(numbers []float64) (sum float64) {
	for _, x := range numbers {
		if x > 0 {
			sum += math.Log(x)
		}
	}
	return sum
}

// nominalNoise is the noise of a frame in the middle of a scan, as a fraction,
// at which a parameter must be found within mostNominal of itself to count as
// identifiable from such a scan at all.
const nominalNoise = 0.03

// finish keeps what is known of the errors of all parameters, u being the
// curve that was fitted.
func (e *Estimate) finish(g *partition, u []float64, s *spread) {
	e.cov = s.cov
	e.NoiseLevel = s.level
	if i := e.main(); s.ok && i >= 0 && i < len(e.gradients) {
		level := nominalNoise * nominalNoise * math.Abs(u[g.middle]) * g.length[g.middle]
		e.nominal = math.Sqrt(level*e.gradients[i].times(&s.unit, &e.gradients[i])) / math.Abs(e.Parameters[i].Value)
	}
}
