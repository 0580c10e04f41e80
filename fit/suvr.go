package fit

import (
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Window is a time after model zero, from From until To. To 0 is the end of
// the scan, and From 0 then the last third of it.
type Window struct{ From, To time.Duration }

// SUVR is the ratio of the mean activity of a region to that of the reference
// over a window, both corrected for decay:
//
//	SUVR = ∫ C dt / ∫ R dt
//
// It is reported as DVR, and less 1 as BPND, which it is where both curves are
// in equilibrium. They rarely are: while the tracer washes out, the ratio lies
// above DVR, the more so the higher binding is and the faster the washout, and
// a change of blood flow looks like one of binding.
//
// Frames count by the part of them that lies in the window.
//
// Source: Carson et al., J Cereb Blood Flow Metab 1993;13:24–42,
// doi:10.1038/jcbfm.1993.6.
type SUVR struct{ Window Window }

// Name returns "suvr".
func (SUVR) Name() string { return "suvr" }

// Input returns ReferenceCurve.
func (SUVR) Input() Input { return ReferenceCurve }

// Fit estimates DVR and BPND of every region. A window that no frame lies in
// gives ErrTooFewFrames.
func (m SUVR) Fit(s Scan) ([]Estimate, error) {
	p, err := prepare(s, ReferenceCurve, Uniform)
	if err != nil {
		return nil, err
	}
	parts, err := p.parts(m.Window)
	if err != nil {
		return nil, err
	}
	under, underVariance := p.total(p.ref, parts)
	if !(under > 0) {
		return nil, ErrReference.With("%s holds no activity in the window", s.Reference)
	}
	return p.each(m.Name(), BPND, func(_ *extract.TAC, u []float64, e *Estimate) {
		over, variance := p.total(u, parts)
		ratio := over / under
		unit := make([]float64, len(u))
		p.unitVariances(u, unit)
		e.NoiseLevel = p.ownNoise(u, unit)
		se := math.Sqrt(e.NoiseLevel*variance+p.refNoise.level*underVariance*ratio*ratio) / under
		e.Parameters = append(e.Parameters, Parameter{BPND, ratio - 1, se}, Parameter{DVR, ratio, se})
		e.RSS, e.AIC, e.AICc, e.BIC = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		for i, part := range parts {
			e.Weights[i], e.Fitted[i] = part, math.NaN()
			if part > 0 {
				e.Fitted[i] = ratio * p.ref[i]
			}
		}
		e.TStar = m.window(s).From
	}), nil
}

// window returns the window with its defaults.
func (m SUVR) window(s Scan) Window {
	w := m.Window
	end := s.Frames[len(s.Frames)-1].End()
	if w.To == 0 {
		if w.To = end; w.From == 0 {
			w.From = end * 2 / 3
		}
	}
	return w
}

// parts returns the length of each frame in the window, in min.
func (p *prepared) parts(given Window) ([]float64, error) {
	w := SUVR{given}.window(p.scan)
	list, sum := make([]float64, len(p.mid)), 0.0
	for i, f := range p.scan.Frames[p.from:] {
		if d := min(f.End(), w.To) - max(f.Start, w.From, 0); d > 0 {
			list[i] = d.Minutes()
			sum += list[i]
		}
	}
	if sum == 0 {
		return nil, ErrTooFewFrames.With("no frame lies between %v and %v", w.From, w.To)
	}
	return list, nil
}

// total returns the integral over the parts, corrected for decay, and its
// variance for noise of level 1.
func (p *prepared) total(u, parts []float64) (sum, variance float64) {
	for i, part := range parts {
		if part == 0 {
			continue
		}
		factor := p.scan.Frames[p.from+i].DecayFactor(p.scan.HalfLife, 0) * part
		sum += u[i] * factor
		variance += factor * factor * math.Max(u[i], 0) / p.length[i]
	}
	return sum, variance
}

// RPM is SRTM by basis functions (the receptor parametric mapping of Gunn et
// al.): θ takes one of a number of values, evenly spaced in its logarithm, and
// the best of them is the answer. SRTM finds the same to all digits in less
// time; this is here to compare with those who use it. Its standard error is
// that of SRTM, to which the distance of the values adds.
//
// Source: Gunn et al., NeuroImage 1997;6:279–287, doi:10.1006/nimg.1997.0303.
type RPM struct {
	// Bases is the number of values of θ, 0 means defaultBases; from LeastPerMin
	// to MostPerMin, 0 means from 0.006 to 0.6 /min.
	Bases                   int
	LeastPerMin, MostPerMin float64
	Weighting               Weighting // of the frames; "" is InverseVariance
}

const (
	defaultBases = 200
	mostBases    = 10_000
	leastBasis   = 0.006
	mostBasis    = 0.6
)

// Name returns "rpm".
func (RPM) Name() string { return "rpm" }

// Input returns ReferenceCurve.
func (RPM) Input() Input { return ReferenceCurve }

// Fit estimates R1, k2, BPND and k2′ = k2/R1 of every region.
func (m RPM) Fit(s Scan) ([]Estimate, error) {
	if m.Bases == 0 {
		m.Bases = defaultBases
	}
	if m.LeastPerMin == 0 && m.MostPerMin == 0 {
		m.LeastPerMin, m.MostPerMin = leastBasis, mostBasis
	}
	if m.Bases < 2 || m.Bases > mostBases || !(m.LeastPerMin >= thetaMin) || !(m.MostPerMin <= thetaMax) || !(m.LeastPerMin < m.MostPerMin) {
		return nil, ErrSettings.Saying("rpm needs 2 to %d bases from %g to %g /min, not %d from %g to %g", mostBases, thetaMin, thetaMax, m.Bases, m.LeastPerMin, m.MostPerMin)
	}
	p, err := prepare(s, ReferenceCurve, m.Weighting)
	if err != nil {
		return nil, err
	}
	f := newSRTMFit(referenceBasis(p))
	bases := f.bases(m)
	return p.each(m.Name(), BPND, func(t *extract.TAC, u []float64, e *Estimate) {
		f.fit(u, f.given(t), e)
		f.snap(bases, e)
		f.parameters(e)
		e.Warnings = append(e.Warnings, broken(
			rule{f.theta == m.LeastPerMin, ingest.WarnFitBound, ingest.LevelWarn, f.theta, m.LeastPerMin, "The rate k2/(1+BPND) of {value} /min is the least that was tried."},
			rule{f.theta == m.MostPerMin, ingest.WarnFitBound, ingest.LevelWarn, f.theta, m.MostPerMin, "The rate k2/(1+BPND) of {value} /min is the most that was tried."},
		)...)
	}), nil
}

// A base is one value of θ with its E.
type base struct {
	theta  float64
	column []float64
}

func (f *srtmFit) bases(m RPM) []base {
	list := make([]base, m.Bases)
	ratio := math.Log(m.MostPerMin / m.LeastPerMin)
	for i := range list {
		list[i] = base{m.LeastPerMin * math.Exp(ratio*float64(i)/float64(m.Bases-1)), make([]float64, len(f.mid))}
		if i == m.Bases-1 {
			list[i].theta = m.MostPerMin
		}
		f.refCurve.convolve(f.kernel(list[i].theta), list[i].column)
	}
	return list
}

// snap moves a fit to the best of the bases.
func (f *srtmFit) snap(bases []base, e *Estimate) {
	best, at := math.Inf(1), 0
	for i, b := range bases {
		copy(f.column, b.column)
		if f.settle(); f.rss < best {
			best, at = f.rss, i
		}
	}
	copy(f.column, bases[at].column)
	f.settle()
	f.theta = bases[at].theta
	f.score(e, f.rss, len(f.u), 3)
}
