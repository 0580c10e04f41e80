package ingest

import (
	"fmt"
	"slices"
)

// A Code names a reason in events and logs, in capitals, such as TRUNCATED.
type Code string

// The reasons why an object, a series or its regions cannot serve, and why a
// job is handed back. Catalogue says what each means.
const (
	CodeInternal          Code = "INTERNAL"
	CodeEmpty             Code = "EMPTY"
	CodeNotDICOM          Code = "NOT_DICOM"
	CodeNotPET            Code = "NOT_PET"
	CodeFormat            Code = "OTHER_FORMAT"
	CodeArchive           Code = "ARCHIVE"
	CodeMalformed         Code = "MALFORMED"
	CodeTruncated         Code = "TRUNCATED"
	CodePixelLength       Code = "PIXEL_LENGTH"
	CodeTooLarge          Code = "TOO_LARGE"
	CodeSyntax            Code = "TRANSFER_SYNTAX"
	CodeUnits             Code = "HDR_UNITS"
	CodeTiming            Code = "HDR_TIMING"
	CodeGeometry          Code = "HDR_GEOMETRY"
	CodeFrameCount        Code = "FRAME_COUNT"
	CodeFrames            Code = "HDR_FRAMES"
	CodeDuplicate         Code = "DUPLICATE_SLOT"
	CodeConflict          Code = "CONFLICTING_CONTENT"
	CodeMixed             Code = "MIXED_SERIES"
	CodePatients          Code = "TWO_PATIENTS"
	CodeSurplus           Code = "COUNT_SURPLUS"
	CodeOverlap           Code = "FRAME_OVERLAP"
	CodeDecay             Code = "DECAY_CONTRADICTION"
	CodeBeds              Code = "BED_POSITIONS"
	CodeGated             Code = "GATED"
	CodeProjection        Code = "PROJECTION"
	CodeNoRegions         Code = "REGIONS_ABSENT"
	CodeRegionsUnreadable Code = "REGIONS_UNREADABLE"
	CodeRegionsElsewhere  Code = "REGIONS_ELSEWHERE"
	CodeReferenceAbsent   Code = "REFERENCE_ABSENT"
	CodeReferenceUnclear  Code = "REFERENCE_AMBIGUOUS"
	CodeNoProtocol        Code = "NO_PROTOCOL"
	CodeFit               Code = "FIT"
	CodeSettings          Code = "SETTINGS"
	CodeDeleted           Code = "INPUT_DELETED"
	CodeJoined            Code = "JOINED"
	CodeNoSite            Code = "NO_SITE"
	CodeRelabelled        Code = "RELABELLED"
	CodeNotReady          Code = "NOT_READY"
	CodeChanged           Code = "OBJECT_CHANGED"
	CodeOtherRelease      Code = "OTHER_RELEASE"
	CodeOutage            Code = "OUTAGE"
	CodeStopping          Code = "STOPPING"
	CodeUnreadable        Code = "UNREADABLE"
)

// A Reason says why something is as it is, for programs (Code) and for people
// (Detail). Detail never holds anything that identifies a person.
type Reason struct {
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// String returns the code and the detail.
func (r Reason) String() string {
	if r.Detail == "" {
		return string(r.Code)
	}
	return string(r.Code) + ": " + r.Detail
}

// Level returns what the reason means for the result, as Reasons says it; "" for
// a code that is unknown.
func (r Reason) Level() Level {
	list := Reasons()
	if i := slices.IndexFunc(list, func(e Entry) bool { return e.Code == r.Code }); i >= 0 {
		return list[i].Level
	}
	return ""
}

// A Level says how much a Warning or a Reason matters.
type Level string

// The levels.
const (
	LevelNotice Level = "notice" // worth knowing
	LevelWarn   Level = "warn"   // look at it
	LevelDoubt  Level = "doubt"  // do not rely on it
	LevelFault  Level = "fault"  // of reasons only: there is no result, and somebody must act
)

// A Warning is doubt about a number that exists: the rule that was broken,
// what was found and what would have been right. Warn makes one.
type Warning struct {
	Code      Code    `json:"code"`
	Level     Level   `json:"level"`
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
	Detail    string  `json:"detail,omitempty"` // a sentence that holds the number and its unit
}

// CodesOf returns the codes of warnings, each once, in order.
func CodesOf(list []Warning) (codes []Code) {
	for _, w := range list {
		if !slices.Contains(codes, w.Code) {
			codes = append(codes, w.Code)
		}
	}
	return codes
}

// Warn returns a Warning. Its detail must read without the rest: a whole
// sentence, from the capital to the full stop, with the number, its unit and
// the limit in it. Like that of a Reason it holds nothing that identifies a
// person.
func Warn(code Code, level Level, value, threshold float64, format string, args ...any) Warning {
	return Warning{Code: code, Level: level, Value: value, Threshold: threshold, Detail: fmt.Sprintf(format, args...)}
}

// Count returns a number with its noun, such as "1 frame" or "3 frames".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// String returns the warning in one line, such as "doubt LOSSY_COMPRESSION: The
// images were compressed with loss.".
func (w Warning) String() string { return string(w.Level) + " " + string(w.Code) + ": " + w.Detail }

// The rules of quality that give a Warning, beside CodeJoined. Catalogue says
// what each means.
const (
	WarnCorrections   Code = "CORRECTIONS"
	WarnRegionEmpty   Code = "REGION_EMPTY"
	WarnLateStart     Code = "LATE_START"
	WarnTimeAssumed   Code = "TIME_ASSUMED"
	WarnDecayRef      Code = "DECAY_REF"
	WarnCorrected     Code = "LOOKS_CORRECTED"
	WarnHalfLife      Code = "HALF_LIFE"
	WarnFrameGap      Code = "FRAME_GAP"
	WarnFrameEmpty    Code = "FRAME_EMPTY"
	WarnFrameRepeated Code = "FRAME_REPEATED"
	WarnScanShort     Code = "SCAN_SHORT"
	WarnNegative      Code = "NEG_VALUES"
	WarnSmallRegion   Code = "SMALL_REGION"
	WarnNoise         Code = "NOISE"
	WarnRefBinding    Code = "REF_BINDING"
	WarnFitBound      Code = "FIT_BOUND"
	WarnSE            Code = "SE"
	WarnBPRange       Code = "BP_RANGE"
	WarnR1Range       Code = "R1_RANGE"
	WarnResiduals     Code = "RESIDUALS"
	WarnModelAgree    Code = "MODEL_AGREE"
	WarnNoiseBias     Code = "NOISE_BIAS"
	WarnBlood         Code = "BLOOD"
	WarnIdentify      Code = "NOT_IDENTIFIABLE"
	WarnTStar         Code = "TSTAR"
	WarnModelFailed   Code = "MODEL_FAILED"
	WarnNegativeRate  Code = "NEGATIVE_RATE"
	WarnUnverified    Code = "UNVERIFIED"
	WarnRegionCut     Code = "REGION_CUT"
	WarnLabels        Code = "LABELS"
	WarnArbitrary     Code = "ARBITRARY_UNITS"
	WarnFromSUV       Code = "FROM_SUV"
	WarnNoDecayKnown  Code = "NO_HALF_LIFE"
	WarnSplit         Code = "HEADERS_DISAGREE"
	WarnTracers       Code = "SEVERAL_TRACERS"
	WarnLossy         Code = "LOSSY_COMPRESSION"
	WarnContours      Code = "CONTOURS"
	WarnPlotBlood     Code = "PLOT_BLOOD"
	WarnInjection     Code = "INJECTION_TIME"
	WarnSUVFactor     Code = "SUV_FACTOR"
	WarnDose          Code = "DOSE_WEIGHT"
	WarnNoSE          Code = "NO_SE"
	WarnIntervalOpen  Code = "INTERVAL_OPEN"
	WarnBloodScale    Code = "BLOOD_SCALE"
	WarnDelay         Code = "DELAY"
	WarnVTRange       Code = "VT_RANGE"
	WarnK1Range       Code = "K1_RANGE"
	WarnVBRange       Code = "VB_RANGE"
	WarnK2PrimeSpread Code = "K2PRIME_SPREAD"
)
