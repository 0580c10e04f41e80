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
//	Cp(t)  unmetabolised tracer in arterial plasma, Cb(t) whole blood
//	K1     influx rate from plasma, mL/cm³/min    k3, k4  rates of binding and release
//	VT     total distribution volume, mL/cm³: at equilibrium region over plasma
//	Ki     net influx rate: mL/cm³/min from plasma, 1/min from a reference
//	vB     fraction of the region that is blood
//
// # Frame means are the data
//
// A scanner measures the mean over a frame, not the value at its middle, and
// early in a scan the difference is several percent. So every curve here
// reproduces the measured means exactly: it is the derivative of a quintic
// spline through the cumulative integral at the frame edges. Its convolution
// with an exponential, and the frame means of the result, have a closed form.
// There is no time grid and no sample at mid-time. Over 446 exact curves the
// error of BPND is below 0.001 % with every reference-tissue model; see
// TestExactCurves, and the README for what other programs reach. An arterial
// input is a monotone cubic through its samples, with the same closed form. A
// gap between frames is bridged by the best guess from its neighbours, whose
// noise counts, and a warning says so.
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
// Every model says in its own words what it assumes, and when not to use it.
//
// With a reference region: SRTM is the first choice where one tissue
// compartment describes region and reference. SRTM2 shares k2′ among the
// regions, which lowers the scatter by a fifth to two fifths. MRTM and MRTM2
// are their linear twins, quick and free of search. FRTM has two compartments
// in the region. LoganRef and MRTM0 assume no compartments, only a straight
// plot after t*, and are biased by noise; LoganRefNoK2P, SUVR and RPM are there
// to compare with those who use them. PatlakRef is for tracers that are
// trapped. SRTMV is SRTM with the blood in region and reference, where whole
// blood was measured.
//
// With arterial blood: TCM1, TCM2 and TCM2Irreversible are compartments; Logan,
// MA1 and MA2 give VT and Patlak gives Ki without them; Spectral assumes any
// number. FindDelay fits when the tracer arrives.
//
// Models that are nonlinear in one or two rates are searched on a grid over all
// of their range before they are refined, so no start value is asked for and no
// wrong minimum is taken. Where models disagree (see Agree, AkaikeWeights) look
// at the curves before you believe any of them.
//
// # Shared k2′
//
// The regions share the reference and so k2′. Where a model needs it and it is
// not given, all regions (or those that are named) are fitted at once, each
// weighted by its own noise. The error of k2′, the reference's part in it and its
// correlation with each region are carried into every standard error;
// Estimate.K2PrimeSE says how much of it comes from there.
//
// # Uncertainty
//
// The variance of a frame mean is q·U/d, with activity U as it decayed and
// duration d: the counting statistics of the frame. Weights are its inverse,
// with U from the model and not from the data. The level q is estimated, for
// the region from its residuals and for the reference from its own curve, and
// both are propagated through everything that is computed from the curves,
// integrals included. So a standard error covers the noise of the reference
// too, and is calibrated: TestStandardErrorsAreCalibrated. Estimate.Interval
// gives the interval of the main parameter, by profile likelihood for SRTM and
// SRTM2, Bootstrap resamples, and Estimate.Correlation says which parameters go
// together. A Weighting other than the default changes the estimate, not what is believed
// of the noise. Where a plot chooses t* from the noisy curve itself, that
// choice is taken for known: its main parameter scatters up to a fifth more
// than the standard error says. Give t* where that matters.
//
// Noise in blood is not counted.
//
// A number that exists but deserves doubt comes with a Warning that holds the
// rule, the value and the limit. Nothing is clipped: a negative BPND stays
// negative.
package fit
