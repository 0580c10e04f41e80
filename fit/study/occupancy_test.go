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

// An occupancyTruth is what R says of one subject's regions.
type occupancyTruth struct {
	Before []float64 `json:"Vbase"`
	After  []float64 `json:"Vblock"`
	Lassen struct {
		Occupancy float64   `json:"occ"`
		SE        float64   `json:"se_occ"`
		VND       float64   `json:"VND"`
		VNDSE     float64   `json:"se_VND_delta"`
		Fieller   []float64 `json:"VND_fieller95"`
		R2        float64   `json:"r2"`
		Sigma     float64   `json:"sigma"`
		Low       float64   `json:"occ_lo95"`
		High      float64   `json:"occ_hi95"`
	} `json:"lassen"`
	Orthogonal leoTruth `json:"orthogonal"`
	Identity   leoTruth `json:"leo_identity"`
	Diagonal   leoTruth `json:"leo_diag3pct"`
	Correlated leoTruth `json:"leo_corr06"`
	Origin     struct {
		Before    []float64 `json:"bp0"`
		After     []float64 `json:"bp1"`
		Occupancy float64   `json:"occ"`
		SE        float64   `json:"se"`
	} `json:"bp_origin"`
	Emax struct {
		Dose     []float64 `json:"dose"`
		Occ      []float64 `json:"occ"`
		Most     float64   `json:"Omax"`
		ED50     float64   `json:"ED50"`
		SE       []float64 `json:"se"`
		RSS      float64   `json:"rss"`
		ED50Only float64   `json:"ED50_only"`
		SEOnly   float64   `json:"se_ED50_only"`
	} `json:"emax"`
}

type leoTruth struct {
	Occupancy float64 `json:"occ"`
	VND       float64 `json:"VND"`
	Least     float64 `json:"q"`
}

func TestOccupancyAgreesWithR(t *testing.T) {
	eachTruth(t, "occupancy.json", func(t *testing.T, dir string) {
		var truth occupancyTruth
		readJSON(t, filepath.Join(dir, "occupancy.json"), &truth)
		c := compare(t)
		l, err := study.Lassen(truth.Before, truth.After, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		want := truth.Lassen
		c.close("slope", l.Occupancy, want.Occupancy, exactly)
		c.close("se of the slope", l.SE, want.SE, exactly)
		c.close("low", l.Interval.Low, want.Low, exactly)
		c.close("high", l.Interval.High, want.High, exactly)
		c.close("VND", l.VND.Value, want.VND, exactly)
		c.close("se of VND", l.VNDSE, want.VNDSE, exactly)
		c.close("VND, low", l.VND.Interval.Low, want.Fieller[0], exactly)
		c.close("VND, high", l.VND.Interval.High, want.Fieller[1], exactly)
		c.close("R²", l.R2, want.R2, exactly)
		c.close("σ", l.Residual, want.Sigma, exactly)
		o, err := study.OriginOccupancy(truth.Origin.Before, truth.Origin.After, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		c.close("through the origin", o.Occupancy, truth.Origin.Occupancy, exactly)
		c.close("its se", o.SE, truth.Origin.SE, exactly)
	})
}

func TestLEOAgreesWithR(t *testing.T) {
	worst := figures.Accuracy(t, "occupancy by likelihood: difference from R", 1).AtMost("at most # in 10⁹")
	eachTruth(t, "occupancy.json", func(t *testing.T, dir string) {
		var truth occupancyTruth
		readJSON(t, filepath.Join(dir, "occupancy.json"), &truth)
		exact := []float64{2.1, 2.9, 3.4, 4.2, 4.9, 5.6, 6.3, 7.7} // VT without noise, of which the noise is 3 %
		covariance := func(correlation float64) [][]float64 {
			s := make([][]float64, len(exact))
			for i := range exact {
				s[i] = make([]float64, len(exact))
				for j := range exact {
					s[i][j] = 0.03 * exact[i] * 0.03 * exact[j] * correlation
				}
				s[i][i] = 0.03 * exact[i] * 0.03 * exact[i]
			}
			return s
		}
		c := compare(t).into(worst)
		for _, test := range []struct {
			name       string
			covariance [][]float64
			want       leoTruth
		}{
			{"the same noise", nil, truth.Identity}, {"3 % of noise", covariance(0), truth.Diagonal},
			{"correlated noise", covariance(0.6), truth.Correlated},
		} {
			f, err := study.LEO(truth.Before, truth.After, test.covariance, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			c.close(test.name+": occupancy", f.Occupancy, test.want.Occupancy, 1e-6)
			c.close(test.name+": VND", *f.VND, test.want.VND, 1e-6)
			c.close(test.name+": least", f.Least, test.want.Least, 1e-6)
			if !f.Bounded || !f.Interval.Contains(f.Occupancy) || !(f.SE > 0) {
				t.Errorf("%s: %+v", test.name, f)
			}
		}
		f, err := study.LEO(truth.Before, truth.After, nil, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		c.close("orthogonal regression", f.Occupancy, truth.Orthogonal.Occupancy, exactly)
		c.close("its VND", *f.VND, truth.Orthogonal.VND, exactly)
		s, err := study.LEOShared(truth.Before, [][]float64{truth.After})
		if err != nil {
			t.Fatal(err)
		}
		c.close("one scan with a shared VND", s.Occupancies[0], truth.Orthogonal.Occupancy, 1e-6)
		c.close("its VND", s.VND, truth.Orthogonal.VND, 1e-6)
	})
}

// Of two drugged scans, the example of the R package occ.
func TestASharedVNDAgreesWithR(t *testing.T) {
	eachTruth(t, "occ_example.json", func(t *testing.T, dir string) {
		var truth struct {
			VT        [][]float64 `json:"VT"`
			Occupancy []float64   `json:"reml_occ"`
			VND       float64     `json:"reml_VND"`
			RSS       float64     `json:"reml_rss"`
			OLS       []float64   `json:"ols_occ"`
			OLSVND    []float64   `json:"ols_VND"`
		}
		readJSON(t, filepath.Join(dir, "occ_example.json"), &truth)
		scans := make([][]float64, 3)
		for _, r := range truth.VT {
			for k, v := range r {
				scans[k] = append(scans[k], v)
			}
		}
		s, err := study.LEOShared(scans[0], scans[1:])
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		// R's optim goes by numerical slopes, and ends 1.3e-6 beside the least sum of squares.
		c.close("VND", s.VND, truth.VND, 1e-5)
		c.close("what is left", s.Residual, truth.RSS, 1e-9)
		for k, o := range s.Occupancies {
			c.close("occupancy", o, truth.Occupancy[k], 1e-6)
			l, err := study.Lassen(scans[0], scans[k+1], 0.95)
			if err != nil {
				t.Fatal(err)
			}
			c.close("Lassen", l.Occupancy, truth.OLS[k], exactly)
			c.close("Lassen's VND", l.VND.Value, truth.OLSVND[k], exactly)
		}
	})
}

func TestDoseCurvesAgreeWithR(t *testing.T) {
	eachTruth(t, "occupancy.json", func(t *testing.T, dir string) {
		var truth occupancyTruth
		readJSON(t, filepath.Join(dir, "occupancy.json"), &truth)
		want := truth.Emax
		free, err := study.EmaxCurve(want.Dose, want.Occ, false)
		if err != nil {
			t.Fatal(err)
		}
		fixed, err := study.EmaxCurve(want.Dose, want.Occ, true)
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		const of = 1e-6 // nls
		c.close("most", free.Most, want.Most, of)
		c.close("ED50", free.ED50, want.ED50, of)
		c.close("se of most", free.MostSE, want.SE[0], of)
		c.close("se of ED50", free.ED50SE, want.SE[1], of)
		c.close("what is left", free.RSS, want.RSS, of)
		c.close("ED50 with most fixed", fixed.ED50, want.ED50Only, of)
		c.close("its se", fixed.ED50SE, want.SEOnly, of)
	})
}

// Without noise every method gives the truth back, where binding rose too.
func TestExactOccupanciesAreFound(t *testing.T) {
	v0 := []float64{2.1, 2.9, 3.4, 4.2, 7.7}
	for _, o := range []float64{-1.5, -0.2, 0.05, 0.62, 0.99, 1.2} {
		const vnd = 1.5
		var v1 []float64
		for _, v := range v0 {
			v1 = append(v1, vnd+(1-o)*(v-vnd))
		}
		l, err := study.Lassen(v0, v1, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		f, err := study.LEO(v0, v1, nil, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		s, err := study.LEOShared(v0, [][]float64{v1})
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string][2]float64{"Lassen": {l.Occupancy, l.VND.Value}, "LEO": {f.Occupancy, *f.VND},
			"shared": {s.Occupancies[0], s.VND}} {
			if math.Abs(got[0]-o) > 1e-6 || math.Abs(got[1]-vnd) > 1e-5 {
				t.Errorf("o = %v: %s has %v and VND %v", o, name, got[0], got[1])
			}
		}
	}
	// Nothing was displaced: o is 0 and VND is not known.
	l, err := study.Lassen(v0, v0, 0.95)
	if err != nil || l.Occupancy != 0 || l.VND != nil {
		t.Errorf("Lassen without a drug: %+v, %v", l, err)
	}
	f, err := study.LEO(v0, v0, nil, 0.95)
	if err != nil || math.Abs(f.Occupancy) > 1e-9 || f.VND != nil {
		t.Errorf("LEO without a drug: %+v, %v", f, err)
	}
	if _, err := study.LEOShared(v0, [][]float64{v0}); !errors.Is(err, study.ErrNotIdentified) {
		t.Errorf("a shared VND without a drug: %v", err)
	}
}

// Three regions of much noise bound nothing: the interval ends where LEO looks.
func TestAnOpenIntervalOfOccupancy(t *testing.T) {
	f, err := study.LEO([]float64{2, 3, 4}, []float64{2.1, 2, 3.5}, nil, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if f.Bounded || f.Interval != (study.Interval{Low: -2, High: 1.5}) {
		t.Errorf("%+v", f)
	}
	f, err = study.LEO([]float64{2, 3, 4, 5, 6}, []float64{3.4, 4.0, 7.6, 8.4, 12.0}, nil, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if f.Bounded || f.Interval.Low != -2 || !(f.Interval.High < 1.5) {
		t.Errorf("%+v", f)
	}
}

// An ED50 may lie beyond the doses.
func TestDoseCurvesBeyondTheDoses(t *testing.T) {
	dose := []float64{1, 2, 4, 8}
	for _, ed50 := range []float64{0.2, 30} {
		var o []float64
		for _, d := range dose {
			o = append(o, 0.8*d/(ed50+d))
		}
		c, err := study.EmaxCurve(dose, o, false)
		if err != nil || math.Abs(c.ED50/ed50-1) > 1e-6 || math.Abs(c.Most-0.8) > 1e-6 {
			t.Errorf("ED50 of %v: %+v, %v", ed50, c, err)
		}
	}
}

// The profile interval of LEO holds the truth in 95 % of noisy scans; Lassen's
// slope is biased by the noise in V₀, and LEO's is not.
func TestOccupancyIntervalsAreCalibrated(t *testing.T) {
	const scans, occupancy, vnd, noise = 4000, 0.6, 1.5, 0.15
	exact := []float64{2.1, 2.5, 2.9, 3.2, 3.4, 3.8, 4.2, 4.9}
	rng := rand.New(rand.NewPCG(11, 5))
	holds, sumLEO, sumLassen := 0, 0.0, 0.0
	for range scans {
		v0, v1 := make([]float64, len(exact)), make([]float64, len(exact))
		for i, v := range exact {
			v0[i] = v + noise*rng.NormFloat64()
			v1[i] = vnd + (1-occupancy)*(v-vnd) + noise*rng.NormFloat64()
		}
		f, err := study.LEO(v0, v1, nil, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		l, err := study.Lassen(v0, v1, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if f.Interval.Contains(occupancy) {
			holds++
		}
		sumLEO, sumLassen = sumLEO+f.Occupancy/scans, sumLassen+l.Occupancy/scans
	}
	cover := float64(holds) / scans
	t.Logf("cover %.4f; mean of LEO %.4f, of Lassen %.4f", cover, sumLEO, sumLassen)
	figures.Accuracy(t, "95 % intervals of occupancy by likelihood that hold the truth", 1).AtLeast("# %").Add(100 * cover)
	if math.Abs(cover-0.95) > 0.0138 { // four standard errors of 4,000 draws
		t.Errorf("%.4f of the intervals hold the truth", cover)
	}
	if math.Abs(sumLEO-occupancy) > 0.006 { // noise of the mean 0.001, and the second order
		t.Errorf("the mean of LEO is %.4f", sumLEO)
	}
	if !(sumLassen > sumLEO+0.005) {
		t.Errorf("the mean of Lassen is %.4f, that of LEO %.4f", sumLassen, sumLEO)
	}
}

func TestRepeatabilityAgreesWithR(t *testing.T) {
	eachTruth(t, "repeatability.json", func(t *testing.T, dir string) {
		var truth map[string]any
		readJSON(t, filepath.Join(dir, "repeatability.json"), &truth)
		var other map[string]any
		readJSON(t, filepath.Join(dir, "repeatability_relfeas.json"), &other)
		var test, retest []float64
		for _, pair := range truth["data"].([]any) {
			p := pair.(map[string]any)
			test, retest = append(test, p["test"].(float64)), append(retest, p["retest"].(float64))
		}
		r, err := study.Repeat(test, retest)
		if err != nil {
			t.Fatal(err)
		}
		absolute, err := study.AbsoluteVariability(test, retest)
		if err != nil {
			t.Fatal(err)
		}
		c := compare(t)
		i := r.ICC
		for name, got := range map[string]float64{
			"n": float64(r.N), "mean": r.Mean, "absvar_mean_pct": 100 * r.Absolute, "absvar_sd_pct": 100 * r.AbsoluteSD,
			"signvar_mean_pct": 100 * r.Signed, "signvar_sd_pct": 100 * r.SignedSD, "wscv_pct": 100 * r.WSCV, "sem_msw": r.SEM,
			"mdd95_msw": r.MDD, "ba_bias": r.Bias, "ba_lo": r.Limits.Low, "ba_hi": r.Limits.High,
			"MSR": i.MSBetween, "MSC": i.MSScans, "MSE": i.MSError, "MSW": i.MSW,
			"icc1": i.OneWay, "icc1_lo": i.OneWayInterval.Low, "icc1_hi": i.OneWayInterval.High,
			"icc2": i.Agreement, "icc2_lo": i.AgreementInterval.Low, "icc2_hi": i.AgreementInterval.High,
			"icc3": i.Consistency, "icc3_lo": i.ConsistencyInterval.Low, "icc3_hi": i.ConsistencyInterval.High,
		} {
			c.close(name, got, truth[name].(float64), exactly)
		}
		for name, got := range map[string]float64{
			"wscv": r.WSCVOfMean, "sdd": r.MDD, "sdd_lo": r.MDDInterval.Low, "sdd_hi": r.MDDInterval.High, "absvar": absolute,
		} {
			c.close("relfeas: "+name, got, other[name].(float64), exactly)
		}
	})
}

func TestImpossibleScansAreRefused(t *testing.T) {
	ok := []float64{2, 3, 4, 5.5}
	lassen := func(a, b []float64) error { _, err := study.Lassen(a, b, 0.95); return err }
	leo := func(a, b []float64, s [][]float64) error { _, err := study.LEO(a, b, s, 0.95); return err }
	origin := func(a, b []float64) error { _, err := study.OriginOccupancy(a, b, 0.95); return err }
	emax := func(a, b []float64) error { _, err := study.EmaxCurve(a, b, false); return err }
	repeat := func(a, b []float64) error { _, err := study.Repeat(a, b); return err }
	one := func(a, b []float64) error { _, err := study.AbsoluteVariability(a, b); return err }
	shared := func(a []float64, b ...[]float64) error { _, err := study.LEOShared(a, b); return err }
	level := func() error { _, err := study.Lassen(ok, ok, 1); return err }
	nan := []float64{2, 3, math.NaN(), 5}
	for _, test := range []struct {
		name string
		got  error
		want error
	}{
		{"Lassen of two regions", lassen(ok[:2], ok[:2]), study.ErrTooFew},
		{"Lassen of NaN", lassen(ok, nan), study.ErrValues},
		{"Lassen of other regions", lassen(ok, ok[:3]), study.ErrValues},
		{"Lassen of equal regions", lassen([]float64{2, 2, 2}, ok[:3]), study.ErrConstant},
		{"Lassen at a level of 1", level(), study.ErrSettings},
		{"LEO of two regions", leo(ok[:2], ok[:2], nil), study.ErrTooFew},
		{"LEO of equal regions", leo([]float64{2, 2, 2}, ok[:3], nil), study.ErrConstant},
		{"LEO with a singular covariance", leo(ok[:3], ok[:3], [][]float64{{1, 1, 0}, {1, 1, 0}, {0, 0, 1}}),
			study.ErrValues},
		{"LEO with a lopsided covariance", leo(ok[:3], ok[:3], [][]float64{{1, 0.5, 0}, {0, 1, 0}, {0, 0, 1}}),
			study.ErrValues},
		{"LEO with a short covariance", leo(ok[:3], ok[:3], [][]float64{{1}}), study.ErrValues},
		{"LEO with a short row", leo(ok[:3], ok[:3], [][]float64{{1}, {0, 1, 0}, {0, 0, 1}}), study.ErrValues},
		{"BPND of one region", origin(ok[:1], ok[:1]), study.ErrTooFew},
		{"BPND of 0", origin([]float64{0, 0}, ok[:2]), study.ErrValues},
		{"two doses", emax([]float64{1, 2}, []float64{0.4, 0.5}), study.ErrTooFew},
		{"two levels of dose", emax([]float64{1, 2, 2}, []float64{0.4, 0.5, 0.6}), study.ErrTooFew},
		{"a dose of 0", emax([]float64{0, 1, 2}, []float64{0, 0.5, 0.6}), study.ErrValues},
		{"occupancy in proportion to dose", emax([]float64{1, 2, 4}, []float64{0.01, 0.02, 0.04}), study.ErrNotIdentified},
		{"an occupancy of NaN", emax([]float64{1, 2, 3, 4}, nan), study.ErrValues},
		{"two subjects twice", repeat(ok[:2], ok[:2]), study.ErrTooFew},
		{"the same scans twice", repeat(ok, ok), study.ErrConstant},
		{"a negative value", repeat([]float64{1, 2, -3}, ok[:3]), study.ErrValues},
		{"NaN twice", repeat(nan, nan), study.ErrValues},
		{"no subject twice", one(nil, nil), study.ErrTooFew},
		{"no drugged scan", shared(ok), study.ErrTooFew},
		{"equal regions and a drug", shared([]float64{2, 2, 2}, ok[:3]), study.ErrConstant},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
}
