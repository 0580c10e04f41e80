package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/ingest"
)

// A prepared is a scan that has been checked, with what all regions share. Its
// curves are divided by scale, a power of two near the peak of the input, so
// that nothing depends on the unit of activity, not even rounding.
type prepared struct {
	*grid
	scan      Scan
	weighting Weighting
	scale     float64
	from      int // the first frame that is used: those before end before model zero
	ref       []float64
	refCurve  curve
	refNoise  noise
	plasma    curve     // where plasma is part of the input
	whole     []float64 // frame means of whole blood; nil where there is none or it is no part of the input
	growth    []float64 // of the variance of each frame, see noiseGrowth; nil for 1
	judge     extract.Judge
	warnings  []ingest.Warning // that every estimate of the scan deserves
}

// prepare checks a scan with all of the input that a model needs, and lays that
// input out: the reference curve, plasma and whole blood are had from here
// alone, so that no model can leave out a check or a warning.
func prepare(s Scan, in Input, w Weighting) (*prepared, error) {
	p, err := prepareRegions(s, w)
	if err != nil {
		return nil, err
	}
	if in&ReferenceCurve != 0 {
		if err := p.reference(); err != nil {
			return nil, err
		}
	}
	used := usedBlood(s.Blood, in)
	if in.Arterial() {
		if err := checkBlood(s, used, in); err != nil {
			return nil, err
		}
		p.layBlood(used)
	}
	p.warnings = p.scanWarnings()
	if in.Arterial() {
		p.warnings = append(append(p.warnings, used.Check(s.Frames[len(s.Frames)-1].End())...), used.Warnings...)
		p.warnings = append(p.warnings, used.CheckScale(s.Frames, used.Uptake(s.Frames, s.HalfLife, s.TACs, s.Delay))...)
	}
	return p, nil
}

// prepareRegions checks a scan but for its input.
func prepareRegions(s Scan, w Weighting) (*prepared, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := w.check(s); err != nil {
		return nil, err
	}
	p := &prepared{scan: s, weighting: w, scale: 1}
	for p.from < len(s.Frames) && s.Frames[p.from].End() <= shortest {
		p.from++
	}
	if used := len(s.Frames) - p.from; used < minFrames {
		return nil, ErrTooFewFrames.With("%d frames end after model zero", used)
	}
	shared := s.schedules.of(s.Frames, p.from, s.HalfLife, p.teller)
	p.grid, p.judge, p.scan.Frames = shared.grid, shared.judge, shared.frames
	p.growth = p.noiseGrowth()
	return p, nil
}

// teller returns the means of the curve by which what lies between frames is
// told: the reference's or, where there is none, that of all regions.
func (p *prepared) teller() []float64 {
	sum := make([]float64, len(p.scan.Frames))
	for i := range p.scan.TACs {
		t := &p.scan.TACs[i]
		if t.Region == p.scan.Reference {
			return p.used(t.BqPerML)
		}
		floats.Add(sum, t.BqPerML)
	}
	return p.used(sum)
}

// setScale takes the power of two above a peak as the unit of activity.
func (p *prepared) setScale(peak float64) {
	_, exponent := math.Frexp(peak)
	p.scale = math.Ldexp(1, exponent)
}

// used returns the values, scaled, of the frames that end after model zero. A
// frame that straddles it counts from there: all its activity came after.
func (p *prepared) used(values []float64) []float64 {
	u := make([]float64, len(values)-p.from)
	p.use(values, u)
	return u
}

func (p *prepared) use(values, u []float64) {
	floats.ScaleTo(u, 1/p.scale, values[p.from:])
	if f := p.scan.Frames[p.from]; f.Start < 0 {
		u[0] *= f.Duration.Minutes() / f.End().Minutes()
	}
}

// given returns the weights of a region that do not follow from its model, nil
// where they do.
func (p *prepared) given(t *extract.TAC) []float64 {
	return p.weighting.of(&p.scan, p.from, p.partition, t)
}

func empty(u []float64) bool {
	for _, v := range u {
		if v != 0 {
			return false
		}
	}
	return true
}
