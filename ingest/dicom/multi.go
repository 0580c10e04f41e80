package dicom

import (
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
)

// multi reads what is common to the planes of a multi-frame object and what
// is told apart. Planes that have no place in one volume are a fault.
func (f *facts) multi(planes []plane, fault ingest.Reason, found *ingest.Found, series time.Time) {
	if f.fault.Code == "" {
		f.fault = fault
	}
	if n, ok := decimal(f.bytes(numberOfFrames)); !ok || int(n) != len(planes) || len(planes) == 0 {
		f.fail(ingest.CodeFrames, "the functional groups describe %d frames, but NumberOfFrames is %s", len(planes), clean(f.bytes(numberOfFrames)))
		return
	}
	f.multiStrict(&found.Header.Strict, planes)
	found.Header.Soft.SliceThickness = planes[0].thickness
	found.Header.Soft.Rescaled = f.rescaled(planes)
	found.Header.Soft.BqPerMLPerUnit = f.toBqPerML(found.Header.Strict.Units)
	found.Header.Soft.SUVPerUnit = f.toSUV(found.Header.Strict.Units)
	if len(found.Header.Soft.CorrectedImage) == 0 {
		found.Header.Soft.CorrectedImage = f.corrections()
	}
	if m, ok := momentOf(f.bytes(decayCorrectionDateTime)); ok {
		found.Header.Soft.DecayOrigin = m.in(f.zone)
		found.Header.Soft.TimeDoubts = append(found.Header.Soft.TimeDoubts, f.astray(m, "DecayCorrectionDateTime")...)
	}
	found.Instance.Planes = f.planesOf(planes, series)
}

// corrections returns what the images are corrected for, in the codes of
// CorrectedImage, from attributes of which multi-frame objects have one for
// each; nil where they have none.
func (f *facts) corrections() []string {
	var done []string
	said := false
	for _, c := range [...]struct {
		field
		code string
	}{
		{decayCorrected, "DECY"}, {attenuationCorrected, "ATTN"}, {scatterCorrected, "SCAT"},
		{deadTimeCorrected, "DTIM"}, {randomsCorrected, "RAN"}, {normalizationCorrected, "NORM"},
	} {
		said = said || f.has(c.field)
		if f.code(c.field) == "YES" {
			done = append(done, c.code)
		}
	}
	if said && done == nil {
		return []string{"NONE"}
	}
	return done
}

// sameScale is by how much the ratio of two slopes may differ between frames.
const sameScale = 1e-6

// multiStrict takes what the instances of a series share from the planes and
// from attributes that only multi-frame objects have.
func (f *facts) multiStrict(s *ingest.Strict, planes []plane) {
	first := telling(planes)
	s.Orientation, s.PixelSpacing = first.orientation, first.spacing
	for _, p := range planes {
		if !s.Parallel(p.orientation, p.spacing) {
			f.fail(ingest.CodeGeometry, "the frames differ in ImageOrientationPatient or PixelSpacing")
		}
		if p.unit != first.unit {
			f.fail(ingest.CodeUnits, "the frames have different units")
		}
		if p.slope > 0 && math.Abs(p.foreign-first.foreign) > sameScale*math.Abs(first.foreign) {
			f.fail(ingest.CodeUnits, "the values have an unknown unit, and RealWorldValueSlope scales them differently from RescaleSlope")
		}
		if p.acquired.known != first.acquired.known && !zoneOf(f.bytes(timezoneOffset)).known {
			f.fail(ingest.CodeTiming, "FrameAcquisitionDateTime has an offset from UTC in some frames only, and TimezoneOffsetFromUTC is missing")
		}
	}
	if !orthonormal(s.Orientation) || !positive(s.PixelSpacing[:]) || s.PixelSpacing[0] > maxSpacing || s.PixelSpacing[1] > maxSpacing {
		f.fail(ingest.CodeGeometry, "ImageOrientationPatient or PixelSpacing is impossible")
	}
	if first.unit != "" {
		s.Units = first.unit
	}
	if s.SeriesType == "" {
		if kind := f.texts(imageType); len(kind) > 2 {
			s.SeriesType = strings.ReplaceAll(kind[2], "_", " ")
		}
	}
	if s.DecayCorrection == "" {
		s.DecayCorrection = map[string]string{"YES": "START", "NO": "NONE"}[f.code(decayCorrected)]
	}
	if n, ok := decimal(f.bytes(numberOfTemporalPositions)); ok && s.NumberOfTimeSlices == 0 && n >= 1 && n <= maxTemporal {
		s.NumberOfTimeSlices = int(n)
	}
}

// telling returns the first plane that is not blank, by its slope, or else the
// first.
func telling(planes []plane) plane {
	if i := slices.IndexFunc(planes, func(p plane) bool { return p.slope > 0 }); i >= 0 {
		return planes[i]
	}
	return planes[0]
}

// sameUnit is by how much RescaleSlope, of few digits, may differ from a mapping
// to the same unit.
const sameUnit = 1e-4

// rescaled returns RescaleSlope over the slope of the mapping that is taken, of
// the frame where they differ most, if both are said to give one unit and do
// not. A RescaleSlope of 1 scales nothing, and says nothing.
func (f *facts) rescaled(planes []plane) float64 {
	worst := 1.0
	for _, p := range planes {
		if p.unit != f.code(units) || p.rescale == 0 || p.rescale == 1 || p.slope == 0 {
			continue
		}
		if ratio := p.rescale / p.slope; math.Abs(ratio-1) > max(sameUnit, math.Abs(worst-1)) {
			worst = ratio
		}
	}
	if worst == 1 {
		return 0
	}
	return worst
}

// maxTemporal bounds NumberOfTemporalPositions.
const maxTemporal = 1 << 16

// maxPlanesBytes bounds what the planes of an object take in the ledger, whose
// records are messages of at most 1 MiB.
const maxPlanesBytes = 800 << 10

// planesOf sorts planes by position and time.
func (f *facts) planesOf(planes []plane, series time.Time) *ingest.Planes {
	out := &ingest.Planes{At: make([]int, len(planes)), Parts: f.count(concatenationTotal)}
	positions, times := map[[3]float64]int{}, map[ingest.PlaneTime]int{}
	at := make([][2]int, len(planes))
	for n, p := range planes {
		for _, mm := range p.position {
			if mm < -maxPosition || mm > maxPosition {
				f.fail(ingest.CodeGeometry, "ImagePositionPatient of a frame is impossible")
			}
		}
		at[n] = [2]int{indexOf(times, &out.Times, f.timeOf(p, series)), indexOf(positions, &out.Positions, p.position)}
	}
	for n := range at {
		out.At[n] = at[n][0]*len(out.Positions) + at[n][1]
	}
	if 100*(len(out.Positions)+len(out.Times))+8*len(out.At) > maxPlanesBytes {
		f.fail(ingest.CodeTooLarge, "the object has %d frames at %d positions and %d times, more than are read", len(planes), len(out.Positions), len(out.Times))
	}
	return out
}

// indexOf returns where x is in a list, appending it where it is new.
func indexOf[T comparable](known map[T]int, list *[]T, x T) int {
	i, ok := known[x]
	if !ok {
		i = len(*list)
		known[x] = i
		*list = append(*list, x)
	}
	return i
}

// timeOf returns when a plane was measured. The reference time counts from the
// start of the series.
func (f *facts) timeOf(p plane, series time.Time) ingest.PlaneTime {
	t := ingest.PlaneTime{AcquisitionTime: p.acquired.in(f.zone), Duration: p.duration, DecayFactor: p.decayFactor, FrameReferenceTime: p.offset, HasReferenceTime: p.hasOffset}
	if reference := p.reference.in(f.zone); !p.hasOffset && !reference.IsZero() && !series.IsZero() {
		if since := reference.Sub(series); since.Abs() < maxMillis*time.Millisecond {
			t.FrameReferenceTime, t.HasReferenceTime = since, true
		}
	}
	return t
}
