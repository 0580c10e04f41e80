package study_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"tacstream/config/figures"
	"tacstream/fit/study"
)

// exactly is the tolerance for what R computes to the 12 digits of its tables.
const exactly = 1e-9

func TestPairedTestsAgreeWithR(t *testing.T) {
	worst := figures.Accuracy(t, "paired t, intervals, Hedges' g: difference from R", 1).AtMost("at most # in 10⁹")
	eachTruth(t, "paired.tsv", func(t *testing.T, dir string) {
		c := compare(t).into(worst)
		for _, r := range rowsOf(t, filepath.Join(dir, "paired.tsv")) {
			d := changes(t, r["set"], r["tracer"], r["region"], r["from"], r["to"], r["scale"])
			p, err := study.PairedTest(d)
			if err != nil {
				t.Fatal(err)
			}
			i95, i90 := p.Interval(0.95), p.Interval(0.9)
			for _, v := range []struct {
				column string
				got    float64
			}{
				{"n", float64(p.N)}, {"mean", p.Mean}, {"sd", p.SD}, {"se", p.SE}, {"t", p.T}, {"df", p.DF}, {"p_t", p.P},
				{"lo95", i95.Low}, {"hi95", i95.High}, {"lo90", i90.Low}, {"hi90", i90.High}, {"dz", p.CohenDz()}, {"gz",
					p.HedgesG()},
			} {
				c.close(v.column, v.got, r.number(t, v.column), exactly)
			}
		}
	})
}

func TestExactTestsAgreeWithR(t *testing.T) {
	eachTruth(t, "paired.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		for _, r := range rowsOf(t, filepath.Join(dir, "paired.tsv")) {
			d := changes(t, r["set"], r["tracer"], r["region"], r["from"], r["to"], r["scale"])
			flip, err := study.SignFlip(d, 1)
			if err != nil {
				t.Fatal(err)
			}
			c.close("p_signflip", flip.P, r.number(t, "p_signflip"), exactly)
			c.close("smallest p", flip.Smallest, 2/math.Exp2(r.number(t, "n")), exactly)
			w, err := study.Wilcoxon(d, 0.95)
			if errors.Is(err, study.ErrTies) {
				t.Fatalf("%v: %v", d, err)
			}
			for _, v := range []struct {
				column string
				got    float64
			}{
				{"V", w.V}, {"p_wilcox_exact", w.P}, {"hodges_lehmann", w.HodgesLehmann}, {"wlo", w.Interval.Low}, {"whi",
					w.Interval.High},
			} {
				c.close(v.column, v.got, r.number(t, v.column), exactly)
			}
			// R writes the level that was asked for where that is reached, else the exact one with two digits.
			if level := r.number(t, "wconf"); w.Level < level-0.0051 || level < 0.95 && w.Level > level+0.0051 {
				t.Errorf("level %v, R has %v", w.Level, level)
			}
		}
	})
}

// Student's own data: R's help of sleep and t.test prints these values.
func TestTheSleepDataGiveThePublishedTests(t *testing.T) {
	a := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	b := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	w, err := study.Welch(a, b)
	if err != nil {
		t.Fatal(err)
	}
	d := make([]float64, len(a))
	for i := range a {
		d[i] = b[i] - a[i]
	}
	p, err := study.PairedTest(d)
	if err != nil {
		t.Fatal(err)
	}
	between, within := w.Interval(0.95), p.Interval(0.95)
	for _, v := range []struct {
		what      string
		got, want float64
		unit      float64 // of the last digit that is printed
	}{
		{"Welch t", w.T, 1.8608, 1e-4}, {"Welch df", w.DF, 17.776, 1e-3}, {"Welch p", w.P, 0.07939, 1e-5},
		{"Welch low", between.Low, -0.2054832, 1e-7}, {"Welch high", between.High, 3.3654832, 1e-7},
		{"paired t", p.T, 4.0621, 1e-4}, {"paired p", p.P, 0.002833, 1e-6},
		{"paired low", within.Low, 0.7001142, 1e-7}, {"paired high", within.High, 2.4598858, 1e-7},
	} {
		if math.Abs(v.got-v.want) > v.unit {
			t.Errorf("%s = %v, want %v", v.what, v.got, v.want)
		}
	}
	// One subject did not change at all.
	if _, err := study.Wilcoxon(d, 0.95); !errors.Is(err, study.ErrTies) {
		t.Errorf("ranks with a change of 0: %v", err)
	}
}

// Ranks are counted far beyond the tables. The exact probability that all 200
// changes are positive is 2^-200, and V is symmetric about its middle.
func TestRanksOfManySubjects(t *testing.T) {
	for _, n := range []int{2, 16, 200} {
		up, mixed := make([]float64, n), make([]float64, n)
		for i := range up {
			up[i], mixed[i] = float64(i+1), float64(i+1)
			if (i/2)%2 == (i % 2) { // signs + − − + leave the sum of ranks in the middle
				mixed[i] = -mixed[i]
			}
		}
		w, err := study.Wilcoxon(up, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if want := math.Ldexp(2, -n); math.Abs(w.P/want-1) > 1e-12 || w.Smallest != want {
			t.Errorf("%d positive changes: p = %v, smallest %v, want %v", n, w.P, w.Smallest, want)
		}
		w, err = study.Wilcoxon(mixed, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if n > 2 && w.P < 0.9 {
			t.Errorf("%d changes about 0: p = %v", n, w.P)
		}
	}
	if _, err := study.Wilcoxon(make([]float64, 201), 0.95); err == nil {
		t.Error("201 changes were ranked")
	}
}

// Sums that are the same on paper count as the same: decimals against integers.
func TestSignFlipsOfDecimalsAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for range 300 {
		whole, d := make([]int, 6), make([]float64, 6)
		sum := 0
		for i := range whole {
			whole[i] = rng.IntN(19) - 9
			d[i] = float64(whole[i]) / 10
			sum += whole[i]
		}
		far := 0
		for mask := range 1 << len(whole) {
			flipped := 0
			for i, w := range whole {
				flipped += w * (1 - 2*(mask>>i&1))
			}
			if max(flipped, -flipped) >= max(sum, -sum) {
				far++
			}
		}
		got, err := study.SignFlip(d, 1)
		if err != nil || got.P != float64(far)/64 {
			t.Errorf("%v: p = %v, want %v (%v)", d, got.P, float64(far)/64, err)
		}
	}
}

// With more subjects than can be counted, drawn signs agree with the t test.
func TestDrawnSignsAgreeWithT(t *testing.T) {
	var d []float64
	for i := range 30 {
		d = append(d, 0.15+math.Sin(float64(i*i)))
	}
	p, err := study.PairedTest(d)
	if err != nil {
		t.Fatal(err)
	}
	first, err := study.SignFlip(d, 5)
	if err != nil {
		t.Fatal(err)
	}
	again, err := study.SignFlip(d, 5)
	if err != nil {
		t.Fatal(err)
	}
	if first != again {
		t.Error("the same seed gave two answers")
	}
	// Four standard errors of 9,999 draws, and half as much for the shape of d.
	if tol := 6 * math.Sqrt(p.P*(1-p.P)/9999); math.Abs(first.P-p.P) > tol || first.Exact {
		t.Errorf("drawn p = %v, t has %v", first.P, p.P)
	}
	if first.Smallest != 1e-4 {
		t.Errorf("the smallest p of 9,999 draws is 1/10,000, not %v", first.Smallest)
	}
}

func TestMaxTAgreesWithR(t *testing.T) {
	eachTruth(t, "maxt.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		rows := rowsOf(t, filepath.Join(dir, "maxt.tsv"))
		for _, tracer := range []string{"AZ10419369", "DASB"} {
			var d [][]float64
			var want []row
			for _, r := range rows {
				if r["tracer"] == tracer {
					d, want = append(d, changes(t, "n6", tracer, r["region"], "base", "ket", "log")), append(want, r)
				}
			}
			got, err := study.MaxTTest(d, 1)
			if err != nil {
				t.Fatal(err)
			}
			var p []float64
			for i, g := range got {
				c.close("t", g.T, want[i].number(t, "t"), 1e-6)
				c.close("p of one region", g.Flip, want[i].number(t, "p_flip"), exactly)
				c.close("p of all", g.Adjusted, want[i].number(t, "p_maxT"), exactly)
				alone, err := study.PairedTest(d[i])
				if err != nil {
					t.Fatal(err)
				}
				p = append(p, alone.P)
			}
			for i, h := range study.Holm(p) {
				c.close("Holm", h, want[i].number(t, "p_holm_t"), exactly)
			}
		}
	})
}

func TestAdjustedPAgreeWithR(t *testing.T) {
	methods := map[string]func([]float64) []float64{
		"holm": study.Holm, "hochberg": study.Hochberg, "bonferroni": study.Bonferroni,
		"BH": study.BenjaminiHochberg, "BY": study.BenjaminiYekutieli,
	}
	eachTruth(t, "padjust.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		sets := map[string][]row{}
		for _, r := range rowsOf(t, filepath.Join(dir, "padjust.tsv")) {
			sets[r["set"]] = append(sets[r["set"]], r)
		}
		for name, rows := range sets {
			if name == "withNA" {
				continue // R makes the family smaller: see TestAnAbsentTestStaysInTheFamily
			}
			var p []float64
			for _, r := range rows {
				p = append(p, r.number(t, "p"))
			}
			for method, adjust := range methods {
				for i, q := range adjust(p) {
					c.close(name+" "+method, q, rows[i].number(t, method), exactly)
				}
			}
		}
	})
}

// R leaves a missing p out, which helps the others. By hand: (.001, 1, .03, .02)
// in a family of four.
func TestAnAbsentTestStaysInTheFamily(t *testing.T) {
	p := []float64{0.001, math.NaN(), 0.03, 0.02}
	for _, v := range []struct {
		name string
		got  []float64
		want []float64
	}{
		{"Holm", study.Holm(p), []float64{0.004, 1, 0.06, 0.06}},
		{"Hochberg", study.Hochberg(p), []float64{0.004, 1, 0.06, 0.06}},
		{"Benjamini-Hochberg", study.BenjaminiHochberg(p), []float64{0.004, 1, 0.04, 0.04}},
		{"Bonferroni", study.Bonferroni(p), []float64{0.004, 1, 0.12, 0.08}},
	} {
		for i := range v.want {
			if math.Abs(v.got[i]-v.want[i]) > 1e-15 {
				t.Errorf("%s: %v, want %v", v.name, v.got, v.want)
				break
			}
		}
	}
	if len(study.Holm(nil)) != 0 {
		t.Error("an empty family has values")
	}
}

func TestEquivalenceAgreesWithR(t *testing.T) {
	eachTruth(t, "tost.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		for _, r := range rowsOf(t, filepath.Join(dir, "tost.tsv")) {
			p, err := study.PairedTest(changes(t, r["set"], r["tracer"], r["region"], "base", "nbqxket", "log"))
			if err != nil {
				t.Fatal(err)
			}
			margin, err := study.LogMargin(r.number(t, "margin"))
			if err != nil {
				t.Fatal(err)
			}
			e, err := p.Equivalent(margin, 0.05)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []struct {
				column string
				got    float64
			}{
				{"lo", e.Margin.Low}, {"hi", e.Margin.High}, {"t_lower", e.TLower}, {"t_upper", e.TUpper}, {"p_lower", e.PLower},
				{"p_upper", e.PUpper}, {"p_tost", e.P}, {"ci90_lo", e.Interval.Low}, {"ci90_hi", e.Interval.High},
			} {
				c.close(v.column, v.got, r.number(t, v.column), exactly)
			}
			if e.Inside != (e.P < 0.05) {
				t.Errorf("p = %v, yet the interval is inside: %v", e.P, e.Inside)
			}
		}
	})
}

func TestBayesFactorsAgreeWithR(t *testing.T) {
	eachTruth(t, "jzs_bf.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		for _, r := range rowsOf(t, filepath.Join(dir, "jzs_bf.tsv")) {
			got, err := study.JZS(r.number(t, "t"), int(r.number(t, "n")), math.Sqrt2/2) // the table rounds √2/2
			if err != nil {
				t.Fatal(err)
			}
			c.close("BF10", math.Exp(got), r.number(t, "BF10"), 1e-6) // of R's integrate
		}
	})
	// Beyond what a float64 holds the logarithm is still a number.
	if got, err := study.JZS(1e9, 200, math.Sqrt2/2); err != nil || !(got > 700) || math.IsInf(got, 0) {
		t.Errorf("ln BF of t = 1e9: %v, %v", got, err)
	}
}

func TestRandomEffectsAgreeWithR(t *testing.T) {
	eachTruth(t, "randomeffects.json", func(t *testing.T, dir string) {
		type set struct {
			Y    []float64 `json:"y"`
			Q    float64   `json:"Q"`
			Tau2 float64   `json:"tau2_DL"`
			RE   []float64 `json:"re"`
		}
		var truth struct {
			SE            []float64 `json:"se"`
			Homogeneous   set       `json:"homogeneous"`
			Heterogeneous set       `json:"heterogeneous"`
		}
		readJSON(t, filepath.Join(dir, "randomeffects.json"), &truth)
		c := compare(t)
		for _, s := range []set{truth.Homogeneous, truth.Heterogeneous} {
			r, err := study.RandomEffectsMean(s.Y, truth.SE)
			if err != nil {
				t.Fatal(err)
			}
			i := r.Interval(0.95)
			c.close("Q", r.Q, s.Q, exactly)
			c.close("τ²", r.Tau2, s.Tau2, exactly)
			for k, got := range []float64{r.Mean, r.SE, r.HKSE, i.Low, i.High} {
				c.close("mean, se, HK se, interval", got, s.RE[k], exactly)
			}
		}
	})
}

func TestTheErrorOfAChangeAgreesWithR(t *testing.T) {
	eachTruth(t, "change_se.json", func(t *testing.T, dir string) {
		var truth struct {
			B0, B1, SE0, SE1, Rho, Change float64
			Delta                         float64 `json:"se_delta"`
			Log                           float64 `json:"se_log"`
		}
		readJSON(t, filepath.Join(dir, "change_se.json"), &truth)
		got, err := study.LogChange(study.Measured{Value: truth.B0, SE: truth.SE0},
			study.Measured{Value: truth.B1, SE: truth.SE1}, truth.Rho)
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		c.close("change", got.Share, truth.Change, exactly)
		c.close("se of the share", got.ShareSE, truth.Delta, exactly)
		c.close("se of the logarithm", got.LogSE, truth.Log, exactly)
		c.close("logarithm", got.Log, math.Log(1.2), exactly)
	})
}

// Nothing that a table can hold gives a panic or a number that is none.
func TestImpossibleValuesAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	paired := func(d ...float64) error { _, err := study.PairedTest(d); return err }
	flip := func(d ...float64) error { _, err := study.SignFlip(d, 1); return err }
	rank := func(d ...float64) error { _, err := study.Wilcoxon(d, 0.95); return err }
	random := func(d, se []float64) error { _, err := study.RandomEffectsMean(d, se); return err }
	change := func(a, b study.Measured, rho float64) error { _, err := study.LogChange(a, b, rho); return err }
	maxT := func(d ...[]float64) error { _, err := study.MaxTTest(d, 1); return err }
	welch := func(a, b []float64) error { _, err := study.Welch(a, b); return err }
	equivalent := func(m study.Interval, alpha float64) error {
		_, err := study.PairedT{N: 4, Mean: 1, SD: 2, SE: 1, DF: 3}.Equivalent(m, alpha)
		return err
	}
	tenth := 0.1 // a constant 0.1 + 0.2 would be exact
	jzs := func(t float64, n int) error { _, err := study.JZS(t, n, 0.7); return err }
	for _, test := range []struct {
		name string
		got  error
		want error
	}{
		{"t of nothing", paired(), study.ErrTooFew},
		{"t of one subject", paired(0.2), study.ErrTooFew},
		{"t of NaN", paired(0.2, nan), study.ErrValues},
		{"t of infinity", paired(0.2, inf), study.ErrValues},
		{"t beyond a float64", paired(math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64), study.ErrValues},
		{"t of equal changes", paired(0.2, 0.2, 0.2), study.ErrConstant},
		{"t of changes equal but for rounding", paired(1.3-1.1, 1.4-1.2, 0.3-0.1), study.ErrConstant},
		{"t of changes equal but for the last digit", paired(tenth+0.2, 0.3, 0.3, 0.3), study.ErrConstant},
		{"ranks with a change of 0", rank(0, 1, 2, 3), study.ErrTies},
		{"t of no changes", paired(0, 0, 0), study.ErrConstant},
		{"sign-flip of one", flip(1), study.ErrTooFew},
		{"sign-flip of NaN", flip(1, nan, 3), study.ErrValues},
		{"sign-flip beyond a float64", flip(math.MaxFloat64, math.MaxFloat64), study.ErrValues},
		{"ranks of one", rank(1), study.ErrTooFew},
		{"ranks of NaN", rank(1, nan), study.ErrValues},
		{"ranks of opposite changes", rank(1, -1, 2), study.ErrTies},
		{"random effects of one", random([]float64{1}, []float64{1}), study.ErrTooFew},
		{"random effects with an error of 0", random([]float64{1, 2, 4}, []float64{0.1, 0, 0.1}), study.ErrValues},
		{"random effects with a negative error", random([]float64{1, 2, 4}, []float64{0.1, -1, 0.1}), study.ErrValues},
		{"random effects with an error of NaN", random([]float64{1, 2, 4}, []float64{0.1, nan, 0.1}), study.ErrValues},
		{"random effects with fewer errors", random([]float64{1, 2, 4}, []float64{0.1}), study.ErrValues},
		{"random effects of equal changes", random([]float64{1, 1, 1}, []float64{0.1, 0.2, 0.1}), study.ErrConstant},
		{"change from 0", change(study.Measured{}, study.Measured{Value: 1}, 0), study.ErrValues},
		{"change to a negative value", change(study.Measured{Value: 1}, study.Measured{Value: -1}, 0), study.ErrValues},
		{"change of NaN", change(study.Measured{Value: nan}, study.Measured{Value: 1}, 0), study.ErrValues},
		{"change with a correlation of 2", change(study.Measured{Value: 1, SE: 1}, study.Measured{Value: 1, SE: 1}, 2),
			study.ErrValues},
		{"change with a negative error", change(study.Measured{Value: 1, SE: -1}, study.Measured{Value: 1, SE: 1}, 0),
			study.ErrValues},
		{"change beyond a float64", change(study.Measured{Value: 1e-300}, study.Measured{Value: 1e300}, 0), study.ErrValues},
		{"max-t of nothing", maxT(), study.ErrTooFew},
		{"max-t of regions with other subjects", maxT([]float64{1, 2}, []float64{1, 2, 4}), study.ErrValues},
		{"max-t of equal changes", maxT([]float64{1, 2}, []float64{1, 1}), study.ErrConstant},
		{"a group of one", welch([]float64{1}, []float64{1, 2}), study.ErrTooFew},
		{"a margin upside down", equivalent(study.Interval{Low: 1, High: -1}, 0.05), study.ErrSettings},
		{"an alpha of a half", equivalent(study.Interval{Low: -1, High: 1}, 0.5), study.ErrSettings},
		{"Bayes factor of NaN", jzs(nan, 4), study.ErrValues},
		{"Bayes factor of one pair", jzs(2, 1), study.ErrTooFew},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
	if _, err := study.LogMargin(1); !errors.Is(err, study.ErrSettings) {
		t.Errorf("a margin of everything: %v", err)
	}
	if p, err := study.PairedTest([]float64{1, 2}); err != nil || p.HedgesG() != 0 {
		t.Errorf("g of two pairs: %v, %v", p.HedgesG(), err)
	}
}
