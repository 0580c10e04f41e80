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
// "How accurate" below, which also says what other programs reach. An arterial
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
// The comment of every model says what it assumes and when not to use it.
//
// With a reference region: SRTM is the first choice where one tissue
// compartment describes region and reference. SRTM2 shares k2′ among the
// regions, which lowers the scatter by a fifth to two fifths. MRTM and MRTM2
// are their linear twins, quick and free of search. FRTM has two compartments
// in the region. LoganRef and MRTM0 assume no compartments, only a straight
// plot after t*, and are biased by noise. LoganRefNoK2P, SUVR and RPM exist for
// comparison with studies that use them. PatlakRef is for tracers that are
// trapped. SRTMV is SRTM with the blood in region and reference, where whole
// blood was measured.
//
// With arterial blood: TCM1, TCM2 and TCM2Irreversible are compartments; Logan,
// MA1 and MA2 give VT and Patlak gives Ki without them; Spectral assumes any
// number. FindDelay fits when the tracer arrives.
//
// Models that are nonlinear in one or two rates are searched on a grid over the
// whole range of these rates and then refined, so they need no start values and do
// not stop at a wrong minimum. Where models disagree (see Agree, AkaikeWeights) look
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
// together. A Weighting other than the default changes the estimate, but not the
// model of the noise. A plot that chooses t* from the noisy curve treats the choice
// as known: its main parameter scatters up to a fifth more than the standard error
// says. Give t* where that matters.
//
// Where no half-life is known, values corrected for decay look as if nothing decayed,
// and late frames are far noisier than q·U/d. How the noise grows is then estimated
// from the curves: TestStandardErrorsWithoutAHalfLife. It takes several regions to
// know that well.
//
// Spectral gives no standard errors. Noise in blood is not counted.
//
// A doubtful number comes with a Warning that holds the rule, the value and the
// limit. Values are not clipped: a negative BPND stays negative.
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder. The
// errors are those of the estimate in percent of the truth. Exact curves are frame
// means in closed form; a model that needs k2′ gets the true one where the row does
// not say that k2′ is estimated from all regions. The six models are SRTM, SRTM2,
// MRTM, MRTM2, LoganRef and MRTM0; five are all but MRTM0, four are all but LoganRef
// too. The scatter is that of 300 to 5,000 noisy scans. MRTM0 is biased by noise, of which
// NOISE_BIAS warns, and the graphical plots of VT are biased where there are two
// compartments. Real data are of OpenNeuro, ds001420 ([11C]DASB) and ds004869
// ([11C]MC1). On the first row's curves the SRTM of kinfitr 0.9.1 is off by 0.44 % in
// the median and 22 % at worst, and that of tpcclib 0.7.1 by 0.20 % and 37 %: they take
// samples at mid-frame where scanners write means. The dataset's own fits of
// [11C]DASB do so too, by trapezoids, which explains the difference from them.
//
//	BPND, 446 exact curves, six models: error                          median 0.000017 %, worst 0.00058 %   TestExactCurves
//	BPND, the same curves, k2′ estimated by SRTM2: error               worst 0.00025 %                      TestExactCurvesCoupled
//	BPND, 400 exact curves of carbon-11, five models: error            median 0.00025 %, worst 0.0018 %     TestExactCurvesOfADecayingTracer
//	BPND, a break of 30 min in a scan: error                           median 0.016 %, worst 0.34 %         TestABreakOfHalfAnHour
//	BPND, coarse frames and a break, seven models: error               median 0.00065 %, worst 0.026 %      TestCoarseFrames
//	BPND by FRTM, 36 exact curves: error                               median 0.000051 %, worst 0.00058 %   TestExactFRTM
//	k3 and k4 by FRTM, the same curves: error                          median 0.00037 %, worst 0.0042 %     TestExactFRTM
//	VT by 1TCM and 2TCM, 84 exact curves                               median 0.0013 %, worst 0.030 %       TestExactArterialCurves
//	VT by Logan and MA1, 48 exact curves of 2TCM                       median 5.6 %, worst 8.5 %            TestExactArterialCurves
//	BPND: standard error over scatter, five models                     0.955–1.03                           TestStandardErrorsAreCalibrated
//	BPND: 95 % intervals that hold the truth, four models              93.5–96.5 %                          TestStandardErrorsAreCalibrated
//	BPND: standard error over scatter, MRTM0                           0.962–1.08, bias down to -11 %       TestStandardErrorsAreCalibrated
//	BPND: scatter of SRTM2, k2′ estimated, over SRTM's                 DASB 0.60, AZ10419369 0.81           TestCoupledFitLowersScatter
//	BPND: scatter of SRTM2, k2′ estimated, over the Cramér-Rao bound   1.01–1.07                            TestCoupledFitReachesTheBound
//	BPND: 95 % intervals that hold the truth, SRTM2, k2′ estimated     95.3–95.6 %                          TestCoupledFitLowersScatter
//	VT: standard error over scatter, 1TCM, 2TCM, Logan, MA1            0.918–1.08                           TestArterialStandardErrorsAreCalibrated
//	delay of the tracer after the blood, −12 to 41 s: error            at most 0.014 s                      TestDelaysAreFoundAgain
//	real [11C]DASB, BPND against the dataset's                         median 0.69 %                        TestAgreesWithThePublishedFits
//	real [11C]DASB, the same by trapezoids, as the dataset's           median 0.0018 %                      TestTheDifferenceIsNumerics
//	real [11C]MC1, VT by Logan and MA1 against 2TCM                    at most 4.4 %                        TestRealArterialScans
//	real [11C]MC1, VT by spectral analysis over 2TCM                   1.11–1.54                            TestRealArterialScans
//	VT: standard error over scatter, MA2, two compartments             0.889–1.30                           TestMA2StandardErrorsAreCalibrated
//	BPND, no half-life, twelve regions: cover of 95 % intervals        92.5–98.7 %                          TestStandardErrorsWithoutAHalfLife
//	BPND, no half-life, twelve regions: standard error over scatter    0.905–1.03                           TestStandardErrorsWithoutAHalfLife
//	BPND, no half-life, one region: cover of 95 % intervals            89.5–96.0 %                          TestStandardErrorsWithoutAHalfLife
//	BPND, no half-life, one region: standard error over scatter        0.937–1.11                           TestStandardErrorsWithoutAHalfLife
//
// # How fast
//
// The benchmark fits 40 regions of 33 frames on one core, with standard errors and
// warnings, and writes the row (see config/figures); nothing compares it. A dot
// product of 33 numbers is the yardstick: the ratio to it carries over to other
// machines. Coupled means that k2′ is estimated from all 40 regions.
//
//	srtm            160,000 curves/s, 240 dot products a curve    BenchmarkModels
//	srtm2           78,000 curves/s, 460 dot products a curve     BenchmarkModels
//	srtm2-coupled   92,000 curves/s, 390 dot products a curve     BenchmarkModels
//	mrtm            320,000 curves/s, 110 dot products a curve    BenchmarkModels
//	mrtm2           530,000 curves/s, 75 dot products a curve     BenchmarkModels
//	logan-ref       100,000 curves/s, 360 dot products a curve    BenchmarkModels
//	1tcm            22,000 curves/s, 1,600 dot products a curve   BenchmarkModels
//	2tcm            12,000 curves/s, 2,900 dot products a curve   BenchmarkModels
//	ma2             110,000 curves/s, 340 dot products a curve    BenchmarkModels
package fit
