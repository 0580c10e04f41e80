package dicom

import (
	"bytes"
	"math"
	"time"

	"tacstream/ingest"
)

// strict reads what the instances of a series share. The planes of a
// multi-frame object say more.
func (f *facts) strict(multi bool) ingest.Strict {
	s := ingest.Strict{
		SeriesInstanceUID:   f.uid(seriesInstanceUID),
		SOPClassUID:         f.uid(sopClassUID),
		FrameOfReferenceUID: f.uid(frameOfReferenceUID),
		SeriesType:          f.code(seriesType),
		Units:               f.code(units),
		DecayCorrection:     f.code(decayCorrection),
		NumberOfSlices:      f.count(numberOfSlices),
		NumberOfTimeSlices:  f.count(numberOfTimeSlices),
		Rows:                f.count(rows),
		Columns:             f.count(columns),
	}
	if s.SeriesInstanceUID == "" {
		f.fail(ingest.CodeMalformed, "SeriesInstanceUID is missing")
	}
	if !multi {
		f.orientation(&s)
	}
	s.HalfLife, _ = f.real(halfLife, ingest.CodeTiming, "RadionuclideHalfLife")
	if s.HalfLife < 0 {
		f.fail(ingest.CodeTiming, "RadionuclideHalfLife is negative")
		s.HalfLife = 0
	}
	return s
}

// projected refuses images that are projections of a volume, or made of one,
// such as a maximum intensity projection: they have no slices.
func (f *facts) projected() {
	for _, x := range [...]field{seriesType, imageType} {
		for kind := range bytes.SplitSeq(f.bytes(x), []byte(`\`)) {
			switch string(trim(kind)) {
			case "REPROJECTION", "PROJECTION", "PROJECTION IMAGE", "MIP", "MAX_IP", "MIN_IP", "VOLUME RENDERING", "VOLREN":
				f.fail(ingest.CodeProjection, "the images are projections of a volume (%s), not slices", kind)
			}
		}
	}
}

// maxSpacing bounds the spacing of pixels, in mm.
const maxSpacing = 1000

// orientation reads how the image plane lies.
func (f *facts) orientation(s *ingest.Strict) {
	if f.reals(imageOrientation, s.Orientation[:], "ImageOrientationPatient") && !orthonormal(s.Orientation) {
		f.fail(ingest.CodeGeometry, "ImageOrientationPatient is not two unit vectors at a right angle")
	}
	if !f.reals(pixelSpacing, s.PixelSpacing[:], "PixelSpacing") {
		return
	}
	for _, mm := range s.PixelSpacing {
		if mm <= 0 || mm > maxSpacing {
			f.fail(ingest.CodeGeometry, "PixelSpacing is impossible")
		}
	}
}

// maxPosition bounds the coordinates of a slice, in mm.
const maxPosition = 1e5

// instance reads what an object says of itself. Of a multi-frame object each
// plane speaks for itself.
func (f *facts) instance(series time.Time, multi bool) ingest.Instance {
	i := ingest.Instance{SOPInstanceUID: f.uid(sopInstanceUID)}
	if i.SOPInstanceUID == "" {
		f.fail(ingest.CodeMalformed, "SOPInstanceUID is missing")
	}
	if multi {
		return i
	}
	i.AcquisitionTime, i.ImageIndex = f.acquisition(series), f.count(imageIndex)
	f.reals(imagePosition, i.Position[:], "ImagePositionPatient")
	for _, mm := range i.Position {
		if math.Abs(mm) > maxPosition {
			f.fail(ingest.CodeGeometry, "ImagePositionPatient is impossible")
		}
	}
	var ok bool
	i.FrameReferenceTime, i.HasReferenceTime = f.millis(frameReferenceTime, "FrameReferenceTime")
	if i.Duration, ok = f.millis(actualFrameDuration, "ActualFrameDuration"); ok && i.Duration <= 0 {
		f.fail(ingest.CodeTiming, "ActualFrameDuration is not positive")
	}
	if i.DecayFactor, _ = f.real(decayFactor, ingest.CodeTiming, "DecayFactor"); i.DecayFactor < 0 {
		f.fail(ingest.CodeTiming, "DecayFactor is negative")
		i.DecayFactor = 0
	}
	return i
}

// softFacts reads what need not agree within a series. None of it is a reason
// to refuse an object.
func (f *facts) softFacts(series time.Time, unit string) ingest.Soft {
	s := ingest.Soft{
		PatientID:       f.text(patientID),
		SeriesStart:     series,
		DoseBq:          f.soft(totalDose),
		WeightKg:        f.soft(patientWeight),
		TracerTexts:     f.tracerTexts(),
		Tracer:          f.tracer(),
		Nuclide:         f.text(nuclideMeaning),
		OtherTracers:    max(0, f.tracers-1),
		CorrectedImage:  f.texts(correctedImage),
		Manufacturer:    f.text(manufacturer),
		Model:           f.text(modelName),
		ReconMethod:     f.text(reconstruction),
		AttenuationCorr: f.text(attenuation),
		SliceThickness:  f.soft(sliceThickness),
		BqPerMLPerUnit:  f.toBqPerML(unit),
		SUVPerUnit:      f.toSUV(unit),
	}
	s.Injection, s.TimeDoubts = f.injection(series)
	m, dated := momentOf(f.bytes(injectionDateTime))
	dated = dated && m.in(f.zone).Sub(s.Injection).Abs() < day
	s.InjectionClock = !dated && !s.Injection.IsZero()
	if unit == "BQML" {
		s.SUVStated = f.soft(philipsSUV)
	}
	s.DecayOrigin, s.ScanStart = f.privateTime(siemensDecayTime), f.privateTime(geScanTime)
	if v := f.bytes(studyInstanceUID); isUID(v) {
		s.StudyInstanceUID = string(v)
	}
	return s
}

// toBqPerML returns the factor from the series' units to Bq/mL, 0 where it is
// not known. Philips' counts become Bq/mL by a private factor.
func (f *facts) toBqPerML(unit string) float64 {
	switch unit {
	case "BQML":
		return 1
	case "CNTS":
		return f.soft(philipsFactor)
	}
	return 0
}

// toSUV returns the factor from the series' units to the standardised uptake
// value by body weight in g/mL, 0 where there is none. GML is that value unless
// SUVType names another one; Philips' counts become it by a private factor.
func (f *facts) toSUV(unit string) float64 {
	switch unit {
	case "GML":
		if kind := f.code(suvType); kind == "" || kind == "BW" {
			return 1
		}
	case "CNTS":
		return f.soft(philipsSUV)
	}
	return 0
}

// noDate stands for the date where a header holds times without any date, as
// after de-identification.
func noDate() time.Time { return time.Unix(0, 0).UTC() }

// seriesStart returns the date and time of the series, or zero where there is
// none that can be read. All times of a header are taken as of one zone and
// returned as UTC.
func (f *facts) seriesStart() time.Time {
	clock, ok := clockOf(f.bytes(seriesTime))
	if !ok {
		return time.Time{}
	}
	for _, x := range [...]field{seriesDate, studyDate, acquisitionDate} {
		if date, ok := dateOf(f.bytes(x)); ok {
			return date.Add(clock)
		}
	}
	return noDate().Add(clock)
}

// acquisition returns the date and time at which the frame began, or zero
// where the header leaves it out. A time without a date is on the day that
// brings it nearest to the start of the series.
func (f *facts) acquisition(series time.Time) time.Time {
	if !f.has(acquisitionTime) {
		return f.acquisitionDateTime()
	}
	clock, ok := clockOf(f.bytes(acquisitionTime))
	if !ok {
		f.fail(ingest.CodeTiming, "AcquisitionTime is not a time")
		return time.Time{}
	}
	if f.has(acquisitionDate) {
		date, ok := dateOf(f.bytes(acquisitionDate))
		if !ok {
			f.fail(ingest.CodeTiming, "AcquisitionDate is not a date")
			return time.Time{}
		}
		return date.Add(clock)
	}
	if series.IsZero() {
		return noDate().Add(clock)
	}
	return nearest(clock, series)
}

func (f *facts) acquisitionDateTime() time.Time {
	if !f.has(acquisitionDateTime) {
		return time.Time{}
	}
	m, ok := momentOf(f.bytes(acquisitionDateTime))
	if !ok {
		f.fail(ingest.CodeTiming, "AcquisitionDateTime is not a time")
		return time.Time{}
	}
	return m.in(f.zone)
}

// privateTime returns a moment of a private element, zero where there is none.
func (f *facts) privateTime(x field) time.Time {
	m, _ := momentOf(f.bytes(x))
	return m.in(f.zone)
}
