package study

import "slices"

// ResultsVersion is raised whenever a number or a word of a finding changes for the
// same design and the same table.
const ResultsVersion = "1"

// A Verdict is what a study says of a question, in one word.
type Verdict string

// The verdicts.
const (
	Raised       Verdict = "raised"
	Lowered      Verdict = "lowered"
	Cancelled    Verdict = "cancelled"
	NotCancelled Verdict = "not-cancelled"
	Undecided    Verdict = "undecided"
	NoVerdict    Verdict = "none"
)

// A Refusal says why a test was not made. The test then stays in its family with
// p = 1.
type Refusal string

// The refusals.
const (
	RefusedTooFew   Refusal = "too-few-pairs"     // fewer complete pairs than Analysis.MinPairs
	RefusedConstant Refusal = "identical-changes" // all changes are the same, as of copied values
	RefusedLog      Refusal = "log-unsafe"        // a value is too near 0 for its logarithm
	RefusedSettings Refusal = "unlike-settings"   // scans that are compared were made or fitted differently
	RefusedModel    Refusal = "not-estimated"     // the mixed model has no answer
)

// A State is how far a study has come.
type State struct {
	Complete    bool // every planned cell counts, is excluded for a reason or is lost, or the study was closed
	ClosedEarly bool // closed before every planned cell was settled
	// Changes of the design after estimates were seen, each in words. A study with
	// any is not confirmatory and claims nothing.
	Changes []string
}

// A Finding is all that a study says.
type Finding struct {
	Analysis     Analysis // of the design, with nothing left open
	Complete     bool
	Confirmatory bool // complete, and the design was not changed after looking
	Alpha        float64
	FamilySize   int
	Margin       Interval // on the scale of logarithms

	Changes       []ChangeResult // in the order of contrasts, tracers and regions; primary regions first
	Blocking      []BlockingResult
	Averages      []AverageResult // over the primary regions of a tracer; sensitivity
	Groups        []GroupResult
	Occupancy     []OccupancyResult
	Repeatability []RepeatResult
	Doses         []DoseResult
	Covariates    []CovariateSummary
	Statements    []Statement
	Assumptions   []string // whole sentences, to be printed beside every claim
	BeyondPlan    []string // subjects that were not planned, kept out of every test
}

// A Statement is one sentence of a finding.
type Statement struct {
	Tracer, Contrast string
	Kind             Kind
	Verdict          Verdict
	Regions          []string
	Words            string // one or more whole sentences
}

// A ChangeResult is one change contrast of one tracer in one region.
type ChangeResult struct {
	Contrast, Tracer, Region string
	Of, Against              string // conditions
	Primary                  bool
	Scale                    Scale
	Subjects                 []string        // with both scans, in order
	Refused                  Refusal         // empty where the test was made
	Detail                   string          // why it was refused, a whole sentence
	Estimate                 *ChangeEstimate // nil where nothing may be seen or there is no pair
	Test                     *ChangeTest     // nil where nothing may be seen or the test was refused
	Claimed                  bool
	Verdict                  Verdict
	Sensitivity              *Sensitivity // nil where nothing may be seen or there is no test

	changes []float64 // of Subjects, on Scale
	paired  *PairedT
	p       float64 // 1 where the test was refused
}

// A ChangeEstimate is the mean change.
type ChangeEstimate struct {
	Mean     float64   // on the scale: of logarithms, or of BPND
	Change   float64   // as it is shown: e^Mean − 1, or Mean on the raw scale
	Interval *Interval // of Change, 95 %, not adjusted; nil where nothing may be seen or it has no scatter
}

// A ChangeTest is the test of a change that can carry a claim.
type ChangeTest struct {
	Name     TestName
	SE       float64 // of Mean
	T, DF, P float64 // P is two-sided
	Adjusted float64 // Holm's over the family; q of Benjamini and Hochberg for an exploratory region
}

// A BlockingResult says whether a blocker cancels the change that a drug makes,
// in one region. Its parts use the subjects with all three scans.
type BlockingResult struct {
	Contrast, Tracer, Region string
	Subjects                 []string // with all three scans, in order
	Verdict                  Verdict
	Failed                   []string // which parts of "cancelled" did not hold, in words
	// Needed is how many subjects would show "cancelled" with power 0.8 if it were true
	// and the scatter stayed; 0 where it is not known.
	Needed    int
	Reduced   bool // not cancelled, and smaller than without the blocker
	Remainder bool // cancelled, and a smaller change of the same sign is left
	Reversed  bool // the change with the blocker has the other sign
	Parts     *BlockingParts
	LeftOut   []OtherVerdict // without each of Subjects
	Restored  []OtherVerdict // with the scans that were excluded for each reason

	tests *blockingTests
}

// A BlockingParts is the numbers behind a verdict on blocking.
type BlockingParts struct {
	Drug, Combined     ChangeEstimate // drug − baseline, drug with blocker − baseline
	Difference         ChangeEstimate // drug − drug with blocker
	DifferenceP        float64        // two-sided
	DifferenceAdjusted float64        // Holm's over the regions where both changes are claimed; 0 elsewhere
	Equivalence        *Equivalence   // of Combined; nil where there is no margin
	HalfGoneP          float64        // one-sided: that more than half of the change is gone
	Retained           *Ratio         // Combined over Drug; nil where it has no answer
}

// An AverageResult is the mean change over the primary regions of a tracer, by a
// mixed model of all of them. It is an average over regions, which differ, and claims
// nothing.
type AverageResult struct {
	Contrast, Tracer string
	Regions          []string
	Scale            Scale
	Estimate         ChangeEstimate
	DF, P            float64 // of Kenward and Roger; two-sided
}

// A CovariateSummary is a covariate of the scans with a tracer under a condition.
type CovariateSummary struct {
	Covariate, Tracer, Condition string
	Scans                        int
	Mean, Least, Most            float64 // in the unit of the covariate
}

// A blockingTests is the tests of one region over the subjects with all three
// scans.
type blockingTests struct {
	drug, combined, difference PairedT
	half                       PairedT // of s(d_AB − ½d_A)
	equivalence                *Equivalence
	noMargin                   string // why there is no equivalence
	retained                   *Ratio
}

// find returns the result of a contrast in a region.
func find(list []ChangeResult, contrast, tracer, region string) *ChangeResult {
	i := slices.IndexFunc(list, func(r ChangeResult) bool {
		return r.Contrast == contrast && r.Tracer == tracer && r.Region == region
	})
	if i < 0 {
		return nil
	}
	return &list[i]
}
