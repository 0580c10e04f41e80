package study

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// exactFlips is the largest number of subjects for which all 2ⁿ choices of signs
// are counted; beyond it signs are drawn.
const exactFlips = 15

// drawnFlips is the number of choices of signs that are drawn.
const drawnFlips = 9999

// A SignFlipped is the sign-flip test of changes against 0.
type SignFlipped struct {
	N        int
	P        float64 // two-sided
	Smallest float64 // the smallest P that N subjects can reach
	Exact    bool    // whether all choices of signs were counted
}

// SignFlip tests whether changes are symmetric about 0: P is the share of all
// choices of their signs with a sum at least as far from 0. For more than 15
// changes, 9,999 choices are drawn with the seed, and P = (b + 1)/(m + 1).
//
// With few subjects it cannot fall below 2/2ⁿ, which is 0.031 for six: it carries
// no claim over a family of tests.
//
// Source: Fisher, The Design of Experiments, 1935, section 21; Phipson & Smyth, Stat
// Appl Genet Mol Biol 2010;9:39, doi:10.2202/1544-6115.1585. In R: mean(abs(S %*%
// d) >= abs(sum(d))), with S all rows of signs.
func SignFlip(changes []float64, seed uint64) (SignFlipped, error) {
	if err := checkFinite(changes...); err != nil {
		return SignFlipped{}, fmt.Errorf("sign-flip: %w", err)
	}
	if len(changes) < 2 {
		return SignFlipped{}, fmt.Errorf("sign-flip: %d changes: %w", len(changes), ErrTooFew)
	}
	sum, size := 0.0, 0.0
	for _, d := range changes {
		sum, size = sum+d, size+math.Abs(d)
	}
	if err := checkFinite(size); err != nil {
		return SignFlipped{}, fmt.Errorf("sign-flip: %w", err)
	}
	// Sums that are the same on paper differ by rounding.
	reach := math.Abs(sum) - 1e-12*size
	n, far := len(changes), 0
	s := SignFlipped{N: n, Exact: n <= exactFlips}
	total := eachFlip(n, seed, func(signs []float64) {
		flipped := 0.0
		for i, d := range changes {
			flipped += signs[i] * d
		}
		if math.Abs(flipped) >= reach {
			far++
		}
	})
	s.P, s.Smallest = share(far, total, s.Exact), math.Max(2/math.Exp2(float64(n)), share(0, total, s.Exact))
	return s, nil
}

// share returns the p of far choices of signs among total ones: of all that there
// are, or of drawn ones, to which what was observed is added.
func share(far, total int, exact bool) float64 {
	if exact {
		return float64(far) / float64(total)
	}
	return float64(far+1) / float64(total+1)
}

// eachFlip calls visit with choices of n signs and returns how many: all of them,
// what was observed among them, or drawn ones. The slice is reused.
func eachFlip(n int, seed uint64, visit func(signs []float64)) int {
	signs := make([]float64, n)
	if n > exactFlips {
		rng := rand.New(rand.NewPCG(seed, 1))
		for range drawnFlips {
			for i := range signs {
				signs[i] = float64(2*rng.IntN(2) - 1)
			}
			visit(signs)
		}
		return drawnFlips
	}
	for i := range signs {
		signs[i] = 1
	}
	visit(signs)
	for k := uint(1); k < 1<<n; k++ { // Gray's code: one sign a step
		i := bits.TrailingZeros(k)
		signs[i] = -signs[i]
		visit(signs)
	}
	return 1 << n
}

// rankedAtMost is the largest number of changes whose ranks are counted exactly.
const rankedAtMost = 200

// A SignedRank is Wilcoxon's signed-rank test of changes against 0.
type SignedRank struct {
	N             int
	V             float64 // sum of the ranks of the positive changes
	P             float64 // two-sided and exact
	Smallest      float64 // the smallest P that N subjects can reach
	HodgesLehmann float64 // median of the means of all pairs of changes, in their unit
	Interval      Interval
	Level         float64 // what Interval covers exactly, at least about the level that was asked for where N allows it
}

// Wilcoxon tests whether changes are symmetric about 0, by their ranks, counted
// exactly for 2 to 200 changes. The interval is that of the median with a level as near to
// the one asked for as the ranks allow. Changes of equal size or of 0 give
// ErrTies: SignFlip then holds.
//
// Source: Wilcoxon, Biometrics Bull 1945;1:80–83, doi:10.2307/3001968; Hodges &
// Lehmann, Ann Math Stat 1963;34:598–611, doi:10.1214/aoms/1177704172. In R:
// wilcox.test(after, before, paired = TRUE, exact = TRUE, conf.int = TRUE).
func Wilcoxon(changes []float64, level float64) (SignedRank, error) {
	n := len(changes)
	if err := checkFinite(changes...); err != nil {
		return SignedRank{}, fmt.Errorf("signed ranks: %w", err)
	}
	if err := checkLevel("level", level); err != nil {
		return SignedRank{}, fmt.Errorf("signed ranks: %w", err)
	}
	switch {
	case n < 2:
		return SignedRank{}, fmt.Errorf("signed ranks: %d changes: %w", n, ErrTooFew)
	case n > rankedAtMost:
		return SignedRank{}, fmt.Errorf("signed ranks: %d changes of at most %d: %w", n, rankedAtMost, ErrSettings)
	}
	order := slices.Clone(changes)
	slices.SortFunc(order, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	s := SignedRank{N: n, Smallest: 2 / math.Exp2(float64(n))}
	for i, d := range order {
		if tied := i > 0 && closeTo(math.Abs(d), math.Abs(order[i-1])); d == 0 || tied {
			return SignedRank{}, fmt.Errorf("signed ranks: %w", ErrTies)
		}
		if d > 0 {
			s.V += float64(i + 1)
		}
	}
	below := rankSums(n)
	top := n * (n + 1) / 2
	v := int(s.V)
	lower, upper := below[v], below[top-v] // the distribution is symmetric
	s.P = math.Min(1, 2*math.Min(lower, upper))
	walsh := walshMeans(changes)
	s.HodgesLehmann = median(walsh)
	// The interval leaves out the k − 1 smallest and largest means, where so many
	// hold at most half of what is to be left out.
	k := 0
	for k < top && below[k] < (1-level)/2 {
		k++
	}
	k = max(k, 1)
	s.Interval, s.Level = Interval{walsh[k-1], walsh[top-k]}, 1-2*below[k-1]
	return s, nil
}

// closeTo reports whether two numbers differ by rounding alone.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Max(math.Abs(a), math.Abs(b)) }

// rankSums returns the probability that the signed-rank sum of n changes is at
// most v, for every v, by counting subsets of 1..n by their sum.
func rankSums(n int) []float64 {
	top := n * (n + 1) / 2
	count := make([]float64, top+1)
	count[0] = 1
	for r := 1; r <= n; r++ {
		for v := top; v >= 0; v-- {
			take := 0.0
			if v >= r {
				take = count[v-r]
			}
			count[v] = (count[v] + take) / 2
		}
	}
	for v := 1; v <= top; v++ {
		count[v] += count[v-1]
	}
	return count
}

// walshMeans returns the means of all pairs of values, each with itself too, in
// order.
func walshMeans(values []float64) []float64 {
	var means []float64
	for i, a := range values {
		for _, b := range values[i:] {
			means = append(means, (a+b)/2)
		}
	}
	slices.Sort(means)
	return means
}

// median returns the middle of values that are in order.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// A MaxT is the test of one region among several that are tested together.
type MaxT struct {
	T        float64 // of the paired t test
	Flip     float64 // two-sided p of this region alone, by signs
	Adjusted float64 // p adjusted for all regions: the share of choices whose largest |t| reaches this one
	Exact    bool
}

// MaxTTest tests several regions together: changes[r][i] is the change of
// subject i in region r, all regions having the same subjects. The signs of a
// subject are flipped in all regions at once, which keeps how regions go together.
// It holds the family-wise error strongly where subjects are exchangeable.
//
// Source: Westfall & Young, Resampling-Based Multiple Testing, 1993; Nichols &
// Holmes, Hum Brain Mapp 2002;15:1–25, doi:10.1002/hbm.1058.
func MaxTTest(changes [][]float64, seed uint64) ([]MaxT, error) {
	if len(changes) == 0 {
		return nil, fmt.Errorf("max-t: no region: %w", ErrTooFew)
	}
	n := len(changes[0])
	out := make([]MaxT, len(changes))
	squares := make([]float64, len(changes))
	for r, d := range changes {
		if len(d) != n {
			return nil, fmt.Errorf("max-t: regions of %d and %d subjects: %w", n, len(d), ErrValues)
		}
		p, err := PairedTest(d)
		if err != nil {
			return nil, fmt.Errorf("max-t: region %d: %w", r+1, err)
		}
		out[r] = MaxT{T: p.T, Exact: n <= exactFlips}
		for _, v := range d {
			squares[r] += v * v
		}
	}
	alone, together := make([]int, len(changes)), make([]int, len(changes))
	flipped := make([]float64, len(changes))
	total := eachFlip(n, seed, func(signs []float64) {
		most := 0.0
		for r, d := range changes {
			flipped[r] = math.Abs(tOfSigns(d, signs, squares[r]))
			most = math.Max(most, flipped[r])
		}
		for r := range out {
			reach := math.Abs(out[r].T) * (1 - 1e-9) // the same t on paper differs by rounding
			if flipped[r] >= reach {
				alone[r]++
			}
			if most >= reach {
				together[r]++
			}
		}
	})
	for r := range out {
		out[r].Flip, out[r].Adjusted = share(alone[r], total, out[r].Exact), share(together[r], total, out[r].Exact)
	}
	return out, nil
}

// tOfSigns returns t of changes with other signs; their sum of squares stays the
// same.
func tOfSigns(d, signs []float64, squares float64) float64 {
	sum, n := 0.0, float64(len(d))
	for i, v := range d {
		sum += signs[i] * v
	}
	mean := sum / n
	return mean / math.Sqrt(math.Max((squares-n*mean*mean)/(n-1)/n, 0))
}
