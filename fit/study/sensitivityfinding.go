package study

// A Sensitivity is what other analyses say of a change. None of it carries a
// claim. What has no answer is nil.
type Sensitivity struct {
	Other     *ChangeTest // the test that the design did not choose, adjusted over the same family
	OtherMean float64     // its mean change, on the scale of the result
	SignFlip  *SignFlipped
	Wilcoxon  *SignedRank
	MaxT      *MaxT          // over the primary regions of the contrast and the tracer; from six subjects
	Weighted  *RandomEffects // each subject weighted by its standard errors
	FitShare  *FitShare
	LogBayes  *float64 // natural logarithm of the JZS Bayes factor for a change
	HedgesG   float64  // standardised change, unitless
	LeftOut   []LeftOut
	Restored  []Restored
	// The verdicts of the whole study without each subject, and with the scans that
	// were excluded for each reason: of primary regions of a study that claims.
	VerdictsLeftOut, VerdictsRestored []OtherVerdict
	Covariates                        []AdjustedChange
	Disagreements                     []string // whole sentences: where one of these says otherwise than the test
}

// A FitShare is the share of the variance of changes that the standard errors of
// the fits explain. It is a lower bound: they count the noise of counting alone.
type FitShare struct {
	Value    float64
	Interval Interval // 95 %
}

// A LeftOut is the change without one subject.
type LeftOut struct {
	Subject string
	Change  float64 // as it is shown
	P       float64 // of the paired t test; 1 where it cannot be made
}

// A Restored is the change if the scans that were excluded for one reason counted.
type Restored struct {
	Reason string
	Pairs  int
	Change float64 // as it is shown
	P      float64 // of the paired t test; 1 where it cannot be made
}

// An AdjustedChange is the change at equal covariate in both scans, or, for a
// covariate of the subject, at its mean.
type AdjustedChange struct {
	Covariate string
	Change    float64 // as it is shown
	P, DF     float64
}

// An OtherVerdict is the verdict if one thing were otherwise.
type OtherVerdict struct {
	Name    string // the subject that is left out, or the reason for which scans were excluded
	Verdict Verdict
}
