package inspect

import "tacstream/ingest"

// Advice says what to do about a reason or a doubt, in a physicist's words, ""
// where there is nothing to be done.
func Advice(code ingest.Code) string {
	return map[ingest.Code]string{
		ingest.CodeEmpty:        "Send the object again: it arrived without content.",
		ingest.CodeNotDICOM:     "Leave it, or take it out: it is no image.",
		ingest.CodeNotPET:       "Leave it: only PET images and regions are used.",
		ingest.CodeMalformed:    "Export the object from the scanner or archive again: its structure is broken.",
		ingest.CodeTruncated:    "Send the object again: the transfer broke off.",
		ingest.CodePixelLength:  "Export the object again: the image is not as large as its header says.",
		ingest.CodeTooLarge:     "It is larger than its header lets expect: broken, or made to do harm. Send it again; raise the limits in the configuration only if Rows, Columns and size are right.",
		ingest.CodeSyntax:       "Export uncompressed (Explicit VR Little Endian), or convert with gdcmconv --raw.",
		ingest.CodeUnits:        "Export again from the scanner: without its own RescaleSlope a slice has no values, and 1 would be wrong.",
		ingest.CodeTiming:       "Look at AcquisitionTime, FrameReferenceTime, ActualFrameDuration and DecayCorrection: export again without removing times, or shift them all by the same.",
		ingest.CodeGeometry:     "Look at ImagePositionPatient, ImageOrientationPatient and PixelSpacing: reconstruct on even slices.",
		ingest.CodeFrameCount:   "Send the missing slices; without them no frame is whole.",
		ingest.CodeDuplicate:    "Two images claim one slice of one frame: take one reconstruction out, or give each its own series.",
		ingest.CodeConflict:     "One image came with two contents: keep the right one and delete the other.",
		ingest.CodeMixed:        "Images of different kinds bear one SeriesInstanceUID: export the series again, each reconstruction as its own.",
		ingest.CodeOverlap:      "Frames overlap: look at AcquisitionTime and ActualFrameDuration in the reconstruction protocol.",
		ingest.CodeBeds:         "Give a dynamic series of one bed position.",
		ingest.CodeProjection:   "Give the reconstruction itself: its projections have no slices to lay regions on.",
		ingest.CodeGated:        "Give the dynamic reconstruction of the same data, without gates.",
		ingest.WarnCorrections:  "Reconstruct with the missing corrections; without attenuation correction nothing is fitted unless the protocol sets allow_uncorrected.",
		ingest.WarnTimeAssumed:  "Compare the table of frames with the acquisition protocol before relying on rates.",
		ingest.WarnDecayRef:     "Compare with the scanner: an error here scales the curve by up to the decay between the two times.",
		ingest.WarnFrameGap:     "If the pause was not meant, frames are missing: send them.",
		ingest.WarnArbitrary:    "For absolute values export in Bq/mL, or keep the vendor's private elements on anonymising.",
		ingest.WarnFromSUV:      "Check dose, weight and injection time in the header; BPND does not depend on them.",
		ingest.WarnHalfLife:     "RadionuclideHalfLife is in seconds: compare it with the tracer's nuclide.",
		ingest.WarnSplit:        "Find out which objects are right and export the series again.",
		ingest.WarnTracers:      "Make sure that the first item of RadiopharmaceuticalInformationSequence is the tracer of this scan.",
		ingest.WarnLossy:        "Export the reconstruction itself, or a copy that was compressed without loss.",
		ingest.WarnNoDecayKnown: "Keep the radiopharmaceutical sequence on anonymising, or give --half-life to 'fit'.",
		ingest.WarnUnverified:   "Compare the number of images with the scanner's.",
	}[code]
}
