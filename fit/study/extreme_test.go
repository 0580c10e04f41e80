package study_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"tacstream/fit/study"
)

// Whatever float64 holds, every function answers with numbers or an error.
func TestExtremeNumbersGiveNumbersOrErrors(t *testing.T) {
	extremes := []float64{0, 1, -1, 2, 3, 0.5, 1e-300, -1e-300, 1e300, -1e300, math.MaxFloat64, 5e-324, 1e150, 1e-150,
		1e9, math.NaN(), math.Inf(1), math.Inf(-1)}
	rng := rand.New(rand.NewPCG(8, 1))
	draw := func(n int) []float64 {
		list := make([]float64, n)
		wild := rng.IntN(3) // none, a few or all of them are extreme
		for i := range list {
			list[i] = 1 + rng.Float64()
			if wild == 2 || wild == 1 && rng.IntN(6) == 0 {
				list[i] = extremes[rng.IntN(len(extremes))]
			}
		}
		return list
	}
	answers := map[string]int{}
	check := func(name string, answer any, err error) {
		if err == nil {
			answers[name]++
			checkNumbers(t, name, reflect.ValueOf(answer))
		}
	}
	for range 4000 {
		n := 2 + rng.IntN(6)
		a, b, x := draw(n), draw(n), draw(6)
		p, err := study.PairedTest(a)
		check("paired", p, err)
		if err == nil {
			e, err := p.Equivalent(study.Interval{Low: -x[0], High: x[1]}, 0.05)
			check("equivalence", e, err)
			check("interval", p.Interval(0.95), nil)
			check("g", []float64{p.HedgesG(), p.CohenDz(), p.Upper(0), p.Lower(0)}, nil)
		}
		w, err := study.Welch(a, b)
		check("welch", w, err)
		f, err := study.SignFlip(a, 1)
		check("flip", f, err)
		r, err := study.Wilcoxon(a, 0.9)
		check("ranks", r, err)
		m, err := study.MaxTTest([][]float64{a, b}, 1)
		check("max-t", m, err)
		re, err := study.RandomEffectsMean(a, b)
		check("random effects", re, err)
		c, err := study.LogChange(study.Measured{Value: x[0], SE: x[1]}, study.Measured{Value: x[2], SE: x[3]}, x[4]/4)
		check("change", c, err)
		j, err := study.JZS(x[0], n, x[1])
		check("jzs", j, err)
		l, err := study.Lassen(a, b, 0.95)
		check("lassen", l, err)
		o, err := study.OriginOccupancy(a, b, 0.95)
		check("origin", o, err)
		q, err := study.LEO(a, b, nil, 0.95)
		check("leo", q, err)
		s, err := study.LEOShared(a, [][]float64{b})
		check("shared", s, err)
		d, err := study.EmaxCurve(a, b, rng.IntN(2) == 0)
		check("dose", d, err)
		v, err := study.Repeat(a, b)
		check("repeat", v, err)
		one, err := study.AbsoluteVariability(a, b)
		check("absolute", one, err)
		k, err := study.K2PrimeUnchanged(a, b, 0.15, 0.05)
		check("k2'", k, err)
		pc, err := study.PowerOfChange(n, x[0], x[1], 0.05)
		check("power", pc, err)
		pe, err := study.PowerOfEquivalence(n, x[0], x[1], x[2], 0.05)
		check("power of equivalence", pe, err)
		checkMixed(t, rng, draw, check)
	}
	for _, name := range []string{"paired", "equivalence", "welch", "flip", "ranks", "max-t", "random effects", "change",
		"jzs", "lassen", "origin", "leo", "shared", "repeat", "absolute", "k2'", "power", "power of equivalence", "mixed", "effect"} {
		if answers[name] < 50 {
			t.Errorf("%s answered only %d times", name, answers[name])
		}
	}
}

// checkMixed fits a mixed model of random shape to extreme numbers.
func checkMixed(t *testing.T, rng *rand.Rand, draw func(int) []float64, check func(string, any, error)) {
	t.Helper()
	n := 5 + rng.IntN(5)
	d := study.MixedData{Y: draw(n), Fixed: [][]float64{make([]float64, n), draw(n)}, Groups: [][]int{make([]int, n)}}
	for i := range n {
		d.Fixed[0][i], d.Groups[0][i] = 1, rng.IntN(3)
	}
	m, err := study.FitMixed(d)
	check("mixed", m, err)
	if err != nil {
		return
	}
	e, err := m.Effect([]float64{0, 1})
	check("effect", e, err)
	if err == nil {
		check("interval of an effect", e.Interval(0.95), nil)
	}
	f, err := m.Test([][]float64{{1, 0}, {0, 1}})
	check(fmt.Sprint("F of ", len(m.Beta)), f, err)
}
