package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A Truth is a true change of a simulated study.
type Truth struct {
	Tracer, Condition string
	Region            string  // all regions where it is empty
	Change            float64 // against the value 1 of every other condition, a share above −1
}

// A PowerPlan is a study to simulate.
type PowerPlan struct {
	Subjects int
	Truths   []Truth  // later ones overrule earlier ones
	Regions  []string // that a whole finding must get right; all primary regions where it is empty
	ScanSD   float64  // of ln BPND of one scan, in each region by itself
	SharedSD float64  // of ln BPND of one scan, in all its regions at once
	Studies  int
	Seed     uint64
}

// A Power is how often simulated studies find what is true.
type Power struct {
	Studies int
	Whole   float64 // share of studies that say all that is true of the plan's regions
	False   float64 // share of studies that claim anything that is not true of any primary region
	Rows    []PowerRow
	Joint   []JointPower
}

// A JointPower is how often one question has its true verdict in all of the
// plan's regions where there is something to find.
type JointPower struct {
	Contrast, Tracer string
	Share            float64
}

// A PowerRow is one question in one region.
type PowerRow struct {
	Contrast, Tracer, Region string
	Kind                     Kind
	Truth                    Verdict             // what a study without noise would say
	Verdicts                 map[Verdict]float64 // share of studies with each verdict
}

// mostStudies bounds a simulation.
const mostStudies = 1_000_000

// Simulate returns the power of a design by the rule that Analyse itself applies:
// studies are drawn with log-normal noise, and each is judged as a complete, confirmatory one.
// Differences between subjects cancel in changes, so that none are drawn. The
// same seed gives the same answer, with a standard error of √(p(1−p)/Studies).
func Simulate(d Design, plan PowerPlan) (Power, error) {
	if err := d.Check(); err != nil {
		return Power{}, err
	}
	if err := plan.check(d); err != nil {
		return Power{}, err
	}
	rows := plan.rows(d)
	counts := make([]map[Verdict]int, len(rows))
	for i := range counts {
		counts[i] = map[Verdict]int{}
	}
	rng := rand.New(rand.NewPCG(plan.Seed, 2))
	tally := newTally(rows, plan.Regions)
	for range plan.Studies {
		verdicts, err := verdictsOf(d, plan.draw(d, rng))
		if err != nil {
			return Power{}, err
		}
		for i, v := range verdicts {
			counts[i][v]++
		}
		tally.add(verdicts)
	}
	n := float64(plan.Studies)
	for i, c := range counts {
		rows[i].Verdicts = map[Verdict]float64{}
		for v, k := range c {
			rows[i].Verdicts[v] = float64(k) / n
		}
	}
	for i, k := range tally.right {
		tally.joint[i].Share = float64(k) / n
	}
	power := Power{Studies: plan.Studies, Rows: rows, Joint: tally.joint}
	power.Whole, power.False = float64(tally.whole)/n, float64(tally.untrue)/n
	return power, nil
}

// A tally counts studies that are right about several rows at once.
type tally struct {
	rows          []PowerRow
	question      []int // of every row, among joint; −1 where there is nothing to find
	joint         []JointPower
	right         []int // studies, of every question
	whole, untrue int
}

func newTally(rows []PowerRow, regions []string) *tally {
	t := &tally{rows: rows, question: make([]int, len(rows))}
	for i, r := range rows {
		t.question[i] = -1
		if r.Truth == NoVerdict || len(regions) > 0 && !slices.Contains(regions, r.Region) {
			continue
		}
		at := slices.IndexFunc(t.joint, func(j JointPower) bool { return j.Contrast == r.Contrast && j.Tracer == r.Tracer })
		if at < 0 {
			at = len(t.joint)
			t.joint = append(t.joint, JointPower{Contrast: r.Contrast, Tracer: r.Tracer})
		}
		t.question[i] = at
	}
	t.right = make([]int, len(t.joint))
	return t
}

// add counts one study.
func (t *tally) add(verdicts []Verdict) {
	wrong := make([]bool, len(t.joint))
	untrue, all := false, true
	for i, v := range verdicts {
		want := t.rows[i].Truth
		untrue = untrue || v != want && v != NoVerdict && v != Undecided
		if q := t.question[i]; q >= 0 && v != want {
			wrong[q], all = true, false
		}
	}
	for q := range wrong {
		if !wrong[q] {
			t.right[q]++
		}
	}
	if all {
		t.whole++
	}
	if untrue {
		t.untrue++
	}
}

// SubjectsNeeded returns the smallest number of subjects, from the design's least number
// of pairs to most, with which the whole finding has some power, and that power.
// More than most give ErrNotIdentified.
func SubjectsNeeded(d Design, plan PowerPlan, power float64, most int) (int, Power, error) {
	if err := checkLevel("power", power); err != nil {
		return 0, Power{}, err
	}
	for n := d.Analysis.withDefaults().MinPairs; n <= most; n++ {
		plan.Subjects = n
		p, err := Simulate(d, plan)
		if err != nil || p.Whole >= power {
			return n, p, err
		}
	}
	return 0, Power{}, fmt.Errorf("power %v needs more than %d subjects: %w", power, most, ErrNotIdentified)
}

func (p PowerPlan) check(d Design) error {
	if p.Subjects < 2 || p.Subjects > mostPairs {
		return fmt.Errorf("power of %d subjects, not 2 to %d: %w", p.Subjects, mostPairs, ErrSettings)
	}
	if p.Studies < 1 || p.Studies > mostStudies {
		return fmt.Errorf("power from %d studies, not 1 to %d: %w", p.Studies, mostStudies, ErrSettings)
	}
	if !(p.ScanSD > 0 && p.ScanSD < 1) || !(p.SharedSD >= 0 && p.SharedSD < 1) {
		return fmt.Errorf("power: standard deviations of ln BPND of %v and %v must lie between 0 and 1: %w",
			p.ScanSD, p.SharedSD, ErrSettings)
	}
	for _, t := range p.Truths {
		known := slices.ContainsFunc(d.Conditions, func(c Condition) bool { return c.Label == t.Condition }) &&
			slices.ContainsFunc(d.Tracers, func(tr Tracer) bool {
				return tr.Label == t.Tracer && (t.Region == "" || slices.Contains(tr.Primary, t.Region))
			})
		if !known {
			return fmt.Errorf("power: the design has no %s under %s in %q: %w", t.Tracer, t.Condition, t.Region, ErrDesign)
		}
		if !(t.Change > -1) || math.IsInf(t.Change, 0) {
			return fmt.Errorf("power: a change of %v must be above -1: %w", t.Change, ErrSettings)
		}
	}
	return nil
}

// log returns the true ln BPND of a tracer under a condition in a region.
func (p PowerPlan) log(tracer, condition, region string) float64 {
	value := 0.0
	for _, t := range p.Truths {
		if t.Tracer == tracer && t.Condition == condition && (t.Region == "" || t.Region == region) {
			value = math.Log1p(t.Change)
		}
	}
	return value
}

// draw returns the observations of one simulated study.
func (p PowerPlan) draw(d Design, rng *rand.Rand) []Observation {
	var list []Observation
	for _, t := range d.Tracers {
		for _, c := range d.Conditions {
			for i := range p.Subjects {
				shared := p.SharedSD * rng.NormFloat64()
				for _, region := range t.Primary {
					value := math.Exp(p.log(t.Label, c.Label, region) + shared + p.ScanSD*rng.NormFloat64())
					list = append(list, Observation{
						Subject: strconv.Itoa(i), Condition: c.Label, Tracer: t.Label, Region: region, Value: value,
					})
				}
			}
		}
	}
	return list
}

// rows returns all questions in the order of verdictsOf, with what is true.
func (p PowerPlan) rows(d Design) []PowerRow {
	var list []PowerRow
	change := func(k Contrast, tracer, region string) float64 {
		return p.log(tracer, k.Of, region) - p.log(tracer, k.Against, region)
	}
	for _, kind := range []Kind{KindChange, KindBlocking} {
		(&analysis{design: d}).each(kind, func(k Contrast, t Tracer) {
			for _, region := range t.Primary {
				row := PowerRow{Contrast: k.ID, Tracer: t.Label, Region: region, Kind: kind}
				if kind == KindChange {
					row.Truth = trueChange(change(k, t.Label, region))
				} else {
					drug, _ := d.change(k.Drug)
					combined, _ := d.change(k.Combined)
					row.Truth = trueBlocking(change(drug, t.Label, region), change(combined, t.Label, region))
				}
				list = append(list, row)
			}
		})
	}
	return list
}

// trueChange returns the verdict on a change that is known.
func trueChange(d float64) Verdict {
	switch {
	case d > 0:
		return Raised
	case d < 0:
		return Lowered
	}
	return NoVerdict
}

// trueBlocking returns the verdict on two changes that are known: by the drug
// alone and with the blocker.
func trueBlocking(alone, with float64) Verdict {
	switch {
	case alone == 0:
		return NoVerdict
	case with == 0:
		return Cancelled
	case alone*with > 0:
		return NotCancelled
	}
	return Undecided
}

// verdictsOf judges a table as that of a complete and confirmatory study.
func verdictsOf(d Design, list []Observation) ([]Verdict, error) {
	s, err := newAnalysis(d, list, State{Complete: true})
	if err != nil {
		return nil, err
	}
	s.bare = true
	var verdicts []Verdict
	changes := s.changeResults()
	for _, r := range changes {
		verdicts = append(verdicts, r.Verdict)
	}
	for _, r := range s.blockingResults(changes) {
		verdicts = append(verdicts, r.Verdict)
	}
	return verdicts, nil
}
