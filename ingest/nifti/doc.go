// Package nifti reads region sources as BIDS keeps them: a label image in
// NIfTI-1 or NIfTI-2, plain or gzipped, the table that names its labels, and
// images of the probabilities of regions.
//
// All are taken to be hostile. Sizes are checked before anything is
// allocated, memory grows with the voxels that really come, and a gzip stream
// is never inflated further than a little beyond the last voxel. Whatever is
// wrong with the input is an ingest.ErrRejected; an error of the reader itself
// is returned as it is, so that it may be tried again.
//
// Sources: nifti1.h and nifti2.h, https://nifti.nimh.nih.gov; BIDS 1.10,
// "Discrete segmentations" and "Probabilistic segmentations", https://bids-specification.readthedocs.io.
package nifti
