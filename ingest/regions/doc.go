// Package regions knows every kind of region source, by one table.
//
// A row of the table, a Format, says how a source is recognised by its key, how
// its grid and its voxels are read, and where the names of its regions come from.
// The door, the search for regions, the line and the reading of local files use
// the table. A new kind of source is a reader and a row in formats.
//
// # Which source serves a series
//
// The search begins in the folder of the series and climbs to the top of the
// bucket. At each height it looks into the folder itself and into the folders
// directly below it that hold no series. The nearest source serves. Of several
// that are equally near, the first of these does:
//
//  1. a DICOM SEG, label map or RTSTRUCT with the frame of reference of the series,
//  2. a label image, *dseg.nii or *dseg.nii.gz, with its table.
//
// These serve only where there is neither of the two anywhere above:
//
//  3. probabilities, *probseg.nii or *probseg.nii.gz, with their table, or a set of
//     images with _label-NAME_ in their names,
//  4. a label image of FreeSurfer, such as aparc+aseg.mgz,
//  5. the atlas that the protocol names, after the quiet time, with an affine
//     transform *_from-*_to-pet*_xfm.* of ITK, ANTs, FSL, AFNI or FreeSurfer where
//     regions would be. Keep the atlas at least two folders below the top, so that
//     it is near to no series.
//
// Of several of one kind in one place, the one on the grid of the series serves,
// and otherwise the one with the smallest digest; the result says how many others
// there were. DICOM regions of another frame of reference never serve; the result
// counts them.
//
// # Tables
//
// A table has the columns index and name. It has the name of its image with .tsv,
// or is called dseg.tsv (probseg.tsv) and serves all images of its folder. For
// FreeSurfer see package mgh. DICOM objects name their regions themselves.
//
// # Weights
//
// Regions may lie on any grid. Each voxel of the PET grid counts by the share of
// its volume that the region covers, see extract.Mask.
package regions
