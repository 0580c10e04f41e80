// Package extract turns the slices of a PET series into regional
// time-activity curves.
//
// Slices stream through: each is added into the sums of its frame's regions
// and forgotten, so memory grows with regions and frames, never with voxels
// times frames. See Mask for how regions meet the PET grid and Curves for
// what comes out.
package extract
