package fit_test

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// A truth is one noise-free case: exact frame means of a reference and a
// region, and the parameters behind them.
type truth struct {
	name     string
	params   map[string]float64
	halfLife time.Duration // 0: no decay
	frames   []ingest.Frame
	ref      []float64
	target   []float64
}

// readTruths reads a table of exact curves. The small one in testdata is a
// part of the shared one.
func readTruths(t *testing.T, dir, schedule string) []truth {
	t.Helper()
	params := rowsOf(t, filepath.Join(dir, "srtm_params.csv"))
	rows := rowsOf(t, filepath.Join(dir, "srtm_tacs_"+schedule+".csv"))
	var list []truth
	at := map[string]int{}
	for _, p := range params {
		at[p["case"]] = len(list)
		tr := truth{name: p["case"], params: map[string]float64{}}
		for name, v := range p {
			if x, err := strconv.ParseFloat(v, 64); err == nil {
				tr.params[name] = x
			}
		}
		list = append(list, tr)
	}
	for _, row := range rows {
		tr := &list[at[row["case"]]]
		tr.frames = append(tr.frames, frame(number(t, row["start_min"]), number(t, row["end_min"])))
		tr.ref = append(tr.ref, number(t, row["ref_avg"]))
		tr.target = append(tr.target, number(t, row["tgt_avg"]))
	}
	return slices.DeleteFunc(list, func(tr truth) bool { return len(tr.frames) == 0 })
}

func frame(startMin, endMin float64) ingest.Frame {
	a, b := time.Duration(math.Round(startMin*60e9)), time.Duration(math.Round(endMin*60e9))
	return ingest.Frame{Start: a, Duration: b - a}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func rowsOf(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no shared data: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		list = append(list, m)
	}
	return list
}

func (tr truth) scan() fit.Scan {
	return fit.Scan{Frames: tr.frames, HalfLife: tr.halfLife, Reference: "reference", TACs: []extract.TAC{{Region: "reference", BqPerML: tr.ref}, {Region: "target", BqPerML: tr.target}}}
}

// errorsOf returns |error| of BPND in %, sorted, and the name of the worst.
func errorsOf(t *testing.T, list []truth, model func(truth) fit.Model) (sorted []float64, worst string) {
	t.Helper()
	top := -1.0
	for _, tr := range list {
		estimates, err := model(tr).Fit(tr.scan())
		if err != nil {
			t.Fatalf("%s: %v", tr.name, err)
		}
		bp, _ := estimates[0].Get(fit.BPND)
		off := 100 * math.Abs(bp-tr.params["BPND"]) / tr.params["BPND"]
		if math.IsNaN(off) {
			off = math.Inf(1)
		}
		if off > top {
			top, worst = off, tr.name
		}
		sorted = append(sorted, off)
	}
	slices.Sort(sorted)
	return sorted, worst
}

// answerable leaves out the cases in which the curves are proportional, R1 =
// 1 + BPND: nothing tells BPND from R1 there.
func answerable(list []truth) []truth {
	return slices.DeleteFunc(list, func(tr truth) bool { return math.Abs(tr.params["R1"]-1-tr.params["BPND"]) < 1e-9 })
}

// limits are what |error| of BPND in % may be.
type limits struct {
	name          string
	of            func(truth) fit.Model
	median, worst float64
}

// check fits every case and returns the errors.
func (l limits) check(t *testing.T, list []truth) (median, top float64) {
	t.Helper()
	sorted, worst := errorsOf(t, list, l.of)
	median, top = sorted[len(sorted)/2], sorted[len(sorted)-1]
	t.Logf("%s: %d cases, median %.5f %%, worst %.4f %% (%s)", l.name, len(sorted), median, top, worst)
	if !(median <= l.median) || !(top <= l.worst) {
		t.Errorf("%s: median %.5f %%, worst %.4f %% (%s); want %g and %g", l.name, median, top, worst, l.median, l.worst)
	}
	return median, top
}

func srtm(truth) fit.Model     { return fit.SRTM{} }
func mrtm(truth) fit.Model     { return fit.MRTM{} }
func mrtm0(truth) fit.Model    { return fit.MRTM0{} }
func srtm2(tr truth) fit.Model { return fit.SRTM2{K2PrimePerMin: tr.params["k2prime"]} }
func mrtm2(tr truth) fit.Model { return fit.MRTM2{K2PrimePerMin: tr.params["k2prime"]} }
func logan(tr truth) fit.Model { return fit.LoganRef{K2PrimePerMin: tr.params["k2prime"]} }

// The project set itself 0.002 % in the median (0.01 % for MRTM) and 0.05 % at
// worst. The limits here are tenths of that, so that a loss is seen. Others'
// errors on the same curves are, median and worst: kinfitr 0.44 % and 22 %,
// tpcclib 0.20 % and 37 %, DynamicPET 0.12 % and 1.6 %.
func TestExactCurves(t *testing.T) {
	row := figures.Accuracy(t, "BPND, 446 exact curves, six models: error", 12)
	median, worst := row.AtMost("median # %"), row.AtMost("worst # %")
	for _, set := range []struct{ name, dir, schedule string }{
		{"testdata", "testdata", "A90"}, {"A90", sharedTruth, "A90"}, {"C93", sharedTruth, "C93"},
	} {
		t.Run(set.name, func(t *testing.T) {
			list := answerable(readTruths(t, set.dir, set.schedule))
			for _, l := range []limits{
				{"srtm", srtm, 0.0002, 0.005},
				{"logan-ref with true k2′", logan, 0.0002, 0.005},
				{"mrtm", mrtm, 0.0002, 0.005},
				{"srtm2 with true k2′", srtm2, 0.0002, 0.005},
				{"mrtm2 with true k2′", mrtm2, 0.0002, 0.005},
				{"mrtm0", mrtm0, 0.0002, 0.01},
			} {
				m, top := l.check(t, list)
				if set.dir == sharedTruth {
					median.Add(m)
					worst.Add(top)
				}
			}
		})
	}
}

// All that SRTM says, not BPND alone.
func TestExactParameters(t *testing.T) {
	for _, tr := range answerable(readTruths(t, "testdata", "A90")) {
		for _, m := range []fit.Model{fit.SRTM{}, fit.MRTM{}} {
			estimates, err := m.Fit(tr.scan())
			if err != nil {
				t.Fatal(err)
			}
			for symbol, column := range map[fit.Symbol]string{fit.R1: "R1", fit.K2: "k2", fit.K2Prime: "k2prime", fit.K2A: "k2a"} {
				got, _ := estimates[0].Get(symbol)
				if m.Name() == "srtm" && symbol == fit.K2A {
					continue
				}
				if want := tr.params[column]; !(math.Abs(got/want-1) < 1e-4) {
					t.Errorf("%s, %s: %s = %v, want %v", tr.name, m.Name(), symbol, got, want)
				}
			}
		}
	}
}

// A break of half an hour, wherever it lies: what was in it is bridged, and said
// so. The limits, 0.25 % in the median and 2.5 % at worst, are the project's. One
// from 60 min cuts the scan short.
func TestABreakOfHalfAnHour(t *testing.T) {
	row := figures.Accuracy(t, "BPND, a break of 30 min in a scan: error", 90)
	median, worst := row.AtMost("median # %"), row.AtMost("worst # %")
	for _, set := range []struct{ name, dir, schedule string }{
		{"testdata", "testdata", "A90"}, {"A90", sharedTruth, "A90"}, {"C93", sharedTruth, "C93"},
	} {
		for from := 20 * time.Minute; from <= 60*time.Minute; from += 5 * time.Minute {
			t.Run(set.name+" "+from.String(), func(t *testing.T) {
				list := answerable(readTruths(t, set.dir, set.schedule))
				for i := range list {
					list[i] = list[i].without(from, from+30*time.Minute)
				}
				for _, l := range []limits{{"srtm", srtm, 0.25, 2.5}, {"srtm2", srtm2, 0.25, 2.5}, {"mrtm", mrtm, 0.25, 2.5}, {"mrtm2", mrtm2, 0.25, 2.5}, {"logan-ref", logan, 0.25, 2.5}} {
					m, top := l.check(t, list)
					if set.dir == sharedTruth {
						median.Add(m)
						worst.Add(top)
					}
				}
				last := list[0].frames[len(list[0].frames)-1]
				estimates, err := fit.SRTM{}.Fit(list[0].scan())
				if err != nil || last.End() > from && !warned(estimates[0], ingest.WarnFrameGap) {
					t.Errorf("no warning of the gap: %v, %v", estimates, err)
				}
			})
		}
	}
}

// without leaves out the frames that overlap a time.
func (tr truth) without(from, to time.Duration) truth {
	kept := tr
	kept.frames, kept.ref, kept.target = nil, nil, nil
	for i, f := range tr.frames {
		if f.End() <= from || f.Start >= to {
			kept.frames = append(kept.frames, f)
			kept.ref = append(kept.ref, tr.ref[i])
			kept.target = append(kept.target, tr.target[i])
		}
	}
	return kept
}

// All regions of one reference and one k2′ together, which is not given. The
// project's limit is 0.1 % at worst.
func TestExactCurvesCoupled(t *testing.T) {
	row := figures.Accuracy(t, "BPND, the same curves, k2′ estimated by SRTM2: error", 2)
	largest := row.AtMost("worst # %")
	for _, set := range []struct{ dir, schedule string }{{"testdata", "A90"}, {sharedTruth, "A90"}, {sharedTruth, "C93"}} {
		t.Run(set.dir+" "+set.schedule, func(t *testing.T) {
			worst, name, groups := 0.0, "", map[[2]float64]fit.Scan{}
			truths := map[extract.Region]truth{}
			for _, tr := range answerable(readTruths(t, set.dir, set.schedule)) {
				key := [2]float64{tr.ref[len(tr.ref)/2], tr.params["k2prime"]}
				s, ok := groups[key]
				if !ok {
					s = fit.Scan{Frames: tr.frames, Reference: "reference", TACs: []extract.TAC{{Region: "reference", BqPerML: tr.ref}}}
				}
				s.TACs = append(s.TACs, extract.TAC{Region: extract.Region(tr.name), BqPerML: tr.target})
				groups[key], truths[extract.Region(tr.name)] = s, tr
			}
			cases := 0
			for key, s := range groups {
				estimates, err := fit.SRTM2{}.Fit(s)
				if err != nil {
					t.Errorf("k2′ %g, %d regions: %v", key[1], len(s.TACs)-1, err)
					continue
				}
				for _, e := range estimates {
					bpnd, _ := e.Get(fit.BPND)
					off := 100 * math.Abs(bpnd/truths[e.Region].params["BPND"]-1)
					if cases++; off > worst {
						worst, name = off, string(e.Region)
					}
				}
			}
			t.Logf("%d cases in %d groups: worst %.5f %% (%s)", cases, len(groups), worst, name)
			if worst > 0.1 {
				t.Errorf("worst %.5f %% (%s)", worst, name)
			}
			if set.dir == sharedTruth {
				largest.Add(worst)
			}
		})
	}
}
