package ingest

// A Code names a reason in events and logs, in capitals, such as TRUNCATED.
type Code string

// The reasons why an object, a series or its regions cannot serve.
const (
	CodeInternal          Code = "INTERNAL"            // ours, not the input's
	CodeEmpty             Code = "EMPTY"               // a 0-byte object
	CodeNotDICOM          Code = "NOT_DICOM"           // neither DICOM nor a region source
	CodeNotPET            Code = "NOT_PET"             // DICOM of another kind
	CodeMalformed         Code = "MALFORMED"           // DICOM that breaks its own structure
	CodeTruncated         Code = "TRUNCATED"           // shorter than its header says
	CodePixelLength       Code = "PIXEL_LENGTH"        // pixel data of the wrong length
	CodeTooLarge          Code = "TOO_LARGE"           // beyond the configured limits
	CodeSyntax            Code = "TRANSFER_SYNTAX"     // a transfer syntax that is not supported
	CodeUnits             Code = "HDR_UNITS"           // slope missing, zero or not finite; mixed units
	CodeTiming            Code = "HDR_TIMING"          // durations or times missing or impossible
	CodeGeometry          Code = "HDR_GEOMETRY"        // position, orientation or spacing missing or impossible
	CodeFrameCount        Code = "FRAME_COUNT"         // slots missing
	CodeFrames            Code = "HDR_FRAMES"          // a multi-frame header that contradicts itself
	CodeDuplicate         Code = "DUPLICATE_SLOT"      // a slot filled twice by different instances
	CodeConflict          Code = "CONFLICTING_CONTENT" // one SOPInstanceUID with two contents
	CodeMixed             Code = "MIXED_SERIES"        // instances that disagree on what a series shares
	CodeOverlap           Code = "FRAME_OVERLAP"       // frames overlap
	CodeBeds              Code = "BED_POSITIONS"       // slices of several bed positions, taken one after the other
	CodeGated             Code = "GATED"               // phases of a cycle instead of frames in time
	CodeProjection        Code = "PROJECTION"          // projections of a volume instead of slices
	CodeUncounted         Code = "UNCOUNTED"           // the header leaves the counts out
	CodeNoRegions         Code = "REGIONS_ABSENT"      // no region source found yet
	CodeRegionsUnreadable Code = "REGIONS_UNREADABLE"  // a region source that cannot be read
	CodeRegionsElsewhere  Code = "REGIONS_ELSEWHERE"   // labels that do not overlap the volume
	CodeReferenceAbsent   Code = "REFERENCE_ABSENT"    // the protocol's reference region is not among the regions
	CodeReferenceUnclear  Code = "REFERENCE_AMBIGUOUS" // several regions could be the protocol's reference
	CodeNoProtocol        Code = "NO_PROTOCOL"         // the tracer is not in the configuration
	CodeFit               Code = "FIT"                 // the curves cannot be fitted
	CodeSettings          Code = "SETTINGS"            // a setting that does not exist, such as the name of a model
	CodeDeleted           Code = "INPUT_DELETED"       // the series lost its input
	CodeJoined            Code = "JOINED"              // the series continues another one
	CodeNoSite            Code = "NO_SITE"             // no site is mapped to this key
	CodeRelabelled        Code = "RELABELLED"          // the result stands under another tracer's label
	CodeNotReady          Code = "NOT_READY"           // why a job is handed back: the series is not whole at the moment
	CodeChanged           Code = "OBJECT_CHANGED"      // why a job is handed back: an object is not what the ledger says
	CodeOtherRelease      Code = "OTHER_RELEASE"       // why a job is handed back: it is for workers of another release
	CodeOutage            Code = "OUTAGE"              // why a job is handed back: a server is away or ill
	CodeStopping          Code = "STOPPING"            // why a job is handed back: the worker is stopping
	CodeUnreadable        Code = "UNREADABLE"          // the store lists the object and does not hand it out
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

// A Level says how much a Warning matters.
type Level string

// The levels of a Warning.
const (
	LevelNotice Level = "notice" // worth knowing
	LevelWarn   Level = "warn"   // look at it
	LevelDoubt  Level = "doubt"  // do not rely on it
)

// A Warning is doubt about a number that exists: the rule that was broken,
// what was found and what would have been right.
type Warning struct {
	Code      Code    `json:"code"`
	Level     Level   `json:"level"`
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
	Detail    string  `json:"detail,omitempty"` // plain words, with the unit
}

// The rules of quality that give a Warning.
const (
	WarnCorrections  Code = "CORRECTIONS"
	WarnLateStart    Code = "LATE_START"
	WarnTimeAssumed  Code = "TIME_ASSUMED"
	WarnDecayRef     Code = "DECAY_REF"
	WarnCorrected    Code = "LOOKS_CORRECTED" // curves given as they decayed that look corrected for decay
	WarnHalfLife     Code = "HALF_LIFE"
	WarnDoseRange    Code = "DOSE_RANGE"
	WarnFrameGap     Code = "FRAME_GAP"
	WarnScanShort    Code = "SCAN_SHORT"
	WarnNegative     Code = "NEG_VALUES"
	WarnSmallRegion  Code = "SMALL_REGION"
	WarnNoise        Code = "NOISE"
	WarnRefBinding   Code = "REF_BINDING"
	WarnFitBound     Code = "FIT_BOUND"
	WarnSE           Code = "SE"
	WarnBPRange      Code = "BP_RANGE"
	WarnR1Range      Code = "R1_RANGE"
	WarnResiduals    Code = "RESIDUALS"
	WarnModelAgree   Code = "MODEL_AGREE"
	WarnNoiseBias    Code = "NOISE_BIAS"       // what noise in a regressor does to a graphical estimate
	WarnBlood        Code = "BLOOD"            // odd samples of arterial blood
	WarnIdentify     Code = "NOT_IDENTIFIABLE" // such a scan cannot tell the parameter within a tenth
	WarnTStar        Code = "TSTAR"
	WarnModelFailed  Code = "MODEL_FAILED" // a model that gave nothing, while others did
	WarnNegativeRate Code = "NEGATIVE_RATE"
	WarnJoined       Code = "JOINED"     // frames of several series, one acquisition
	WarnUnverified   Code = "UNVERIFIED" // fitted though the header left the counts out
	WarnRegionCut    Code = "REGION_CUT" // part of a region lies outside the field of view
	WarnLabels       Code = "LABELS"     // odd label values, such as NaN, taken as background
	WarnArbitrary    Code = "ARBITRARY_UNITS"
	WarnFromSUV      Code = "FROM_SUV" // activity worked out from uptake values
	WarnNoDecayKnown Code = "NO_HALF_LIFE"
	WarnSplit        Code = "HEADERS_DISAGREE"
	WarnTracers      Code = "SEVERAL_TRACERS"
	WarnLossy        Code = "LOSSY_COMPRESSION"
	WarnContours     Code = "CONTOURS" // outlines with gaps, or drawn twice
)
