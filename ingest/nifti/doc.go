// Package nifti reads region sources as BIDS keeps them: a label image in
// NIfTI-1 or NIfTI-2, plain or gzipped, the table that names its labels, and
// images of the probabilities of regions.
//
// None of them is trusted. Sizes are checked before memory is taken, memory grows
// with the voxels that are read, and a gzip stream is inflated only a little beyond
// the last voxel. Faults of the input are ingest.ErrRejected; an error of the
// reader is returned as it is, so that a retry is possible.
//
// Sources: nifti1.h and nifti2.h, https://nifti.nimh.nih.gov; BIDS 1.10,
// "Discrete segmentations" and "Probabilistic segmentations", https://bids-specification.readthedocs.io.
package nifti
