// Package transform reads affine transforms that registration programs wrote
// and brings regions from the space of an atlas or an MRI into that of a PET
// series.
//
// Every program has its own direction and axes. Here the regions are on the moving
// image, and the PET series is the fixed image:
//
//   - ITK and ANTs (text, and MATLAB 4 files): points of the fixed image to
//     points of the moving one, in LPS millimetres, y = A(x − c) + t + c with
//     the centre c among the fixed parameters.
//   - AFNI (.aff12.1D of 3dAllineate): the base's points to the source's, which
//     is fixed to moving, in LPS millimetres.
//   - FSL (.mat of FLIRT): the moving image's points to the fixed one's, in
//     voxels times the voxel's sides, x counted from the other end where the
//     image's affine has a positive determinant. It cannot be used without both
//     images.
//   - FreeSurfer (.lta, RAS to RAS): the moving image's points to the fixed
//     one's, in RAS millimetres.
//
// All of them become one ingest.Affine from RAS+ millimetres of the moving
// image to RAS+ millimetres of the fixed one. The files are not trusted; every
// error is an ingest.Rejection.
//
// Sources: Yoo et al., The ITK Software Guide, "Transforms",
// https://itk.org/ItkSoftwareGuide.pdf; 3dAllineate's help,
// https://afni.nimh.nih.gov/pub/dist/doc/program_help/3dAllineate.html;
// Jenkinson et al., FLIRT FAQ, "What is the format of the matrix used by
// FLIRT", https://fsl.fmrib.ox.ac.uk/fsl/fslwiki/FLIRT/FAQ; Goncalves et al.,
// NiTransforms, J Open Source Softw 2021;6:3459, doi:10.21105/joss.03459.
package transform
