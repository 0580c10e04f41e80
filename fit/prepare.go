package fit

import (
	"fmt"
	"math"

	"tacstream/extract"
	"tacstream/ingest"
)

// A prepared is a scan that has been checked, with what all regions share. Its
// curves are divided by scale, a power of two near the peak of the reference,
// so that nothing depends on the unit of activity, not even rounding.
type prepared struct {
	*grid
	scan     Scan
	scale    float64
	from     int // the first frame that is used: those before end before model zero
	ref      []float64
	refCurve curve
	refNoise noise
	warnings []ingest.Warning // that every estimate of the scan deserves
}

// prepare checks a scan and rebuilds its reference curve.
func prepare(s Scan) (*prepared, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	p := &prepared{scan: s, scale: 1}
	for p.from < len(s.Frames) && s.Frames[p.from].End() <= shortest {
		p.from++
	}
	if used := len(s.Frames) - p.from; used < minFrames {
		return nil, fmt.Errorf("%d frames end after model zero: %w", used, ErrTooFewFrames)
	}
	p.grid = newGrid(s.Frames[p.from:], 60*ingest.DecayPerSecond(s.HalfLife))
	if err := p.reference(); err != nil {
		return nil, err
	}
	p.warnings = p.scanWarnings()
	return p, nil
}

// reference finds the reference curve and what follows from it.
func (p *prepared) reference() error {
	for _, t := range p.scan.TACs {
		if t.Region != p.scan.Reference {
			continue
		}
		if p.ref != nil {
			return fmt.Errorf("two regions are called %q: %w", t.Region, ErrReference)
		}
		p.ref = p.used(t.BqPerML)
	}
	if p.ref == nil {
		return fmt.Errorf("no region is called %q: %w", p.scan.Reference, ErrReference)
	}
	total, peak := 0.0, 0.0
	for i, u := range p.ref {
		total += u * p.length[i]
		peak = math.Max(peak, math.Abs(u))
	}
	if !(total > 0) {
		return fmt.Errorf("%s holds no activity: %w", p.scan.Reference, ErrReference)
	}
	_, exponent := math.Frexp(peak)
	p.scale = math.Ldexp(1, exponent)
	for i := range p.ref {
		p.ref[i] /= p.scale
	}
	if p.refCurve = p.curve(p.ref); !p.refCurve.finite() {
		return fmt.Errorf("no curve can be laid through them: %w", ErrFrames)
	}
	p.refNoise.unit = make([]float64, len(p.ref))
	p.unitVariances(p.ref, p.refNoise.unit)
	p.refNoise.level = p.ownNoise(p.ref, p.refNoise.unit)
	return nil
}

// used returns the values, scaled, of the frames that end after model zero. A
// frame that straddles it counts from there: all its activity came after.
func (p *prepared) used(values []float64) []float64 {
	u := make([]float64, len(values)-p.from)
	for i, v := range values[p.from:] {
		u[i] = v / p.scale
	}
	if f := p.scan.Frames[p.from]; f.Start < 0 {
		u[0] *= f.Duration.Minutes() / f.End().Minutes()
	}
	return u
}

// each calls visit for every region but the reference, and adds what is the
// same for all models. A region without any activity is not visited: its
// estimate says that there is none, and the others are not harmed.
func (p *prepared) each(model string, visit func(t extract.TAC, u []float64) Estimate) []Estimate {
	all := make([]Estimate, 0, len(p.scan.TACs))
	for _, t := range p.scan.TACs {
		if t.Region == p.scan.Reference {
			continue
		}
		u := p.used(t.BqPerML)
		e := unsolved()
		if !empty(u) {
			e = visit(t, u)
		}
		e.Region, e.Model = t.Region, model
		e.Warnings = append(e.Warnings, p.warnings...)
		e.Warnings = append(e.Warnings, p.curveWarnings(t)...)
		e.Warnings = append(e.Warnings, estimateWarnings(e, u)...)
		p.present(&e)
		all = append(all, e)
	}
	return all
}

func empty(u []float64) bool {
	for _, v := range u {
		if v != 0 {
			return false
		}
	}
	return true
}

// unsolved is what is said of a region in which a model has no single
// solution, such as an empty one or, for some models, one that is proportional
// to the reference.
func unsolved() Estimate {
	n := math.NaN()
	return Estimate{Parameters: []Parameter{{BPND, n, n}}, RSS: n, AIC: n, BIC: n}
}

// present puts an estimate in the terms of the scan: its unit, and its frames,
// of which those before model zero were left out.
func (p *prepared) present(e *Estimate) {
	if e.Fitted == nil {
		return
	}
	for i := range e.Fitted {
		e.Fitted[i] *= p.scale
	}
	if f := p.scan.Frames[p.from]; f.Start < 0 {
		e.Fitted[0] *= f.End().Minutes() / f.Duration.Minutes()
	}
	if p.from > 0 {
		e.Fitted = append(make([]float64, p.from), e.Fitted...)
		e.Weights = append(make([]float64, p.from), e.Weights...)
	}
	for i := range p.from {
		e.Fitted[i] = math.NaN()
	}
}

// score sets the residual sum of squares and the criteria of Akaike and
// Schwarz of a fit to n frames with k parameters, the noise level counted as
// one more.
func (p *prepared) score(e *Estimate, rss float64, n, k int) {
	e.RSS = rss * p.scale * p.scale
	ll := float64(n) * math.Log(math.Max(e.RSS, math.SmallestNonzeroFloat64)/float64(n))
	e.AIC = ll + 2*float64(k+1)
	e.BIC = ll + math.Log(float64(n))*float64(k+1)
}
