package study

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// blockingResults answers every blocking contrast, region by region.
//
// With d_A the change by the drug alone and d_AB that by the drug with the blocker, both
// against baseline, s the sign of A, and the first row that holds:
//
//	A not claimed                                           none
//	A − AB shown with A's sign at α, and the interval of
//	AB inside the margin, and s(d_AB − ½d_A) < 0 at α       cancelled
//	AB claimed with A's sign                                not-cancelled
//	all else                                                undecided
//
// Several tests must all hold, so that each of them has α and the verdict no more:
// Berger, Technometrics 1982;24:295–300, doi:10.1080/00401706.1982.10487790.
// Without the rule of half, +20 % alone and +12 % with the blocker would be called
// cancelled in three of four studies of six subjects with 3 % of noise, at a margin
// of 15 %, and in 0.2 % with it: TestTheRuleOfHalf.
func (s *analysis) blockingResults(changes []ChangeResult) []BlockingResult {
	var list []BlockingResult
	for _, k := range s.design.Contrasts {
		if k.Kind != KindBlocking {
			continue
		}
		var both []int // where A and AB are claimed
		for _, t := range s.design.tracersOf(k) {
			for _, region := range t.Primary {
				a, ab := find(changes, k.Drug, t.Label, region), find(changes, k.Combined, t.Label, region)
				if a.Claimed && ab.Claimed {
					both = append(both, len(list))
				}
				list = append(list, s.blocking(k, a, ab))
			}
		}
		s.reduce(list, both)
	}
	return list
}

// blocking answers one region.
func (s *analysis) blocking(k Contrast, a, ab *ChangeResult) BlockingResult {
	r := BlockingResult{Contrast: k.ID, Tracer: a.Tracer, Region: a.Region, Verdict: NoVerdict}
	scale := s.scaleOf(a.Region)
	rows := s.table.complete(a.Tracer, a.Region, a.Against, a.Of, ab.Of)
	r.Subjects = subjectsOf(rows)
	refused, detail := s.refusal(rows, scale)
	var b *blockingTests
	if refused == "" {
		b, detail = s.blockingTests(rows, scale, a)
	}
	if b != nil {
		r.Parts = s.parts(b, scale)
	}
	if !a.Claimed {
		return r
	}
	sign := math.Copysign(1, a.Estimate.Mean)
	if b == nil {
		r.Failed = []string{detail}
	} else {
		r.Failed, r.tests = s.failures(b, sign), b
	}
	same := ab.Claimed && ab.Estimate.Mean*sign > 0
	switch {
	case len(r.Failed) == 0:
		r.Verdict, r.Remainder = Cancelled, same
	case same:
		r.Verdict = NotCancelled
	default:
		r.Verdict, r.Reversed = Undecided, ab.Claimed
	}
	return r
}

// blockingTests makes the tests, or says in words why it cannot.
func (s *analysis) blockingTests(rows [][]*Observation, scale Scale, a *ChangeResult) (*blockingTests, string) {
	n := len(rows)
	dA, dAB, gone, half := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	base := make([]float64, n)
	for i, row := range rows {
		base[i] = row[0].Value
		dA[i] = onScale(row[1].Value, scale) - onScale(row[0].Value, scale)
		dAB[i] = onScale(row[2].Value, scale) - onScale(row[0].Value, scale)
		gone[i] = onScale(row[1].Value, scale) - onScale(row[2].Value, scale)
	}
	sign := math.Copysign(1, stat.Mean(dA, nil))
	if a.Claimed { // by all of its pairs, not only those with a third scan
		sign = math.Copysign(1, a.Estimate.Mean)
	}
	for i := range half {
		half[i] = sign * (dAB[i] - dA[i]/2)
	}
	b := &blockingTests{}
	for _, part := range []struct {
		into   *PairedT
		values []float64
	}{{&b.drug, dA}, {&b.combined, dAB}, {&b.difference, gone}, {&b.half, half}} {
		p, err := PairedTest(part.values)
		if err != nil {
			return nil, "All subjects have the same change, which measured values never have."
		}
		*part.into = p
	}
	margin := s.margin
	if scale == ScaleRaw {
		margin, b.noMargin = s.rawMargin(base)
	}
	if b.noMargin == "" {
		if e, err := b.combined.Equivalent(margin, s.alpha); err == nil {
			b.equivalence = &e
		}
	}
	if !s.bare {
		if ratio, err := meanRatio(dAB, dA, intervalLevel); err == nil {
			b.retained = &ratio
		}
	}
	return b, ""
}

// rawMargin is the margin on the raw scale: a share of the mean at baseline, where
// that is above four of its standard errors.
func (s *analysis) rawMargin(base []float64) (Interval, string) {
	m, sd, err := moments(base)
	if err != nil || m <= leastForLogSE*sd/math.Sqrt(float64(len(base))) {
		return Interval{}, "the mean at baseline is not above four of its standard errors, so that there is no margin"
	}
	return Interval{-s.Margin * m, s.Margin * m}, ""
}

// parts returns the numbers as they are shown.
func (s *analysis) parts(b *blockingTests, scale Scale) *BlockingParts {
	estimate := func(p PairedT) ChangeEstimate { return *estimateOf(p.Mean, s.interval(p), scale) }
	return &BlockingParts{
		Drug: estimate(b.drug), Combined: estimate(b.combined), Difference: estimate(b.difference),
		DifferenceP: b.difference.P, Equivalence: b.equivalence, HalfGoneP: b.half.Lower(0), Retained: b.retained,
	}
}

// failures returns which parts of "cancelled" do not hold, in words.
func (s *analysis) failures(b *blockingTests, sign float64) []string {
	var failed []string
	if p := b.difference.P; !(p < s.alpha && b.difference.Mean*sign > 0) {
		failed = append(failed, fmt.Sprintf("a difference from the drug alone was not shown (p %s)", number(p)))
	}
	switch {
	case b.noMargin != "":
		failed = append(failed, b.noMargin)
	case b.equivalence == nil || !b.equivalence.Inside:
		failed = append(failed, "with the blocker the interval of the change reaches beyond the margin")
	}
	if p := b.half.Lower(0); !(p < s.alpha) {
		failed = append(failed, fmt.Sprintf("that more than half of the change is gone was not shown (p %s)", number(p)))
	}
	return failed
}

// neededPower is the power for which the number of subjects is worked out.
const neededPower = 0.8

// planMore says of regions that are undecided how many subjects would have shown
// "cancelled" with power 0.8. It plans for a blocker that cancels everything, and takes the
// scatter that was found.
func (s *analysis) planMore(list []BlockingResult) {
	for i := range list {
		r := &list[i]
		b := r.tests
		if r.Verdict != Undecided || r.Reversed || b == nil {
			continue
		}
		need := func(subjects int, err error) {
			if err == nil && subjects > len(r.Subjects) { // else the scatter is not what failed
				r.Needed = max(r.Needed, subjects)
			}
		}
		effect := math.Abs(b.drug.Mean)
		need(PairsForChange(effect, b.difference.SD, s.alpha, neededPower))
		need(PairsForChange(effect/2, b.half.SD, 2*s.alpha, neededPower))
		if b.equivalence != nil {
			need(PairsForEquivalence(b.equivalence.Margin.High, b.combined.SD, s.alpha, neededPower))
		}
	}
}

// reduce adjusts the differences of the regions where both changes are claimed,
// and says where a change that is not cancelled was reduced. Without the
// adjustment that would be said falsely the more often, the more regions there are.
func (s *analysis) reduce(list []BlockingResult, both []int) {
	p := make([]float64, len(both))
	for i, at := range both {
		p[i] = 1
		if list[at].Parts != nil {
			p[i] = list[at].Parts.DifferenceP
		}
	}
	for i, adjusted := range Holm(p) {
		r := &list[both[i]]
		if r.Parts == nil {
			continue
		}
		r.Parts.DifferenceAdjusted = adjusted
		drug, gone := r.Parts.Drug.Mean, r.Parts.Difference.Mean
		r.Reduced = r.Verdict == NotCancelled && adjusted < s.alpha && drug*gone > 0
	}
}
