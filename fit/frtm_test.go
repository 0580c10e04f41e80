package fit_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// frtmTruths reads exact curves of two compartments on a reference of one.
func frtmTruths(t *testing.T, dir string) []truth {
	t.Helper()
	var list []truth
	at := map[string]int{}
	for _, row := range rowsOf(t, filepath.Join(dir, "frtm_params.csv")) {
		at[row["case"]] = len(list)
		list = append(list, truth{name: row["case"], params: numbers(t, row)})
	}
	for _, row := range rowsOf(t, filepath.Join(dir, "frtm_tacs_A90.csv")) {
		tr := &list[at[row["case"]]]
		tr.frames = append(tr.frames, frame(number(t, row["start_min"]), number(t, row["end_min"])))
		tr.ref = append(tr.ref, number(t, row["ref_avg"]))
		tr.target = append(tr.target, number(t, row["tgt_avg"]))
	}
	return list
}

// The project's limit is a median of 0.1 % for BPND. Others have 0.16 to
// 0.28 %, and k3 and k4 wrong by eight times in one of twenty.
func TestExactFRTM(t *testing.T) {
	var bpnd, rates []float64
	for _, tr := range frtmTruths(t, sharedTruth) {
		estimates, err := fit.FRTM{}.Fit(tr.scan())
		if err != nil {
			t.Fatal(err)
		}
		off := func(s fit.Symbol) float64 {
			got, _ := estimates[0].Get(s)
			return 100 * math.Abs(got/tr.params[truthName(s)]-1)
		}
		bpnd, rates = append(bpnd, off(fit.BPND)), append(rates, math.Max(off(fit.K3), off(fit.K4)))
		if off(fit.K3) > 50 {
			t.Logf("%s %v: %+v %v", tr.name, tr.params, estimates[0].Parameters, estimates[0].Warnings)
		}
		if off(fit.BPND) > 2 && !warned(estimates[0], ingest.WarnIdentify) {
			t.Errorf("%s: BPND off by %.2f %% without a warning", tr.name, off(fit.BPND))
		}
	}
	slices.Sort(bpnd)
	slices.Sort(rates)
	n := len(bpnd)
	for _, kind := range []struct {
		row  *figures.Row
		errs []float64
	}{
		{figures.Accuracy(t, "BPND by FRTM, 36 exact curves: error", 1), bpnd},
		{figures.Accuracy(t, "k3 and k4 by FRTM, the same curves: error", 1), rates},
	} {
		median, worst := kind.row.AtMost("median # %"), kind.row.AtMost("worst # %")
		median.Add(kind.errs[n/2])
		worst.Add(kind.errs[n-1])
	}
	t.Logf("BPND: median %.4f %%, worst %.3f %%; k3, k4: median %.4f %%, worst %.3f %%", bpnd[n/2], bpnd[n-1], rates[n/2], rates[n-1])
	if bpnd[n/2] > 0.1 || rates[n-1] > 50 {
		t.Errorf("BPND: median %.4f %%, worst %.3f %%; k3, k4: worst %.3f %%", bpnd[n/2], bpnd[n-1], rates[n-1])
	}
}

// truthName returns how the tables of exact curves call a parameter.
func truthName(s fit.Symbol) string {
	if s == fit.BPND {
		return "BPND"
	}
	return string(s)
}

// At R1 = 1 k2′ and k3 + k4 may change places: the other solution is named,
// with its k3, and BPND is that of both.
func TestFRTMNamesItsTwin(t *testing.T) {
	for _, r1 := range []float64{1, 0.7} {
		s := fit.Scan{Frames: hrrt(), HalfLife: phantom.CarbonHalfLife, Reference: "r"}
		for name, region := range map[extract.Region]phantom.Curve{"r": compartments(0.1, 0.1, 1e-9, 1, 0), "t": compartments(r1*0.1, r1*0.1, 0.3, 0.2, 0)} {
			s.TACs = append(s.TACs, extract.TAC{Region: name, BqPerML: region.FrameMeans(s.Frames, s.HalfLife)})
		}
		estimates, err := fit.FRTM{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		e := estimates[0]
		if twin := slices.ContainsFunc(e.Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnIdentify && w.Level == ingest.LevelDoubt }); twin != (r1 == 1) {
			t.Errorf("R1 = %g: a twin is named: %v, %v", r1, twin, e.Warnings)
		}
		if bp, _ := e.Get(fit.BPND); math.Abs(bp-1.5) > 1e-3 {
			t.Errorf("R1 = %g: BPND %g", r1, bp)
		}
	}
}
