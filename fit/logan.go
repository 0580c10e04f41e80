package fit

import (
	"time"

	"tacstream/extract"
)

// LoganRef is the reference Logan plot. After t* the points
//
//	y = ∫₀ᵗ C ds / C(t)    x = (∫₀ᵗ R ds + R(t)/k2′) / C(t)
//
// lie on a line of slope DVR = BPND + 1, where C is the curve of the region
// and R that of the reference, both corrected for decay. Multiplied by e^(−λt)
// the integrals become those curves, undecayed, convolved with e^(−λt), and C
// and R become the frame means that were measured: so everything is averaged
// over the frames exactly.
//
// The plot makes no assumption on compartments, only that it is straight after
// t*. Noise in C lowers its slope: at 10 % noise in the late frames BPND comes
// out some 5 % low, and a warning says where that matters. The term with k2′
// matters for tracers whose reference is slow: without it BPND may be 20 % low
// while the line looks straight.
//
// What is fitted is y C = DVR x C + b C, weighted as the plot would be. The
// expected activity that the weights follow from, the level of the noise and
// the shape that t* is chosen by come from SRTM's curve, which holds less
// noise than the data; BPND itself does not.
//
// Source: Logan et al., J Cereb Blood Flow Metab 1996;16:834–840,
// doi:10.1097/00004647-199609000-00008.
type LoganRef struct {
	// TStar is the start of the linear phase, after model zero: frames whose
	// middle lies before it are left out. 0 chooses one for all regions, not
	// before EarliestTStar: the earliest that is late enough for four regions in
	// five. It is so for a region where no later point of the expected curve lies
	// more than MaxDeviation off the line. At least MinPoints are left.
	TStar time.Duration
	// K2PrimePerMin is k2′, the efflux rate of the reference. 0 estimates it by the
	// coupled fit of SRTM2, from the regions of K2PrimeFrom or, where that is
	// nil, from tissue in which SRTM determines BPND, less those off the others.
	K2PrimePerMin   float64
	K2PrimeSDPerMin float64 // spread of a k2′ that was given, which goes into standard errors; 0 takes it for known
	K2PrimeFrom     []extract.Region
	Weighting       Weighting // of the frames; "" is InverseVariance
}

// Name returns "logan-ref".
func (LoganRef) Name() string { return "logan-ref" }

// Input returns ReferenceCurve.
func (LoganRef) Input() Input { return ReferenceCurve }

// Fit estimates BPND and DVR of every region, and says which k2′ was used: its
// standard error is NaN where it was given. Where k2′ can be had neither from
// m nor from the regions it returns ErrK2Prime.
func (m LoganRef) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: BPND, y: term{through: 1}, input: []term{{through: 1}}, region: []term{{own: 1}}, k2Prime: true, parameters: ratioOfVolumes,
	}, &shareOptions{k2PrimePerMin: m.K2PrimePerMin, k2PrimeSD: m.K2PrimeSDPerMin, from: m.K2PrimeFrom})
}

// LoganRefNoK2P is the reference Logan plot without the term with k2′: x is
// ∫R/C. It holds only late, where R/C has become constant; before that BPND is
// low, by a fifth for a slow reference, though the line looks straight. It is
// here to compare with those who use it.
//
// Source: Logan et al., J Cereb Blood Flow Metab 1996;16:834–840,
// doi:10.1097/00004647-199609000-00008.
type LoganRefNoK2P struct {
	TStar     time.Duration // as in LoganRef
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "logan-ref-nok2p".
func (LoganRefNoK2P) Name() string { return "logan-ref-nok2p" }

// Input returns ReferenceCurve.
func (LoganRefNoK2P) Input() Input { return ReferenceCurve }

// Fit estimates BPND and DVR of every region.
func (m LoganRefNoK2P) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: BPND, y: term{through: 1}, input: []term{{through: 1}}, region: []term{{own: 1}}, parameters: ratioOfVolumes,
	}, nil)
}

// ratioOfVolumes says what a slope means: DVR.
func ratioOfVolumes(e *Estimate, g gradient, s *spread) {
	e.add(BPND, g[0]-1, s, 1)
	e.add(DVR, g[0], s, 1)
}

// PatlakRef is the reference Patlak plot, for tracers that are trapped. After
// t* the points
//
//	y = C(t) / R(t)    x = ∫₀ᵗ R ds / R(t)
//
// lie on a line of slope Ki = k2 k3 / (k2 + k3), in 1/min: the rate of
// trapping per activity of the reference, which is assumed to trap nothing.
// For tracers that come off again, as those of this package's other models do,
// the plot bends and its slope means nothing.
//
// Source: Patlak & Blasberg, J Cereb Blood Flow Metab 1985;5:584–590,
// doi:10.1038/jcbfm.1985.87.
type PatlakRef struct {
	TStar     time.Duration // as in LoganRef
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "patlak-ref".
func (PatlakRef) Name() string { return "patlak-ref" }

// Input returns ReferenceCurve.
func (PatlakRef) Input() Input { return ReferenceCurve }

// Fit estimates Ki of every region.
func (m PatlakRef) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, patlak(), nil)
}

// patlak is the plan of both Patlak plots.
func patlak() plan {
	return plan{
		main: KI, y: term{own: 1}, input: []term{{through: 1}, {own: 1}}, plot: true,
		parameters: func(e *Estimate, g gradient, s *spread) { e.add(KI, g[0], s, 1) },
	}
}
