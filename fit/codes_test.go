package fit_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// allOf returns what models say of a scan, MODEL_FAILED included.
func allOf(t *testing.T, s fit.Scan, models ...fit.Model) []ingest.Warning {
	t.Helper()
	all, list, err := fit.All(models, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		list = append(list, e.Warnings...)
	}
	return list
}

// raisers makes each warning of this package, by its code.
func raisers() map[ingest.Code]func(t *testing.T) []ingest.Warning {
	srtm := func(s fit.Scan) func(*testing.T) []ingest.Warning {
		return func(t *testing.T) []ingest.Warning { return allOf(t, s, fit.SRTM{}) }
	}
	missed := ordinary()
	missed.Frames = missed.Frames[1:]
	for i := range missed.TACs {
		missed.TACs[i].BqPerML = missed.TACs[i].BqPerML[1:]
	}
	early := ordinary()
	early.Frames = append([]ingest.Frame{}, early.Frames...)
	for i := range early.Frames {
		early.Frames[i].Start -= 10 * time.Minute
	}
	long := exactScan(phantom.Kinetics{R1: 1, K2PerMin: 0.065, BPND: 1.5}, phantom.DASB.Reference(), schedule(1, 360, 14, 360), phantom.CarbonHalfLife)
	wavy := changed(func(i int, u float64) float64 { return u * (1 + 0.05*math.Sin(float64(i)/1.5)) })
	jumps := changed(func(i int, u float64) float64 { return u * (1 + 0.3*float64(1-2*(i%2))) })
	blocked := region(1, 0)
	x := experiment{frames: hrrt(), ref: phantom.DASB.Reference(), k: phantom.Kinetics{R1: 1, K2PerMin: 0.065, BPND: 3}, noise: 0.15}
	biased := x.scan(rand.New(rand.NewPCG(1, 2)))
	return map[ingest.Code]func(*testing.T) []ingest.Warning{
		ingest.WarnFrameGap:   srtm(missed),
		ingest.WarnLateStart:  srtm(early),
		ingest.WarnScanShort:  srtm(long),
		ingest.WarnRefBinding: srtm(region(1, -0.4)),
		ingest.WarnFitBound:   srtm(region(1, 1000)),
		ingest.WarnBPRange:    srtm(region(1, 40)),
		ingest.WarnR1Range:    srtm(region(0.2, 1)),
		ingest.WarnResiduals:  srtm(wavy),
		ingest.WarnSE:         srtm(jumps),
		ingest.WarnIdentify:   srtm(region(1, 40)),
		ingest.WarnModelAgree: func(t *testing.T) []ingest.Warning {
			return allOf(t, slowRegion(), fit.SRTM2{}, fit.SRTM{})
		},
		ingest.WarnK2PrimeSpread: func(t *testing.T) []ingest.Warning { return allOf(t, slowRegion(), fit.SRTM2{}) },
		ingest.WarnModelFailed:   func(t *testing.T) []ingest.Warning { return allOf(t, blocked, fit.SRTM{}, fit.LoganRef{}) },
		ingest.WarnTStar: func(t *testing.T) []ingest.Warning {
			return allOf(t, ordinary(), fit.LoganRef{K2PrimePerMin: 0.065, TStar: 55 * time.Minute})
		},
		ingest.WarnNoiseBias: func(t *testing.T) []ingest.Warning {
			return allOf(t, biased, fit.LoganRef{K2PrimePerMin: 0.065, TStar: 30 * time.Minute})
		},
		ingest.WarnNegativeRate: func(t *testing.T) []ingest.Warning { return allOf(t, lessBlood(), fit.TCM1{}) },
		ingest.WarnVTRange:      func(t *testing.T) []ingest.Warning { return allOf(t, bloodTimes(1000), fit.TCM1{}) },
		ingest.WarnK1Range:      func(t *testing.T) []ingest.Warning { return allOf(t, bloodTimes(1e-3), fit.TCM1{}) },
		ingest.WarnVBRange:      func(t *testing.T) []ingest.Warning { return allOf(t, moreBlood(), fit.TCM1{}) },
		ingest.WarnDelay: func(t *testing.T) []ingest.Warning {
			_, doubts, err := fit.FindDelay(lateBlood())
			if err != nil {
				t.Fatal(err)
			}
			return doubts
		},
		ingest.WarnIntervalOpen: func(t *testing.T) []ingest.Warning {
			return allOf(t, proportional(0.3).scan(rand.New(rand.NewPCG(1, 2))), fit.SRTM{})
		},
		ingest.WarnPlotBlood: func(t *testing.T) []ingest.Warning { return allOf(t, moreBlood(), fit.Logan{}) },
		ingest.WarnNoSE:      func(t *testing.T) []ingest.Warning { return allOf(t, cortex(0.05, 0.05), fit.Spectral{}) },
	}
}

// lessBlood is a scan in which the fraction of blood in the region is below 0.
func lessBlood() fit.Scan {
	s := cortex(1e-9, 0.05)
	for f, v := range plasma().FrameMeans(s.Frames, s.HalfLife) {
		s.TACs[0].BqPerML[f] -= 0.1 * v
	}
	return s
}

// Every code that this package warns with is raised here, and its detail is a
// sentence that holds the number.
func TestEveryWarningIsRaisedAndIsASentence(t *testing.T) {
	raise := raisers()
	for code := range codesInSource(t) {
		if raise[code] == nil {
			t.Errorf("no test raises %s", code)
		}
	}
	for code, warnings := range raise {
		raised := false
		for _, w := range warnings(t) {
			raised = raised || w.Code == code
			if raise[w.Code] == nil {
				continue // of extract
			}
			if w.Code == ingest.WarnLateStart && w.Level == ingest.LevelWarn || w.Code == ingest.WarnFrameGap && strings.Contains(w.Detail, "gaps") {
				continue // of extract, with the same code
			}
			if strings.ContainsAny(w.Detail, "{}") || len(strings.Fields(w.Detail)) < 4 {
				t.Errorf("%s: %q", w.Code, w.Detail)
			}
			if w.Value < math.MaxFloat64 && w.Code != ingest.WarnModelFailed && w.Code != ingest.WarnSE && !regexp.MustCompile(`\d`).MatchString(w.Detail) {
				t.Errorf("%s says no number: %q", w.Code, w.Detail)
			}
		}
		if !raised {
			t.Errorf("%s was not raised: %v", code, warnings(t))
		}
	}
}

// codesInSource returns the codes that the files of this package name.
func codesInSource(t *testing.T) map[ingest.Code]bool {
	t.Helper()
	named := map[string]ingest.Code{
		"WarnFrameGap": ingest.WarnFrameGap, "WarnLateStart": ingest.WarnLateStart, "WarnScanShort": ingest.WarnScanShort, "WarnRefBinding": ingest.WarnRefBinding,
		"WarnFitBound": ingest.WarnFitBound, "WarnBPRange": ingest.WarnBPRange, "WarnR1Range": ingest.WarnR1Range, "WarnResiduals": ingest.WarnResiduals,
		"WarnSE": ingest.WarnSE, "WarnIdentify": ingest.WarnIdentify, "WarnModelAgree": ingest.WarnModelAgree, "WarnModelFailed": ingest.WarnModelFailed, "WarnPlotBlood": ingest.WarnPlotBlood,
		"WarnTStar": ingest.WarnTStar, "WarnNoiseBias": ingest.WarnNoiseBias, "WarnNegativeRate": ingest.WarnNegativeRate,
		"WarnNoSE": ingest.WarnNoSE, "WarnDelay": ingest.WarnDelay, "WarnIntervalOpen": ingest.WarnIntervalOpen,
		"WarnVTRange": ingest.WarnVTRange, "WarnK1Range": ingest.WarnK1Range, "WarnVBRange": ingest.WarnVBRange,
		"WarnK2PrimeSpread": ingest.WarnK2PrimeSpread,
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[ingest.Code]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`ingest\.(Warn\w+)`).FindAllStringSubmatch(string(body), -1) {
			code, ok := named[m[1]]
			if !ok {
				code = ingest.Code(m[1])
			}
			if m[1] != "Warning" {
				found[code] = true
			}
		}
	}
	return found
}

// Every sentinel has a code, alone and where it is found, and the reason holds
// what the error says.
func TestEveryRejectionHasACode(t *testing.T) {
	for _, err := range []error{fit.ErrFrames, fit.ErrTooFewFrames, fit.ErrReference, fit.ErrK2Prime, fit.ErrValues, fit.ErrHalfLife, fit.ErrBlood, fit.ErrSettings} {
		if code := ingest.ReasonOf(err).Code; code == ingest.CodeInternal {
			t.Errorf("%v: code %s", err, code)
		}
	}
	_, unnamed := fit.ByName("nonsense", fit.Settings{})
	_, unweighted := fit.ByName("srtm", fit.Settings{Weighting: "nonsense"})
	_, unresampled := fit.Bootstrap(fit.SRTM{}, ordinary(), 1, 0)
	_, based := fit.RPM{Bases: 1}.Fit(ordinary())
	_, _, delayed := fit.FindDelay(ordinary())
	none := ordinary()
	none.Reference = "nowhere"
	_, lost := fit.SRTM{}.Fit(none)
	overlap := ordinary()
	overlap.Frames = append([]ingest.Frame{}, overlap.Frames...)
	overlap.Frames[3].Start -= time.Second
	_, overlapped := fit.SRTM{}.Fit(overlap)
	_, _, all := fit.All([]fit.Model{fit.SRTM{}}, fit.NewScan(extract.Curves{}, ""))
	for _, test := range []struct {
		err  error
		code ingest.Code
	}{
		{unnamed, ingest.CodeSettings}, {unweighted, ingest.CodeSettings}, {unresampled, ingest.CodeSettings}, {based, ingest.CodeSettings},
		{delayed, ingest.CodeFit}, {lost, ingest.CodeFit}, {overlapped, ingest.CodeOverlap}, {all, ingest.CodeFit},
	} {
		reason := ingest.ReasonOf(test.err)
		if reason.Code != test.code || !strings.Contains(test.err.Error(), reason.Detail) {
			t.Errorf("%v: %+v, want %s", test.err, reason, test.code)
		}
	}
}
