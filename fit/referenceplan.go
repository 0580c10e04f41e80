package fit

import (
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// shareOptions say where k2′ comes from.
type shareOptions struct {
	k2PrimePerMin float64          // k2′; 0 estimates it
	k2PrimeSD     float64          // its spread, where it is given; 0 takes it for known
	from          []extract.Region // that it is estimated from; nil leaves that to elect
	frames        int              // number of those that are used
}

// fitReferencePlan fits a plan with the reference curve as its input. Shared
// is nil for plans without k2′.
func fitReferencePlan(s Scan, name string, w Weighting, tStar time.Duration, pl plan, shared *shareOptions) ([]Estimate, error) {
	p, err := prepare(s, ReferenceCurve, w)
	if err != nil {
		return nil, err
	}
	first, err := p.startAt(tStar, pl.least())
	if err != nil {
		return nil, err
	}
	k, warn, single, err := p.helpers(pl, shared)
	if err != nil {
		return nil, err
	}
	r := newRegression(p, pl, pl.sources(p.refCurve, p.ref, p.refNoise), tStar, first, k)
	guesses := p.guesses(single)
	r.chooseStart(guesses)
	return p.each(name, pl.main, func(t *extract.TAC, u []float64, e *Estimate) {
		r.fit(t, u, e, guesses[t.Region])
		if k != nil && e.Fitted != nil {
			k.report(e, &r.s, r.l.n)
			e.Warnings = append(e.Warnings, warn(t.Region)...)
		}
	}), nil
}

// helpers returns what a plan needs of other models: k2′, and SRTM's view of a
// region where the curve to expect cannot come from the plan itself.
func (p *prepared) helpers(pl plan, shared *shareOptions) (k *sharedRate, warn func(extract.Region) []ingest.Warning, single func(*extract.TAC, []float64) *guess, err error) {
	warn = func(extract.Region) []ingest.Warning { return nil }
	if shared != nil && shared.k2PrimePerMin != 0 {
		shared.frames = len(p.mid)
		if k, err = shared.given(); err != nil {
			return nil, nil, nil, err
		}
	} else if shared != nil {
		c, err := newCoupled(referenceBasis(p), *shared)
		if err != nil {
			return nil, nil, nil, err
		}
		if !pl.lined() {
			return c.shared, c.spreadWarnings, nil, nil
		}
		return c.shared, c.spreadWarnings, func(t *extract.TAC, _ []float64) *guess { return c.members[c.at[t.Region]].guess() }, nil
	}
	if !pl.lined() {
		return k, warn, nil, nil
	}
	f := newSRTMFit(referenceBasis(p))
	e := Estimate{Fitted: make([]float64, len(p.ref)), Weights: make([]float64, len(p.ref))}
	return k, warn, func(t *extract.TAC, u []float64) *guess {
		f.fit(u, p.given(t), &e)
		return &guess{expected: slices.Clone(f.fitted), unit: slices.Clone(f.unit), level: f.spread.level}
	}, nil
}

// guesses returns what single says of each region that is not empty; nil where
// single is.
func (p *prepared) guesses(single func(*extract.TAC, []float64) *guess) map[extract.Region]*guess {
	if single == nil {
		return nil
	}
	all := make(map[extract.Region]*guess, len(p.scan.TACs))
	u := make([]float64, len(p.mid))
	for i := range p.scan.TACs {
		t := &p.scan.TACs[i]
		if p.ref != nil && t.Region == p.scan.Reference {
			continue
		}
		if p.use(t.BqPerML, u); !empty(u) {
			all[t.Region] = single(t, u)
		}
	}
	return all
}
