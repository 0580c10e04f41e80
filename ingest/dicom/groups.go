package dicom

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"tacstream/ingest"
)

// A plane is what the functional groups of a multi-frame object say of one of
// its images (PS3.3, C.7.6.16).
type plane struct {
	position         [3]float64
	orientation      [6]float64
	spacing          [2]float64
	thickness        float64
	acquired         moment // FrameAcquisitionDateTime
	reference        moment // FrameReferenceDateTime
	offset           time.Duration
	hasOffset        bool // offset is FrameReferenceTime, of an object that was converted
	duration         time.Duration
	decayFactor      float64
	slope, intercept float64
	rescale          float64 // RescaleSlope beside a mapping that is taken; 0 where there is none
	unit             string  // as Units has it, empty where slope is that of the stored values alone
	// foreign is the slope of a mapping to a unit that is not known, over that
	// of the stored values; 0 where there is none.
	foreign float64
}

// A group is a value in the functional groups.
type group int

const (
	groupPosition group = iota
	groupOrientation
	groupSpacing
	groupThickness
	groupAcquired
	groupReference
	groupDuration
	groupDecayFactor
	groupSlope
	groupIntercept
	groupRealSlope
	groupRealIntercept
	groupUnit
	groupOldDate
	groupOldTime
	groupOldReference
	groupOldDuration
	groupOldDecayFactor
	groupOldSlope
	groupOldIntercept
	numGroups
)

// Sequences of the functional groups.
const (
	seqShared      = 0x52009229
	seqPerFrame    = 0x52009230
	seqContent     = 0x00209111
	seqPosition    = 0x00209113
	seqOrientation = 0x00209116
	seqMeasures    = 0x00289110
	seqRescale     = 0x00289145
	seqRealWorld   = 0x00409096
	seqUnits       = 0x004008ea
	seqFactors     = 0x00189736
	seqOldShared   = 0x00209170 // UnassignedSharedConvertedAttributesSequence
	seqOldPerFrame = 0x00209171 // UnassignedPerFrameConvertedAttributesSequence
)

// groupTags says in which sequence each value lies and under which tag.
var groupTags = [numGroups]struct{ in, tag uint32 }{
	groupPosition:       {seqPosition, 0x00200032},
	groupOrientation:    {seqOrientation, 0x00200037},
	groupSpacing:        {seqMeasures, 0x00280030},
	groupThickness:      {seqMeasures, 0x00180050},
	groupAcquired:       {seqContent, 0x00189074},
	groupReference:      {seqContent, 0x00189151},
	groupDuration:       {seqContent, 0x00189220},
	groupDecayFactor:    {seqFactors, 0x00541321},
	groupSlope:          {seqRescale, 0x00281053},
	groupIntercept:      {seqRescale, 0x00281052},
	groupRealSlope:      {seqRealWorld, 0x00409225},
	groupRealIntercept:  {seqRealWorld, 0x00409224},
	groupUnit:           {seqUnits, 0x00080100},
	groupOldDate:        {seqOldPerFrame, 0x00080022},
	groupOldTime:        {seqOldPerFrame, 0x00080032},
	groupOldReference:   {seqOldPerFrame, 0x00541300},
	groupOldDuration:    {seqOldPerFrame, 0x00181242},
	groupOldDecayFactor: {seqOldPerFrame, 0x00541321},
	groupOldSlope:       {seqOldPerFrame, 0x00281053},
	groupOldIntercept:   {seqOldPerFrame, 0x00281052},
}

// groupValues holds the value of each, nil where it is absent.
type groupValues [numGroups][]byte

// holdsGroups reports whether values are looked for in a sequence.
func holdsGroups(tag uint32) bool {
	switch tag {
	case seqContent, seqPosition, seqOrientation, seqMeasures, seqRescale, seqRealWorld, seqUnits, seqFactors, seqOldShared, seqOldPerFrame:
		return true
	}
	return false
}

// preferred reports whether a mapping to one unit is taken before that to
// another: to Bq/mL before all, and to a unit that is known before others.
func preferred(unit, before []byte) bool {
	u, _ := unitCode(unit)
	b, _ := unitCode(before)
	return u != b && (u == "BQML" || u != "" && b == "")
}

// contradicts reports whether two mappings to one unit differ.
func contradicts(a, b *groupValues, order binary.ByteOrder) bool {
	unit, factor := unitCode(a[groupUnit])
	other, per := unitCode(b[groupUnit])
	if unit == "" || unit != other {
		return false
	}
	for _, field := range [2]group{groupRealSlope, groupRealIntercept} {
		x, _ := double(a[field], order)
		y, _ := double(b[field], order)
		if math.Abs(x*factor-y*per) > 1e-9*math.Abs(y*per) {
			return true
		}
	}
	return false
}

// plane reads the values of a plane.
func (f *facts) plane(v *groupValues, order binary.ByteOrder) plane {
	p := plane{intercept: f.groupReal(v[groupIntercept], "RescaleIntercept")}
	f.groupReals(v[groupPosition], p.position[:], "ImagePositionPatient")
	f.groupReals(v[groupOrientation], p.orientation[:], "ImageOrientationPatient")
	f.groupReals(v[groupSpacing], p.spacing[:], "PixelSpacing")
	p.thickness, _ = decimal(trim(v[groupThickness]))
	f.groupTimes(&p, v, order)
	f.groupScale(&p, v, order)
	return p
}

// groupReal reads a decimal number, 0 where it is absent.
func (f *facts) groupReal(v []byte, name string) float64 {
	if len(trim(v)) == 0 {
		return 0
	}
	x, ok := decimal(trim(v))
	if !ok {
		f.fail(ingest.CodeUnits, "%s of a frame is not a finite number", name)
	}
	return x
}

// groupReals fills dst from a value of exactly as many decimal numbers.
func (f *facts) groupReals(v []byte, dst []float64, name string) {
	if !decimals(trim(v), dst) {
		f.fail(ingest.CodeGeometry, "%s of a frame is missing or not finite", name)
	}
}

// groupTimes reads when a plane was measured.
func (f *facts) groupTimes(p *plane, v *groupValues, order binary.ByteOrder) {
	p.acquired = f.groupTime(v[groupAcquired], "FrameAcquisitionDateTime")
	p.reference = f.groupTime(v[groupReference], "FrameReferenceDateTime")
	if date, ok := dateOf(trim(v[groupOldDate])); ok && p.acquired.clock.IsZero() {
		if clock, ok := clockOf(trim(v[groupOldTime])); ok {
			p.acquired = moment{clock: date.Add(clock)}
		}
	}
	ms, ok := double(v[groupDuration], order)
	if !ok {
		ms, ok = decimal(trim(v[groupOldDuration]))
	}
	if ok && !(ms > 0 && ms <= maxMillis) {
		f.fail(ingest.CodeTiming, "FrameAcquisitionDuration is not positive or beyond a hundred days")
		ms = 0
	}
	p.duration = time.Duration(math.Round(ms * 1e6))
	if ms, ok := decimal(trim(v[groupOldReference])); ok && math.Abs(ms) <= maxMillis {
		p.offset, p.hasOffset = time.Duration(math.Round(ms*1e6)), true
	}
	p.decayFactor = f.groupReal(v[groupDecayFactor], "DecayFactor")
	if v[groupDecayFactor] == nil {
		p.decayFactor = f.groupReal(v[groupOldDecayFactor], "DecayFactor")
	}
	if p.decayFactor < 0 {
		f.fail(ingest.CodeTiming, "DecayFactor is negative")
	}
}

func (f *facts) groupTime(v []byte, name string) moment {
	v = trim(v)
	if len(v) == 0 {
		return moment{}
	}
	m, ok := momentOf(v)
	if !ok {
		f.fail(ingest.CodeTiming, "%s is not a time", name)
		return moment{}
	}
	return m
}

// groupScale reads how stored values become real ones: by the mapping to a
// unit that is known, else by the rescale slope alone.
func (f *facts) groupScale(p *plane, v *groupValues, order binary.ByteOrder) {
	text := v[groupSlope]
	if text == nil {
		text = v[groupOldSlope]
	}
	slope, mapped := double(v[groupRealSlope], order)
	if unit, factor := unitCode(v[groupUnit]); mapped && unit != "" {
		intercept, _ := double(v[groupRealIntercept], order)
		p.slope, p.intercept, p.unit = slope*factor, intercept*factor, unit
		p.rescale, _ = decimal(trim(text))
	} else {
		if v[groupSlope] == nil {
			p.intercept = f.groupReal(v[groupOldIntercept], "RescaleIntercept")
		}
		p.slope = f.groupReal(text, "RescaleSlope")
		if mapped && p.slope > 0 {
			p.foreign = slope / p.slope
		}
		mapped = len(trim(text)) > 0
	}
	switch {
	case !mapped:
		f.fail(ingest.CodeUnits, "RescaleSlope of a frame is missing")
	case !(p.slope >= 0) || math.IsInf(p.slope, 0) || math.IsNaN(p.intercept) || math.Abs(p.slope)*(1<<32)+math.Abs(p.intercept) > maxValueUnits:
		f.fail(ingest.CodeUnits, "RescaleSlope or RescaleIntercept of a frame is negative, not finite or impossibly large")
	}
}

// double reads an FD value.
func double(v []byte, order binary.ByteOrder) (float64, bool) {
	if len(v) < 8 {
		return 0, false
	}
	return math.Float64frombits(order.Uint64(v)), true
}

// unitCode returns the code of Units, (0054,1001), for a unit in UCUM, and what
// turns numbers in the latter into the former. The code is empty for a unit
// that PET images do not come in.
func unitCode(ucum []byte) (code string, factor float64) {
	unit := strings.ToLower(string(trim(ucum)))
	switch unit {
	case "{counts}":
		return "CNTS", 1
	case "{propcounts}/s", "{propcps}":
		return "PROPCPS", 1
	}
	switch plain, note := annotated(unit); {
	case plain != "g/ml":
	case note == "", note == "suv", note == "suvbw": // by body weight, not by lean body mass
		return "GML", 1
	}
	activity, volume, _ := strings.Cut(unit, "/")
	bq := map[string]float64{"bq": 1, "kbq": 1e3, "mbq": 1e6, "nci": 37, "uci": 37e3}[activity]
	if ml := map[string]float64{"ml": 1, "cm3": 1, "l": 1e3}[volume]; bq > 0 && ml > 0 {
		return "BQML", bq / ml
	}
	return "", 0
}

// annotated parts a unit in UCUM from what stands in braces before or behind it,
// such as SUVbw in {SUVbw}g/ml, the code of DICOM's context group 85, or in
// g/ml{SUVbw}, as others write it.
func annotated(unit string) (plain, note string) {
	before, rest, found := strings.Cut(unit, "{")
	if !found {
		return unit, ""
	}
	note, behind, _ := strings.Cut(rest, "}")
	return before + behind, note
}
