package fit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"tacstream/extract"
	"tacstream/ingest"
)

// Which regions determine k2′. All share the reference, so that SRTM's k2′ of
// each should agree within its error. Where a region has two compartments, or
// another k2′, it does not, however small its error is: white matter and fluid
// are slow, large and smooth, so that they are the most "precise" of all. Four
// things keep them from deciding for the others:
//
//   - A region whose BPND SRTM alone could not determine to mostVoting in a
//     scan of nominalNoise has no vote, as long as leastVoters others have one.
//   - Nor has one that binds much less than the others, see binding.
//   - A region whose ln k2′ lies far from the weighted median has none either.
//   - What scatter is left between regions, τ² (Paule & Mandel, J Res Natl Bur
//     Stand 1982;87:377–385, doi:10.6028/jres.087.022), is added to the variance
//     of each: a region of variance v counts v/(v + τ²) of what it would. The
//     standard error of k2′ has τ² in it.
//
// Regions that the caller names keep their votes.

// leastVoters is how many regions must vote before any is left out for what the
// others say.
const leastVoters = 3

// A region is off the others where its ln k2′ lies more than farVote standard
// deviations and more than leastOff from their median: exact curves have next to
// no deviation.
const (
	farVote  = 3.0
	leastOff = 0.1
)

// repeats says of each curve whether it is made of others that are there too, and
// asked where only some are: what they know of k2′ would count twice.
func repeats(tacs []extract.TAC, from []extract.Region) []bool {
	var asked []extract.TAC
	var at []int
	for i, t := range tacs {
		if from == nil || slices.Contains(from, t.Region) {
			asked, at = append(asked, t), append(at, i)
		}
	}
	list := make([]bool, len(tacs))
	for i, combined := range extract.Combined(asked) {
		list[at[i]] = combined
	}
	return list
}

// A vote is what SRTM says of ln k2′ in a region.
type vote struct {
	member   *member
	ln       float64
	variance float64
}

// elect decides which regions determine k2′, and how much each counts. Asked says
// that the caller named them.
func (c *coupled) elect(asked bool) {
	votes := c.votes(func(*member) bool { return true })
	if !asked {
		if resolved := c.votes((*member).resolved); len(resolved) >= leastVoters {
			votes = binding(resolved)
		}
	}
	if len(votes) == 0 {
		return // begin says so
	}
	for i := range c.members {
		c.members[i].counts = false
	}
	if !asked {
		votes = agreeing(votes)
	}
	c.between = scatter(votes)
	for _, v := range votes {
		v.member.counts, v.member.share = true, v.variance/(v.variance+c.between)
	}
}

// votes returns those of the regions that count and are eligible.
func (c *coupled) votes(eligible func(*member) bool) []vote {
	var list []vote
	for i := range c.members {
		m := &c.members[i]
		precision := m.precision()
		if m.counts && m.k2Prime > thetaMin && m.k2Prime < thetaMax && precision > leastPrecision && eligible(m) {
			list = append(list, vote{m, math.Log(m.k2Prime), 1 / precision})
		}
	}
	return list
}

// mostVoting is the relative standard error of BPND in a scan of nominalNoise up to
// which a region votes. Fewer voters scatter more where regions are noisy, and more
// of them let in regions of which SRTM's k2′ is skewed.
const mostVoting = 0.25

// resolved reports whether SRTM by itself determines BPND of a region.
func (m *member) resolved() bool { return m.nominal <= mostVoting }

// binding leaves out the votes of regions that bind less than leastBinding times
// what leastVoters of them do. Where little binds, a curve is nearly proportional
// to the reference, so that k2′ rests on the first frames: on blood, delay and
// what the model leaves out. Others too take k2′ from regions of high binding
// (Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA).
func binding(votes []vote) []vote {
	of := make([]float64, len(votes))
	for i, v := range votes {
		of[i] = v.member.bpnd
	}
	slices.Sort(of)
	least := leastBinding * of[len(of)-leastVoters]
	return slices.DeleteFunc(votes, func(v vote) bool { return v.member.bpnd < least })
}

// leastBinding is the least BPND of a region that determines k2′, as a fraction of
// that of the region that binds third most.
const leastBinding = 0.5

// agreeing leaves out the votes that lie far from the weighted median. The
// deviation of a vote is its own, and what the middle half of all votes have
// beyond theirs.
func agreeing(votes []vote) []vote {
	if len(votes) < leastVoters {
		return votes
	}
	middle := medianVote(votes)
	off, own := make([]float64, len(votes)), make([]float64, len(votes))
	for i, v := range votes {
		off[i], own[i] = math.Abs(v.ln-middle), v.variance
	}
	slices.Sort(off)
	slices.Sort(own)
	wide := off[len(off)/2] / 0.6745 // of a normal deviate half lie within that
	extra := math.Max(wide*wide-own[len(own)/2], 0)
	return slices.DeleteFunc(slices.Clone(votes), func(v vote) bool {
		d := math.Abs(v.ln - middle)
		return d > leastOff && d > farVote*math.Sqrt(v.variance+extra)
	})
}

// medianVote returns the median of ln k2′, each vote weighted by the inverse of
// its standard deviation, but none by more than the median vote: a few precise
// regions are no majority.
func medianVote(votes []vote) float64 {
	sorted := slices.Clone(votes)
	slices.SortFunc(sorted, func(a, b vote) int { return cmp.Compare(a.variance, b.variance) })
	typical := sorted[len(sorted)/2].variance
	slices.SortFunc(sorted, func(a, b vote) int { return cmp.Compare(a.ln, b.ln) })
	weight := func(v vote) float64 { return 1 / math.Sqrt(math.Max(v.variance, typical)) }
	total, sum := 0.0, 0.0
	for _, v := range sorted {
		total += weight(v)
	}
	for _, v := range sorted {
		if sum += weight(v); sum >= total/2 {
			return v.ln
		}
	}
	return sorted[len(sorted)-1].ln
}

// scatter returns τ², by the estimator of Paule and Mandel: that with which the
// weighted sum of squares about the mean is its expectation, one less than the
// number of votes. It is 0 where there are too few, and where the votes agree within their errors
// (Cochran's test, Biometrics 1954;10:101–129, doi:10.2307/3001666).
func scatter(votes []vote) float64 {
	excess := func(between float64) float64 {
		sum, weight := 0.0, 0.0
		for _, v := range votes {
			w := 1 / (v.variance + between)
			sum, weight = sum+w*v.ln, weight+w
		}
		mean, q := sum/weight, 0.0
		for _, v := range votes {
			q += (v.ln - mean) * (v.ln - mean) / (v.variance + between)
		}
		return q - float64(len(votes)-1)
	}
	if len(votes) < leastVoters {
		return 0
	}
	degrees := float64(len(votes) - 1)
	limit := distuv.ChiSquared{K: degrees}.Quantile(1 - byChance)
	if !(excess(leastBetween*leastBetween) > limit-degrees) {
		return 0
	}
	low, high := 0.0, leastBetween*leastBetween
	for excess(high) > 0 {
		low, high = high, 4*high
	}
	for range 40 {
		if half := (low + high) / 2; excess(half) > 0 {
			low = half
		} else {
			high = half
		}
	}
	return high
}

// byChance is the probability with which regions that agree, or whose noise is
// their own, are taken for others.
const byChance = 0.1

// leastBetween is the least relative scatter between regions that is told from
// none.
const leastBetween = 1e-3

// The rules on the scatter of k2′.
const (
	spreadWarn = 0.15 // of k2′ over the regions that determine it
	farRegion  = 4.0  // standard deviations of one region from the shared k2′
	offRegion  = 0.3  // and the distance in ln k2′
)

// spreadWarnings says where k2′ differs between regions by more than their
// errors: over those that determine it, and in this one.
func (c *coupled) spreadWarnings(region extract.Region) []ingest.Warning {
	i, ok := c.at[region]
	if !ok || !c.estimates {
		return nil
	}
	m, sd := &c.members[i], math.Sqrt(c.between)
	off := math.Log(m.k2Prime / c.shared.value)
	relative := c.shared.se / c.shared.value
	deviation := math.Abs(off) / math.Sqrt(1/m.precision()+c.between+relative*relative)
	return broken(
		rule{sd > spreadWarn, ingest.WarnK2PrimeSpread, ingest.LevelWarn, sd, spreadWarn,
			"The regions that determine k2′ scatter about it by {value} of its value beyond their errors, above {limit}."},
		rule{tissue(region) && !m.loose && math.Abs(off) > offRegion && deviation > farRegion, ingest.WarnK2PrimeSpread, ingest.LevelWarn, deviation, farRegion,
			"The k2′ of this region by SRTM lies {value} standard deviations from that of all, above {limit}: one tissue compartment with a shared k2′ does not describe it."},
	)
}

// common returns what noise that the frames of all regions have in common, such
// as that of motion, adds to the variance of k2′. The noise of each region and of the
// reference, by itself, makes the variance total. The residuals of all regions, summed frame by frame as
// they pull at k2′, see the rest (Liang & Zeger, Biometrika 1986;73:13–22,
// doi:10.1093/biomet/73.1.13).
func (c *coupled) common(together []float64, information, total float64) float64 {
	squares, fourth, n := 0.0, 0.0, float64(len(together))
	for _, x := range together {
		squares += x * x
		fourth += x * x * x * x
	}
	seen := squares / (information * information) * n / (n - 3)
	// So many frames of equal weight say as much: fourth powers of a normal deviate
	// are three times the square of its variance.
	degrees := math.Max(3*squares*squares/fourth, 1)
	if !(seen > total*distuv.ChiSquared{K: degrees}.Quantile(1-byChance)/degrees) {
		return 0
	}
	return seen - total
}
