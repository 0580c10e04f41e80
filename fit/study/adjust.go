package study

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns the p values adjusted for the family that they form, in their
// order: the least error rate of the whole family at which each is claimed. It
// holds whatever the dependence between the tests.
//
//	p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎)
//
// A p that is NaN, a test that could not be made, counts as 1 and stays in the
// family: R's p.adjust leaves it out and makes the family smaller, so that an
// absent region would help the others.
//
// Source: Holm, Scand J Stat 1979;6:65–70, https://www.jstor.org/stable/4615733. In R: p.adjust(p, "holm").
func Holm(p []float64) []float64 {
	return adjust(p, false, func(i, m int) float64 { return float64(m - i) })
}

// Hochberg returns adjusted p values like Holm, stepping up: it needs tests that
// are independent or positively dependent, and is never larger than Holm's.
//
// Source: Hochberg, Biometrika 1988;75:800–802, doi:10.1093/biomet/75.4.800. In R:
// p.adjust(p, "hochberg").
func Hochberg(p []float64) []float64 {
	return adjust(p, true, func(i, m int) float64 { return float64(m - i) })
}

// BenjaminiHochberg returns q values: among the tests with q at most x, a share
// of x is expected to be false. A p that is NaN counts as 1.
//
//	q₍ᵢ₎ = min over j ≥ i of min(1, m p₍ⱼ₎/j)
//
// Source: Benjamini & Hochberg, J R Stat Soc B 1995;57:289–300,
// doi:10.1111/j.2517-6161.1995.tb02031.x. In R: p.adjust(p, "BH").
func BenjaminiHochberg(p []float64) []float64 {
	return adjust(p, true, func(i, m int) float64 { return float64(m) / float64(i+1) })
}

// BenjaminiYekutieli returns q values that hold whatever the dependence between
// the tests: those of BenjaminiHochberg times 1 + 1/2 + … + 1/m.
//
// Source: Benjamini & Yekutieli, Ann Stat 2001;29:1165–1188,
// doi:10.1214/aos/1013699998. In R: p.adjust(p, "BY").
func BenjaminiYekutieli(p []float64) []float64 {
	harmonic := 0.0
	for i := range p {
		harmonic += 1 / float64(i+1)
	}
	return adjust(p, true, func(i, m int) float64 { return harmonic * float64(m) / float64(i+1) })
}

// Bonferroni returns m times each p, at most 1. In R: p.adjust(p, "bonferroni").
func Bonferroni(p []float64) []float64 {
	return adjust(p, false, func(_, m int) float64 { return float64(m) })
}

// adjust multiplies each p by the factor of its place among m and makes the
// product monotone, from the smallest upwards or, stepping up, from the largest
// downwards.
func adjust(p []float64, up bool, factor func(i, m int) float64) []float64 {
	m := len(p)
	value := func(i int) float64 {
		if math.IsNaN(p[i]) {
			return 1
		}
		return p[i]
	}
	places := make([]int, m)
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(value(a), value(b)) })
	out := make([]float64, m)
	bound := 0.0
	if up {
		bound = 1
	}
	for k := range places {
		i := k
		if up {
			i = m - 1 - k
		}
		at := places[i]
		product := math.Min(1, factor(i, m)*value(at))
		if up {
			bound = math.Min(bound, product)
		} else {
			bound = math.Max(bound, product)
		}
		out[at] = bound
	}
	return out
}
