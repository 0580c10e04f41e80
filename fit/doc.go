// Package fit estimates receptor binding from regional time-activity curves.
//
// # Symbols
//
// They are those of Innis et al., J Cereb Blood Flow Metab 2007;27:1533–1539,
// doi:10.1038/sj.jcbfm.9600493. Rates are per minute.
//
//	C(t)   activity in a region             R(t)  activity in the reference region
//	BPND   binding potential, unitless: at equilibrium the ratio of
//	       specifically bound to nondisplaceable radioligand
//	R1     K1/K1′, relative delivery, unitless
//	k2     efflux rate of the region        k2′   efflux rate of the reference
//	k2a    k2/(1+BPND), apparent efflux     θ     the same, where it is searched for
//	λ      decay constant, ln 2 / half-life  U     frame mean of the activity as it decayed
//	DVR    distribution volume ratio, BPND + 1
//
// # Frame means are the data
//
// A scanner measures the mean over a frame, not the value at its middle, and
// early in a scan the difference is several percent. So every curve here
// reproduces the measured means exactly: it is the derivative of a quintic
// spline through the cumulative integral at the frame edges. Its convolution
// with an exponential, and the frame means of the result, have a closed form.
// There is no time grid and no sample at mid-time. Over 446 exact curves the
// error of BPND is below 0.0005 % with every model; see TestExactCurves, and
// the README for what other programs reach. A gap between frames is crossed as
// smoothly as can be, and a warning says so.
//
// # Decay
//
// A "decay-corrected" value is the mean of the decaying activity times a
// factor, which is a decay-weighted mean and not the mean of the corrected
// curve: in late 10-minute frames of carbon-11 the two differ by 0.9 %. The
// models therefore work on the means of the activity as it decayed, with λ
// added to every rate. That is exact. See extract.TAC.
//
// # Models
//
// SRTM is the first choice where one tissue compartment describes region and
// reference. MRTM is its linear twin, quick and free of search, a little more
// biased by noise. Logan assumes no compartments, only a straight plot after
// t*, and is biased low by noise. Where they disagree (see Agree) look at the
// curves before you believe any of them.
//
// # Uncertainty
//
// The variance of a frame mean is q·U/d, with activity U as it decayed and
// duration d: the counting statistics of the frame. Weights are its inverse,
// with U from the model and not from the data. The level q is estimated, for
// the region from its residuals and for the reference from its own curve, and
// both are propagated through everything that is computed from the curves,
// integrals included. So a standard error covers the noise of the reference
// too, and is calibrated: TestStandardErrorsAreCalibrated.
//
// A number that exists but deserves doubt comes with a Warning that holds the
// rule, the value and the limit. Nothing is clipped: a negative BPND stays
// negative.
package fit
