// Package phantom is a synthetic PET scanner. It plays the facility: it makes
// dynamic series of DICOM objects, with their regions, from kinetics that are
// known exactly.
//
// It shares no code with extract and fit and may not import them, so their results
// can be compared with it. Everything that it makes is synthetic and says so in
// its headers.
//
// # From kinetics to stored values
//
// The reference curve is a sum of exponentials, the simplified reference
// tissue model turns it into the curve of each region, and the mean of the
// decaying activity over each frame has a closed form (see Kinetics). As a
// scanner does, a series stores
//
//	DF × (mean over the frame of the decaying activity)
//
// where DF is the frame's decay factor, in 16-bit integers with a slope of
// each slice and frame.
//
// # Noise
//
// Noise is Gaussian and independent from voxel to voxel. Its size is set so
// that the mean over a region, left and right together, of the value C
// corrected for decay to the scan start has the variance
//
//	Pc C e^(λt) / Δt
//
// with t the middle of the frame and Δt its duration in minutes, and Pc a
// constant of the region, in kBq/mL min: large for small regions. One voxel of
// a region of N voxels therefore has N times that variance, and the mean over
// one side about twice. Tissue without a region has the cerebellum's noise in
// each voxel; the air around the head is zero.
//
// # Same seed, same bytes
//
// All files depend only on the fields of Series, one of which is the seed. No clock
// and no outside source of randomness is used.
package phantom
