// Package study is the statistics of a study: several subjects, each scanned
// with one or more tracers under several conditions.
//
// It needs gonum and the standard library alone, reads no files and does no
// I/O. Every function is pure and may be called concurrently. Analyse turns a
// Design and a table of Observations into a Finding; the functions below it can
// be used by themselves.
//
// # Scale
//
// A change is the difference of ln BPND after and before. A mean of such
// differences is the logarithm of a geometric mean of ratios, and is shown as
// the percentage 100(e^d − 1). Effects on BPND multiply: that is why the
// logarithm is the default.
//
// # What carries a claim
//
// One test only, which the design fixes beforehand: by default the paired t test
// of the log changes over all complete pairs, with Holm's adjustment over the
// family of all change contrasts, tracers and primary regions. A test that
// cannot be made stays in the family with p = 1. Everything else is shown as
// sensitivity and claims nothing.
//
// # Symbols
//
//	d       change of one subject: difference of ln BPND, unitless
//	s, se   standard deviation of the changes, and their standard error s/√n
//	ν       degrees of freedom
//	α       the error that a claim may have
//	VT      total distribution volume, mL/cm³   VND  its nondisplaceable part
//	o       occupancy: the share of the receptors that a drug covers, below 0
//	        where binding rose
//
// # How accurate
//
// The test that is named proves the row: go test -run NAME -v in this folder.
//
//	mixed models, Kenward and Roger's p: difference from R              at most 86 in 10⁹             TestMixedModelsAgreeWithR
//	occupancy by likelihood: difference from R                          at most 23 in 10⁹             TestLEOAgreesWithR
//	95 % intervals of occupancy by likelihood that hold the truth       95 %                          TestOccupancyIntervalsAreCalibrated
//	95 % intervals of an average over regions that hold the truth       95 %                          TestAveragesOverRegionsAreCalibrated
//	paired t, intervals, Hedges' g: difference from R                   at most 0.0044 in 10⁹         TestPairedTestsAgreeWithR
//	power of 12 designs, 64 shares: difference from a simulation in R   at most 2.3 standard errors   TestPowerOfTheRuleAgreesWithR
//
// # How fast
//
// On two shared cores. The test or benchmark that is named writes the row (see
// config/figures); nothing compares it.
//
//	studies that are simulated and judged   9,800 studies/s   BenchmarkSimulate
package study
