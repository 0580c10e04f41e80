package study

// A GroupResult compares how two groups of subjects change from one condition to
// another, in one region. It has no verdict.
type GroupResult struct {
	Contrast, Tracer, Region string
	Groups                   [2]string
	Scale                    Scale
	Subjects                 [2][]string
	Changes                  [2]*ChangeEstimate // of each group; nil where it has no pair
	Refused                  Refusal
	Detail                   string
	Difference               *TwoGroups // second group less the first, on Scale; nil where it was refused
	Interval                 *Interval  // of Difference, 95 %
}

// A RepeatResult is the repeatability of a tracer in a region. It has no verdict.
type RepeatResult struct {
	Contrast, Tracer, Region string
	Subjects                 []string
	Absolute                 *float64       // absolute variability, a share; nil where no pair has it
	Repeatability            *Repeatability // nil where it was refused
	Refused                  Refusal
	Detail                   string
}

// An OccupancyResult is the occupancy by one method: of every subject, and their
// mean. It has no verdict.
type OccupancyResult struct {
	Contrast, Tracer string
	Method           OccupancyMethod
	Region           string // of MethodRatio; empty where a subject's regions are taken together
	Subjects         []SubjectOccupancy
	Mean             *float64  // over the subjects that have one
	Interval         *Interval // of Mean, 95 %; nil for fewer than two subjects
}

// A SubjectOccupancy is the occupancy of one subject.
type SubjectOccupancy struct {
	Subject   string
	Occupancy float64
	SE        float64   // 0 where it is not known
	Interval  *Interval // 95 %; nil where there is none
	VND       *float64  // mL/cm³; nil where the method has none or it is not determined
	VNDRange  *Interval // 95 %, of Lassen; nil where it has no end
	Detail    string    // why there is no occupancy, a whole sentence; empty where there is one
}

// A DoseResult is a series of doses against one condition, in one region. It has
// no verdict.
type DoseResult struct {
	Contrast, Tracer, Region string
	Unit                     string
	Levels                   []DoseLevel // in the order of doses
	Curve                    *DoseCurve  // of occupancy, −change; from four doses
	Trend                    *PairedT    // over subjects, of the slope of ln value on ln dose; for fewer doses
	Detail                   string      // why there is neither, a whole sentence
}

// A DoseLevel is one dose.
type DoseLevel struct {
	Condition string
	Dose      float64
	Subjects  []string
	Change    *ChangeEstimate // nil without a pair
}
