package ingest

import "slices"

// An Entry says what a code means. Events, schemas, 'tacstream inspect' and
// 'tacstream codes' take their words from here.
type Entry struct {
	Code Code `json:"code"`
	// Level of a reason says what it means for the result. A warning has the
	// gravest level that it comes with.
	Level Level  `json:"level"`
	Means string `json:"means"`        // a sentence
	Do    string `json:"do,omitempty"` // the next step for the facility or the physicist; "" where there is none
}

// EntryOf returns the entry of a code; ok is false where the code is unknown.
func EntryOf(code Code) (e Entry, ok bool) {
	all := Catalogue()
	if i := slices.IndexFunc(all, func(e Entry) bool { return e.Code == code }); i >= 0 {
		return all[i], true
	}
	return Entry{}, false
}

// Catalogue returns the entry of every code, each once: a code has one meaning
// wherever it stands.
func Catalogue() []Entry { return slices.Concat(reasonRows(), sharedRows(), warningRows()) }

// Reasons returns the codes that say why an object, a series or its regions
// cannot serve, or why a job is handed back. Their level is LevelFault where
// somebody must act, LevelWarn where the series goes on by itself once
// something comes, and LevelNotice where nothing is wrong. A warning that keeps
// models from running is a fault.
func Reasons() []Entry {
	shared := sharedRows()
	for i := range shared {
		if shared[i].Level == LevelDoubt {
			shared[i].Level = LevelFault
		}
	}
	return slices.Concat(reasonRows(), shared)
}

// Warnings returns the codes of the rules of quality.
func Warnings() []Entry { return slices.Concat(sharedRows(), warningRows()) }

func reasonRows() []Entry {
	return []Entry{
		{CodeInternal, LevelFault, "The program could not do its work; the input is not known to be at fault.", "Read the worker's log, remove the cause that it names, then redrive the series."},

		{CodeEmpty, LevelFault, "The object has no content.", "Send the object again: it arrived without content."},
		{CodeNotDICOM, LevelNotice, "The object is neither DICOM nor a source of regions.", "Nothing: the object is left alone."},
		{CodeNotPET, LevelNotice, "The object is DICOM, but neither a PET image nor a source of regions.", "Nothing: only PET images and regions are used."},
		{CodeFormat, LevelFault, "The object is an image in another format than DICOM, and its name says no kind of regions.", "Send the DICOM series itself: PET is read from DICOM only. Name a label image *dseg.nii.gz, see 'go doc ./ingest/regions' in the source."},
		{CodeArchive, LevelFault, "The object is an archive.", "Unpack it and send the DICOM files that are in it."},
		{CodeMalformed, LevelFault, "The object breaks the rules of its own format.", "Export the object again from the scanner or archive; write a table as its error message says."},
		{CodeTruncated, LevelFault, "The object is shorter than its header says.", "Send the object again: the transfer broke off."},
		{CodePixelLength, LevelFault, "The pixel data does not have the length that Rows, Columns and the frames require.", "Export the object again: the image is not as large as its header says."},
		{CodeTooLarge, LevelFault, "The object, or a part of it, is larger than the limits allow.", "Check Rows, Columns and the size of the object. If they are wrong, send it again; if they are right, raise the limits in the configuration."},
		{CodeSyntax, LevelFault, "The object is stored in a transfer syntax that is not supported.", "Export it uncompressed (Explicit VR Little Endian), or convert it with gdcmconv --raw."},
		{CodeUnreadable, LevelFault, "The store lists the object but does not hand it out.", "Check the object's permissions and encryption in the store; the object is read as soon as the store hands it out."},
		{CodeNoSite, LevelFault, "The configuration maps no site to the object's bucket and prefix.", "Add the bucket and prefix to sites in the configuration, or drop the files where a site is mapped."},

		{CodeUnits, LevelFault, "The image values have no usable scale: RescaleSlope is missing, zero or not finite, or units differ within the series.", "Export again from the scanner: without its own RescaleSlope a slice has no values, and 1 would be wrong."},
		{CodeTiming, LevelFault, "Times or durations of frames are missing or impossible.", "Check AcquisitionTime, FrameReferenceTime, ActualFrameDuration and DecayCorrection. Export again without removing times, or shift all of them by the same amount."},
		{CodeGeometry, LevelFault, "Position, orientation or spacing of the images is missing or impossible.", "Check ImagePositionPatient, ImageOrientationPatient and PixelSpacing; reconstruct with evenly spaced slices."},
		{CodeFrames, LevelFault, "The header of a multi-frame object contradicts itself.", "Export the object again: its functional groups and NumberOfFrames do not agree."},
		{CodeFrameCount, LevelFault, "Images of the series are missing.", "Send the missing images; those that are here are not counted twice."},
		{CodeDuplicate, LevelFault, "Two different images claim the same slice of the same frame.", "Delete the wrong one, or export each reconstruction as its own series."},
		{CodeConflict, LevelFault, "One SOPInstanceUID came with two different contents.", "Keep the right image and delete the other."},
		{CodeMixed, LevelFault, "Images with one SeriesInstanceUID disagree on what a series shares.", "Export the series again, each reconstruction as its own series."},
		{CodePatients, LevelFault, "Images with one SeriesInstanceUID belong to several patients or studies.", "Find out whose images they are, take the others out, and export each series under a SeriesInstanceUID of its own."},
		{CodeSurplus, LevelFault, "There are more images than the header counts.", "If two reconstructions share one SeriesInstanceUID, export each as its own series; if the images are right, correct NumberOfSlices and NumberOfTimeSlices."},
		{CodeOverlap, LevelFault, "Frames overlap in time.", "Check AcquisitionTime and ActualFrameDuration in the reconstruction protocol."},
		{CodeDecay, LevelFault, "What the header says of its decay correction contradicts itself.", "Find out whether the values are corrected for decay, make DecayCorrection, CorrectedImage and DecayFactor say that, and send the series again."},
		{CodeBeds, LevelFault, "The slices belong to several bed positions that were scanned one after the other.", "Send a dynamic series of one bed position."},
		{CodeGated, LevelFault, "The images are phases of a heartbeat or breath, not frames in time.", "Send the dynamic reconstruction of the same data, without gates."},
		{CodeProjection, LevelFault, "The images are projections of a volume, not slices.", "Send the reconstruction itself: regions cannot be laid on projections."},
		{CodeDeleted, LevelFault, "Objects of the series were deleted.", "Send the series again if the deletion was a mistake."},

		{CodeNoRegions, LevelWarn, "The series is whole and waits for regions.", "Drop regions beside the series, such as a *dseg.nii.gz with its table or a DICOM SEG; 'go doc ./ingest/regions' in the source lists every kind. The series goes on by itself."},
		{CodeRegionsUnreadable, LevelFault, "The source of regions cannot be read.", "Export the regions again, or check them with 'tacstream inspect'; a corrected source is used as soon as it comes."},
		{CodeRegionsElsewhere, LevelFault, "The regions lie outside the volume of the series.", "Check that the regions are those of this session. Resample them to the PET, or put the transform to PET beside them."},
		{CodeReferenceAbsent, LevelFault, "The protocol's reference region is not among the regions.", "Name one of the regions as the reference in the protocol, or add the region to the source."},
		{CodeReferenceUnclear, LevelFault, "Several regions match the protocol's reference.", "Name one of them as the reference in the protocol, or merge them by a rule."},
		{CodeNoProtocol, LevelWarn, "No protocol of the configuration matches the tracer of the series; its curves are there.", "Add a protocol for the tracer, see 'tacstream config', and restart 'tacstream serve'; the series goes on by itself."},
		{CodeFit, LevelFault, "No model could be fitted to the curves.", "Look at the curves: at the number of frames, the reference and the values."},
		{CodeSettings, LevelFault, "A setting of the fit does not exist or is impossible.", "Correct the setting that the detail names."},
		{CodeRelabelled, LevelNotice, "The result is now published under another tracer's label.", "Nothing: read the result under the new label."},

		{CodeNotReady, LevelNotice, "The job was handed back: the series is not whole at the moment.", "Nothing: the job comes again when the series is whole."},
		{CodeChanged, LevelNotice, "The job was handed back: an object is not what the ledger says.", "Nothing: the object is looked at again, and the job comes again."},
		{CodeOtherRelease, LevelNotice, "The job was handed back: it asks for the results of another release.", "Run a worker of that release, or run 'tacstream refit' for results of this one."},
		{CodeOutage, LevelNotice, "The job was handed back: a server is away or reports errors.", "Check NATS and the S3 store; the job comes again by itself."},
		{CodeStopping, LevelNotice, "The job was handed back: its worker is stopping.", "Nothing: another worker takes the job."},
	}
}

// sharedRows are the codes of warnings that are reasons too.
func sharedRows() []Entry {
	return []Entry{
		{CodeJoined, LevelNotice, "Several series are the parts of one acquisition and are fitted together.", "Check that the series are the parts of one acquisition after one injection."},
		{WarnCorrections, LevelDoubt, "CorrectedImage does not list every correction that a quantitative image needs.", "Reconstruct with the missing corrections. Without attenuation correction no model runs unless the protocol sets allow_uncorrected."},
	}
}

func warningRows() []Entry {
	return []Entry{
		{WarnArbitrary, LevelWarn, "The units of the series cannot be turned into Bq/mL: the curves are in its own units, and only ratios such as BPND have a meaning.", "For absolute values export in Bq/mL, or keep the vendor's private elements when you anonymise."},
		{WarnFromSUV, LevelWarn, "Activity was calculated from uptake values.", "Check dose, weight and injection time in the header; BPND does not depend on them."},
		{WarnSplit, LevelDoubt, "Images of one series disagree on a fact that all of them should share.", "Find out which images are right and export the series again."},
		{WarnTracers, LevelDoubt, "The header names several tracers.", "Check that the first item of RadiopharmaceuticalInformationSequence is the tracer of this scan."},
		{WarnLossy, LevelDoubt, "The images were compressed with loss.", "Export the reconstruction itself, or a copy that was compressed without loss."},
		{WarnUnverified, LevelWarn, "The series was taken as whole although its header does not say how many images it has.", "Compare the number of images with the scanner's."},

		{WarnTimeAssumed, LevelDoubt, "A time that the input does not state clearly was assumed.", "Compare the table of frames with the acquisition protocol before you rely on rates."},
		{WarnDecayRef, LevelDoubt, "What the input says of its decay correction does not agree with its own times or factors.", "Compare with the scanner: an error here scales the curve by up to the decay between the two times."},
		{WarnPlotBlood, LevelWarn, "A graphical plot leaves blood in the region that changes its estimate.", "Rely on a model that takes blood out, such as 2TCM."},
		{WarnInjection, LevelDoubt, "The time of the injection is open, or the curve contradicts it.", "Give RadiopharmaceuticalStartDateTime, the moment of the injection, in the header."},
		{WarnSUVFactor, LevelDoubt, "The vendor's own factor for uptake does not agree with Bq/mL, dose and weight.", "Check dose, weight, injection time and the private elements: one of them was changed."},
		{WarnDose, LevelWarn, "The header's dose or weight cannot be.", "Correct RadionuclideTotalDose, in Bq, or PatientWeight, in kg, where uptake values are wanted."},
		{WarnCorrected, LevelDoubt, "The curves were given as they decayed, but look corrected for decay already.", "State the correction: ImageDecayCorrected in the table's sidecar, or extract.FromCorrected in Go."},
		{WarnHalfLife, LevelDoubt, "The half-life is not that of the nuclide.", "RadionuclideHalfLife is in seconds: compare it with the tracer's nuclide."},
		{WarnNoDecayKnown, LevelWarn, "No half-life is known: the curves are used as if nothing decayed.", "Keep the radiopharmaceutical sequence when you anonymise, or give --half-life to 'tacstream fit'."},
		{WarnLateStart, LevelDoubt, "The curve does not begin with the injection: its start is missing or left out.", "Start the scan with the injection; do not trust models that need the whole curve."},
		{WarnFrameGap, LevelWarn, "There is a gap between frames, which was bridged.", "If no pause was planned, frames are missing: send them."},
		{WarnFrameEmpty, LevelDoubt, "A frame holds no data: it is 0 in all regions, or some lack a value. It was left out of all fits.", "Reconstruct or export the frame again."},
		{WarnFrameRepeated, LevelDoubt, "A frame repeats the one before it, value by value. It was left out of all fits.", "Find out which of the two frames is lost, and export it again."},
		{WarnScanShort, LevelWarn, "The first frame is too long for a dynamic model.", "Reconstruct with short frames at the start, or use SUVR."},

		{WarnLabels, LevelDoubt, "Something about the source of regions, or the rules for it, is unusual.", "Lay the regions over the image before you rely on a curve."},
		{WarnContours, LevelDoubt, "Contours of a region have gaps, are there twice, or lie between the slices of the image.", "Check the contours in the program that drew them, and that they were drawn on this series."},
		{WarnRegionCut, LevelWarn, "A part of a region lies outside the field of view.", "Do not compare this region with scans that hold all of it."},
		{WarnRegionEmpty, LevelWarn, "A region of the look-up table or of the source has no voxel in the image, so that there is no curve of it.", "Check that table and image belong together, and that no step of their making lost the region."},
		{WarnSmallRegion, LevelWarn, "A region has few voxels: its curve is noisy and mixed with its surroundings.", "Merge small regions, or read their estimates with care."},
		{WarnNegative, LevelWarn, "A curve has negative values.", "Check the reconstruction: filtered back-projection and scatter correction make negative values."},
		{WarnNoise, LevelWarn, "A curve is noisier than usual.", "Read its estimates with their standard errors."},
		{WarnRefBinding, LevelWarn, "The reference region looks as if it binds the tracer.", "Check that the reference is free of specific binding, and that its region is in the right place."},
		{WarnBlood, LevelDoubt, "Samples of arterial blood are unusual or incomplete.", "Check units, times and outliers in the table of blood."},
		{WarnDelay, LevelWarn, "The delay of the tracer after the blood was not found, and 0 s is used.", "Compare the clocks of counter and scanner; give the delay with --delay where it is known."},
		{WarnBloodScale, LevelDoubt, "Blood and tissue do not fit together in size: one of them is not in the unit that is stated or assumed.", "State the unit of every column of activity in the sidecar of the blood, and compare it with the counter's."},

		{WarnFitBound, LevelWarn, "A parameter lies at a bound of its search, or two of them cannot be told apart.", "Do not rely on the estimate: the curve does not determine the parameter."},
		{WarnIdentify, LevelDoubt, "The curve does not determine the parameter: at 3 % noise it is off by more than a tenth, or another solution fits as well.", "Use a model with fewer parameters, or a larger region."},
		{WarnSE, LevelDoubt, "The standard error is large compared with the estimate.", "Read the estimate with its interval."},
		{WarnIntervalOpen, LevelWarn, "The curve sets no end to the interval on one side or on both: a curve proportional to the reference's fits any value.", "Take the end that there is as a bound, or a model that shares k2′, such as srtm2."},
		{WarnNoSE, LevelNotice, "The model gives no standard errors, because those that it could give would be wrong.", "Compare repeated scans, or take a model that has standard errors."},
		{WarnBPRange, LevelDoubt, "BPND lies outside the range that tracers reach.", "Check the region, the reference and the frames."},
		{WarnR1Range, LevelWarn, "R1 lies outside the range that tissue reaches.", "Check the region, the reference and the first frames."},
		{WarnVTRange, LevelDoubt, "VT lies outside the range that tracers reach.", "Check the units of blood and curves, and the region."},
		{WarnK1Range, LevelDoubt, "K1 lies outside the range that blood flow allows.", "Check the units of blood and curves, and the delay of the blood."},
		{WarnVBRange, LevelWarn, "The fraction of blood in the region is clearly negative or above a fifth.", "Check the delay and the unit of the blood, and whether the region holds a vessel."},
		{WarnNegativeRate, LevelDoubt, "A rate constant is negative, or a fraction is impossible.", "Do not use the estimate: the model does not describe the curve."},
		{WarnResiduals, LevelWarn, "The residuals have too few or too many runs of one sign: the model misses the shape of the curve.", "Compare with a model of more compartments, and check for motion."},
		{WarnModelAgree, LevelWarn, "Models disagree by more than their errors and biases explain.", "Look at the curves and fits before you rely on any of them."},
		{WarnNoiseBias, LevelWarn, "Noise biases the estimate of a graphical model.", "Prefer SRTM or MRTM, or a larger region."},
		{WarnTStar, LevelWarn, "The plot is not straight after t*, or few frames are left there.", "Choose t* by looking at the plot."},
		{WarnK2PrimeSpread, LevelWarn, "The regions do not share one k2′: they differ by more than their errors, or one of them is far from the others.", "Name regions that one tissue compartment describes in k2prime_from, or give k2prime of a population with its spread, k2prime_sd."},
		{WarnModelFailed, LevelWarn, "A model gave no estimate while others did.", "Read why, and leave the model out of the protocol if it cannot serve."},
	}
}

// Do returns the next step, "" where there is none or the code is unknown.
func (c Code) Do() string {
	e, _ := EntryOf(c)
	return e.Do
}
