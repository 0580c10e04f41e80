package fit

import (
	"time"

	"tacstream/extract"
)

// MRTM0 is the first of the multilinear reference tissue models. The equation
// of SRTM, integrated and solved for the integral of the region, is
//
//	∫₀ᵗ C ds = DVR ∫₀ᵗ R ds + (R1/k2a) R(t) − (1/k2a) C(t)    k2a = k2 / (1 + BPND)
//
// a plane after t*: for tracers that need two compartments. C is a regressor,
// so its noise biases BPND: a warning says where that matters. MRTM and MRTM2
// hold less noise on that side and are preferred where they hold.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA.
type MRTM0 struct {
	// TStar leaves out the frames whose middle lies before it, after model
	// zero. 0 chooses it, as LoganRef does.
	TStar     time.Duration
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "mrtm0".
func (MRTM0) Name() string { return "mrtm0" }

// Input returns ReferenceCurve.
func (MRTM0) Input() Input { return ReferenceCurve }

// Fit estimates R1, k2, BPND, DVR, k2′ = k2/R1 and k2a of every region.
func (m MRTM0) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: BPND, y: term{through: 1}, input: []term{{through: 1}, {own: 1}}, region: []term{{own: 1}},
		parameters: func(e *Estimate, g gradient, s *spread) {
			k2a := -1 / g[2]
			e.add(R1, g[1]*k2a, s, 0, k2a, g[1]*k2a*k2a)
			e.add(K2, g[0]*k2a, s, k2a, 0, g[0]*k2a*k2a)
			e.add(BPND, g[0]-1, s, 1)
			e.add(DVR, g[0], s, 1)
			e.add(K2Prime, g[0]/g[1], s, 1/g[1], -g[0]/(g[1]*g[1]))
			e.add(K2A, k2a, s, 0, 0, k2a*k2a)
		},
	}, nil)
}

// MRTM is the multilinear reference tissue model (MRTM1). Integrated once, the
// equation of SRTM is linear in its parameters:
//
//	C(t) = k2 ∫₀ᵗ R ds + R1 R(t) − k2a ∫₀ᵗ C ds    k2a = k2 / (1 + BPND)
//
// for curves corrected for decay. Both sides are multiplied by e^(−λt), which
// leaves C and R as they were measured, and averaged over each frame, with the
// integrals of the rebuilt curves. The noise of C is in its integral too:
// standard errors propagate it.
//
// Some programs report k2a as k2, and 1 + BPND as R1. A region whose curve is
// proportional to the reference's has no single solution: its BPND is NaN,
// with a warning.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA.
type MRTM struct {
	// TStar leaves out the frames whose middle lies before it, after model
	// zero: for tracers that need two compartments. 0 uses all frames.
	TStar     time.Duration
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "mrtm".
func (MRTM) Name() string { return "mrtm" }

// Input returns ReferenceCurve.
func (MRTM) Input() Input { return ReferenceCurve }

// Fit estimates R1, k2, BPND, k2′ = k2/R1 and k2a of every region.
func (m MRTM) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: BPND, y: term{own: 1}, input: []term{{through: 1}, {own: 1}}, region: []term{{through: 1}}, ratio: true,
		parameters: func(e *Estimate, g gradient, s *spread) {
			k2, r1, k2a := g[0], g[1], -g[2]
			e.add(R1, r1, s, 0, 1)
			e.add(K2, k2, s, 1)
			e.add(BPND, k2/k2a-1, s, 1/k2a, 0, k2/(k2a*k2a))
			e.add(K2Prime, k2/r1, s, 1/r1, -k2/(r1*r1))
			e.add(K2A, k2a, s, 0, 0, -1)
		},
	}, nil)
}

// MRTM2 is MRTM with one k2′ for all regions, as they share the reference:
//
//	C(t) = k2 (∫₀ᵗ R ds + R(t)/k2′) − k2a ∫₀ᵗ C ds
//
// Where k2′ is not given it is estimated by the coupled fit of SRTM2, and its
// error is propagated.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA.
type MRTM2 struct {
	K2PrimePerMin   float64          // k2′; 0 estimates it
	K2PrimeSDPerMin float64          // spread of a k2′ that was given, which goes into standard errors; 0 takes it for known
	K2PrimeFrom     []extract.Region // that k2′ is estimated from; nil takes tissue in which SRTM determines BPND, less those off the others
	// TStar leaves out the frames whose middle lies before it, after model
	// zero. 0 uses all frames.
	TStar     time.Duration
	Weighting Weighting // of the frames; "" is InverseVariance
}

// Name returns "mrtm2".
func (MRTM2) Name() string { return "mrtm2" }

// Input returns ReferenceCurve.
func (MRTM2) Input() Input { return ReferenceCurve }

// Fit estimates R1 = k2/k2′, k2, BPND, k2a of every region and k2′ of all. The
// standard error of k2′ is NaN where it was given.
func (m MRTM2) Fit(s Scan) ([]Estimate, error) {
	return fitReferencePlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: BPND, y: term{own: 1}, input: []term{{through: 1}}, region: []term{{through: 1}}, k2Prime: true, ratio: true,
		parameters: func(e *Estimate, g gradient, s *spread) {
			k2, k2a, k := g[0], -g[1], s.k2Prime
			e.add(R1, k2/k, s, 1/k, 0, -k2/(k*k))
			e.add(K2, k2, s, 1)
			e.add(BPND, k2/k2a-1, s, 1/k2a, k2/(k2a*k2a))
			e.add(K2A, k2a, s, 0, -1)
		},
	}, &shareOptions{k2PrimePerMin: m.K2PrimePerMin, k2PrimeSD: m.K2PrimeSDPerMin, from: m.K2PrimeFrom})
}
