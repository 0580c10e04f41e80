package fit

import "math"

// reference finds the reference curve and what follows from it.
func (p *prepared) reference() error {
	for _, t := range p.scan.TACs {
		if t.Region != p.scan.Reference {
			continue
		}
		if p.ref != nil {
			return ErrReference.With("two regions are called %q", t.Region)
		}
		p.ref = p.used(t.BqPerML)
	}
	if p.ref == nil {
		return ErrReference.With("no region is called %q", p.scan.Reference)
	}
	total, peak := 0.0, 0.0
	for i, u := range p.ref {
		total += u * p.length[i]
		peak = math.Max(peak, math.Abs(u))
	}
	if !(total > 0) {
		return ErrReference.With("%s holds no activity", p.scan.Reference)
	}
	p.setScale(peak)
	for i := range p.ref {
		p.ref[i] /= p.scale
	}
	if p.refCurve = p.curve(p.ref); !p.refCurve.finite() {
		return ErrFrames.With("no curve can be laid through them")
	}
	p.refNoise.unit = make([]float64, len(p.ref))
	p.unitVariances(p.ref, p.refNoise.unit)
	p.refNoise.level = p.ownNoise(p.ref, p.refNoise.unit)
	return nil
}
