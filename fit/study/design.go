package study

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Design is what a study wants to know, fixed before its first scan.
type Design struct {
	Planned    int // subjects
	Conditions []Condition
	Tracers    []Tracer
	Contrasts  []Contrast
	Analysis   Analysis
}

// A Condition is a state in which subjects are scanned.
type Condition struct {
	Label string   // as published, such as ketamine
	Name  string   // for sentences, such as NBQX and ketamine; Label where it is empty
	Drugs []string // that were given; none at baseline
}

// A Tracer is a radioligand of a study.
type Tracer struct {
	Label       string   // as in observations, such as dasb
	Name        string   // for sentences, such as [11C]DASB; Label where it is empty
	Target      string   // what it binds to, such as SERT; may be empty
	Primary     []string // regions that can carry a claim
	Exploratory []string // regions that are shown and never claimed
}

// A Kind says what a contrast compares.
type Kind string

// The kinds of contrasts. Only changes and blocking can have a verdict.
const (
	KindChange      Kind = "change"       // one condition against another
	KindBlocking    Kind = "blocking"     // whether a second drug cancels the change that a first one makes
	KindGroupChange Kind = "group-change" // whether two groups change differently
	KindTestRetest  Kind = "test-retest"  // how well two scans alike agree
	KindOccupancy   Kind = "occupancy"    // the share of receptors that a drug covers
	KindDose        Kind = "dose"         // several doses against one condition
)

// A Contrast is one question of a design.
type Contrast struct {
	ID      string
	Kind    Kind
	Of      string   // condition; of all kinds but blocking and dose
	Against string   // condition to compare with; of all kinds but blocking
	Tracers []string // labels; all tracers where it is empty

	Drug     string // of blocking: ID of the change contrast of the drug alone
	Combined string // of blocking: ID of the change contrast of the drug with the blocker
	Name     string // of blocking: the blocker in words, such as NBQX

	Groups  [2]string         // of group-change
	Methods []OccupancyMethod // of occupancy; ratio where it is empty
	Doses   map[string]float64
	Unit    string // of Doses, such as mg/kg
}

// An OccupancyMethod is a way from two scans to an occupancy.
type OccupancyMethod string

// The methods of occupancy. Lassen and LEO need VT, Ratio and Origin BPND.
const (
	MethodRatio  OccupancyMethod = "ratio"  // 1 − BPND₁/BPND₀, region by region
	MethodOrigin OccupancyMethod = "origin" // one occupancy over all regions of a subject
	MethodLassen OccupancyMethod = "lassen"
	MethodLEO    OccupancyMethod = "leo"
)

// A Scale is that of the changes.
type Scale string

// The scales. On the logarithmic one the mean change is that of geometric means.
const (
	ScaleLog Scale = "log" // differences of ln BPND
	ScaleRaw Scale = "raw" // differences of BPND
)

// A TestName is the test that carries the claims.
type TestName string

// The tests that can carry the claims; the other one is sensitivity.
const (
	TestPaired TestName = "paired-t"
	TestMixed  TestName = "mixed"
)

// An Interim says what may be seen of a study that is not complete.
type Interim string

// What may be seen before the end.
const (
	InterimBlind     Interim = "blind"     // numbers of scans alone
	InterimEstimates Interim = "estimates" // changes too, without intervals and p
)

// An Analysis says how a design is answered. A field that is 0 or empty stands
// for its default.
type Analysis struct {
	Alpha      float64 // error of all claims together; DefaultAlpha
	Test       TestName
	Margin     float64 // the largest share of BPND that is no change worth speaking of; DefaultMargin
	Scale      Scale
	Raw        []string // regions on the raw scale where Scale is logarithmic
	MinPairs   int      // fewer pairs are not tested; DefaultMinPairs
	Interim    Interim
	Covariates []string // of Observation.Covariates, each a sensitivity
}

// The defaults of an analysis.
const (
	DefaultAlpha    = 0.05
	DefaultMargin   = 0.15
	DefaultMinPairs = 4
)

// withDefaults returns the analysis with nothing left open.
func (a Analysis) withDefaults() Analysis {
	if a.Alpha == 0 {
		a.Alpha = DefaultAlpha
	}
	if a.Margin == 0 {
		a.Margin = DefaultMargin
	}
	if a.MinPairs == 0 {
		a.MinPairs = DefaultMinPairs
	}
	if a.Test == "" {
		a.Test = TestPaired
	}
	if a.Scale == "" {
		a.Scale = ScaleLog
	}
	if a.Interim == "" {
		a.Interim = InterimBlind
	}
	return a
}

// scaleOf returns the scale of a region.
func (a Analysis) scaleOf(region string) Scale {
	if slices.Contains(a.Raw, region) {
		return ScaleRaw
	}
	return a.Scale
}

// EarlyAlpha returns the error rate of a study of planned subjects that is closed
// before its end. Under blind nobody saw an estimate, and alpha holds; else there may
// have been looks at 4, 5, … subjects, and each may claim alpha/max(2, planned − 3).
func (a Analysis) EarlyAlpha(planned int) float64 {
	a = a.withDefaults()
	if a.Interim == InterimBlind {
		return a.Alpha
	}
	return a.Alpha / math.Max(2, float64(planned-3))
}

// Check reports everything that is wrong with d, not just the first thing. Every
// error is ErrDesign.
func (d Design) Check() error {
	var c checker
	if d.Planned < 1 {
		c.say("planned: a study needs at least one subject, not %d", d.Planned)
	}
	var conditions, tracers []string
	for _, k := range d.Conditions {
		conditions = append(conditions, k.Label)
	}
	for _, t := range d.Tracers {
		tracers = append(tracers, t.Label)
		c.regions(t)
	}
	c.unique("conditions", conditions)
	c.unique("tracers", tracers)
	var ids, pairs []string
	for _, k := range d.Contrasts {
		ids = append(ids, k.ID)
		if k.Kind == KindChange {
			pairs = append(pairs, k.Of+" against "+k.Against)
		}
		c.contrast(d, k, conditions, tracers)
	}
	c.unique("contrasts", ids)
	c.unique("change contrasts", pairs)
	c.analysis(d.Analysis.withDefaults())
	for _, region := range d.Analysis.Raw {
		if !slices.ContainsFunc(d.Tracers, func(t Tracer) bool {
			return slices.Contains(t.Primary, region) || slices.Contains(t.Exploratory, region)
		}) {
			c.say("scale: no tracer has a region %q", region)
		}
	}
	return errors.Join(c.errs...)
}

// A checker gathers what is wrong.
type checker struct{ errs []error }

func (c *checker) say(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format+": %w", append(args, ErrDesign)...))
}

// unique says which names are empty or given twice.
func (c *checker) unique(what string, names []string) {
	seen := map[string]bool{}
	for _, n := range names {
		switch {
		case strings.TrimSpace(n) == "":
			c.say("%s: one has no name", what)
		case seen[n]:
			c.say("%s: %q is given twice", what, n)
		}
		seen[n] = true
	}
}

func (c *checker) regions(t Tracer) {
	c.unique("tracer "+t.Label, append(slices.Clone(t.Primary), t.Exploratory...))
}

func (c *checker) analysis(a Analysis) {
	if !(a.Alpha > 0 && a.Alpha < 0.5) {
		c.say("alpha: %v must lie between 0 and 0.5", a.Alpha)
	}
	if !(a.Margin > 0 && a.Margin < 1) {
		c.say("margin: %v must lie between 0 and 1", a.Margin)
	}
	if a.MinPairs < 2 {
		c.say("min_pairs: a test needs at least 2, not %d", a.MinPairs)
	}
	if a.Test != TestPaired && a.Test != TestMixed {
		c.say("test: no test is called %q; write %s or %s", a.Test, TestPaired, TestMixed)
	}
	if a.Scale != ScaleLog && a.Scale != ScaleRaw {
		c.say("scale: no scale is called %q; write %s or %s", a.Scale, ScaleLog, ScaleRaw)
	}
	if a.Interim != InterimBlind && a.Interim != InterimEstimates {
		c.say("interim: %q must be %s or %s", a.Interim, InterimBlind, InterimEstimates)
	}
}

// contrast says what is wrong with one question.
func (c *checker) contrast(d Design, k Contrast, conditions, tracers []string) {
	for _, t := range k.Tracers {
		if !slices.Contains(tracers, t) {
			c.say("contrast %s: the design has no tracer %q", k.ID, t)
		}
	}
	known := func(label string) {
		if !slices.Contains(conditions, label) {
			c.say("contrast %s: the design has no condition %q", k.ID, label)
		}
	}
	switch k.Kind {
	case KindChange, KindTestRetest, KindOccupancy, KindGroupChange:
		known(k.Of)
		known(k.Against)
		if k.Of == k.Against {
			c.say("contrast %s: it compares %q with itself", k.ID, k.Of)
		}
	case KindDose:
		known(k.Against)
		for label, dose := range k.Doses {
			known(label)
			if !(dose > 0) || math.IsInf(dose, 0) {
				c.say("contrast %s: the dose of %s must be above 0, not %v", k.ID, label, dose)
			}
		}
		if len(k.Doses) < 2 {
			c.say("contrast %s: it needs at least two doses", k.ID)
		}
	case KindBlocking:
		c.blocking(d, k)
	default:
		c.say("contrast %s: no kind is called %q", k.ID, k.Kind)
	}
	if k.Kind == KindGroupChange && (k.Groups[0] == "" || k.Groups[1] == "" || k.Groups[0] == k.Groups[1]) {
		c.say("contrast %s: it needs two groups", k.ID)
	}
	for _, m := range k.Methods {
		if !slices.Contains([]OccupancyMethod{MethodRatio, MethodOrigin, MethodLassen, MethodLEO}, m) {
			c.say("contrast %s: no method is called %q", k.ID, m)
		}
	}
}

func (c *checker) blocking(d Design, k Contrast) {
	drug, okDrug := d.change(k.Drug)
	combined, okCombined := d.change(k.Combined)
	switch {
	case !okDrug || !okCombined:
		c.say("contrast %s: drug and combined must name two change contrasts, not %q and %q", k.ID, k.Drug, k.Combined)
	case k.Drug == k.Combined:
		c.say("contrast %s: drug and combined are the same contrast", k.ID)
	case drug.Against != combined.Against:
		c.say("contrast %s: %s is against %s and %s against %s", k.ID, drug.ID, drug.Against, combined.ID, combined.Against)
	}
	for _, t := range d.tracersOf(k) {
		for _, part := range []Contrast{drug, combined} {
			if len(k.Tracers) > 0 && len(part.Tracers) > 0 && !slices.Contains(part.Tracers, t.Label) {
				c.say("contrast %s: contrast %s leaves tracer %q out", k.ID, part.ID, t.Label)
			}
		}
	}
}

// change returns the change contrast with an ID.
func (d Design) change(id string) (Contrast, bool) {
	i := slices.IndexFunc(d.Contrasts, func(k Contrast) bool { return k.ID == id && k.Kind == KindChange })
	if i < 0 {
		return Contrast{}, false
	}
	return d.Contrasts[i], true
}

// tracersOf returns the tracers of a contrast. Blocking has those of both of its
// parts.
func (d Design) tracersOf(k Contrast) []Tracer {
	var list []Tracer
	for _, t := range d.Tracers {
		in := len(k.Tracers) == 0 || slices.Contains(k.Tracers, t.Label)
		if k.Kind == KindBlocking {
			for _, id := range []string{k.Drug, k.Combined} {
				part, _ := d.change(id)
				in = in && (len(part.Tracers) == 0 || slices.Contains(part.Tracers, t.Label))
			}
		}
		if in {
			list = append(list, t)
		}
	}
	return list
}

// FamilySize returns the number of tests that share alpha: change contrasts times
// tracers times primary regions. Blocking adds none: it is asked only where the change
// of the drug alone is claimed.
func (d Design) FamilySize() int {
	n := 0
	for _, k := range d.Contrasts {
		if k.Kind == KindChange {
			for _, t := range d.tracersOf(k) {
				n += len(t.Primary)
			}
		}
	}
	return n
}
