package fit_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A straightCase is an exact curve and what a plot of it should say.
type straightCase struct {
	name    string
	scan    fit.Scan
	truth   float64 // the main parameter
	noBlood bool    // in the region
}

// straightCases returns the exact curves with an arterial input: those of two
// compartments and of one for VT, the trapped ones for Ki.
func straightCases(t *testing.T) (reversible, irreversible []straightCase) {
	for _, kind := range []string{"tcm2", "tcm1", "tcm2irr"} {
		list, blood := arterialTruths(t, sharedTruth, kind)
		for i, tr := range list {
			c := straightCase{tr.name, fit.Scan{Frames: tr.frames, Blood: blood[i], TACs: []extract.TAC{{Region: "t", BqPerML: tr.target}}}, tr.params["VT"], tr.params["vB"] == 0}
			if kind != "tcm2irr" {
				reversible = append(reversible, c)
				continue
			}
			c.truth = tr.params["Ki"]
			irreversible = append(irreversible, c)
		}
	}
	return reversible, irreversible
}

// ownCases are a few of the same kinds in closed form.
func ownCases() (reversible, irreversible []straightCase) {
	for _, k4 := range []float64{0.01, 0.015, 0.15} {
		for _, vB := range []float64{0, 0.05} {
			s := cortex(0.05, 0.05)
			s.TACs = []extract.TAC{{Region: "t", BqPerML: compartments(0.1, 0.1, 0.05, k4, vB).FrameMeans(s.Frames, s.HalfLife)}}
			reversible = append(reversible, straightCase{"reversible", s, 1 + 0.05/k4, vB == 0})
		}
	}
	for _, k3 := range []float64{0.006, 0.1} {
		s := cortex(0.05, 0.05)
		s.TACs = []extract.TAC{{Region: "t", BqPerML: compartments(0.1, 0.05, k3, 1e-9, 0).FrameMeans(s.Frames, s.HalfLife)}}
		irreversible = append(irreversible, straightCase{"trapped", s, 0.1 * k3 / (0.05 + k3), true})
	}
	return reversible, irreversible
}

// A plot that is off by more than 5 % says so, because it bends or because of the blood
// in the region; one without blood that is off by less than 1 % says nothing.
func TestPlotsThatBendAreNamed(t *testing.T) {
	check := func(m fit.Model, main fit.Symbol, list []straightCase) {
		off, named, quiet := 0, 0, 0
		for _, c := range list {
			estimates, err := m.Fit(c.scan)
			if err != nil {
				t.Fatal(err)
			}
			e := estimates[0]
			value, _ := e.Get(main)
			wrong := math.Abs(value/c.truth - 1)
			bent, bloody := warned(e, ingest.WarnTStar), warned(e, ingest.WarnPlotBlood)
			switch {
			case wrong > 0.05:
				off++
				if bent || bloody {
					named++
				} else {
					t.Errorf("%s, %s: off by %.3g without a word", m.Name(), c.name, wrong)
				}
			case wrong < 0.01 && c.noBlood:
				quiet++
				if bent || bloody {
					t.Errorf("%s, %s: off by %.3g, %v", m.Name(), c.name, wrong, e.Warnings)
				}
			}
			if bloody && c.noBlood {
				t.Errorf("%s, %s has no blood: %v", m.Name(), c.name, e.Warnings)
			}
		}
		t.Logf("%s: %d of %d that are off by more than 5 %% are named; %d within 1 %% are not", m.Name(), named, off, quiet)
		if off == 0 || quiet == 0 {
			t.Errorf("%s: nothing was tried", m.Name())
		}
	}
	t.Run("own", func(t *testing.T) {
		reversible, irreversible := ownCases()
		check(fit.Logan{}, fit.VT, reversible)
		check(fit.MA1{}, fit.VT, reversible)
		check(fit.Patlak{}, fit.KI, irreversible)
	})
	t.Run("shared", func(t *testing.T) {
		reversible, irreversible := straightCases(t)
		check(fit.Logan{}, fit.VT, reversible)
		check(fit.MA1{}, fit.VT, reversible)
		check(fit.Patlak{}, fit.KI, irreversible)
	})
}

// Noise alone does not make a straight plot bend: 200 scans of two compartments
// of which the plot is straight, 3 % noise in the middle, seed 9.
func TestNoiseDoesNotBendAPlot(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	s := cortex(0.05, 0.05)
	exact := compartments(0.1, 0.1, 0.05, 0.15, 0).FrameMeans(s.Frames, s.HalfLife)
	named := 0
	const scans = 200
	for range scans {
		u := make([]float64, len(exact))
		level := 0.03 * 0.03 * exact[len(exact)/2] * s.Frames[len(exact)/2].Duration.Minutes()
		for f, v := range exact {
			u[f] = v + math.Sqrt(level*v/s.Frames[f].Duration.Minutes())*rng.NormFloat64()
		}
		s.TACs = []extract.TAC{{Region: "t", BqPerML: u}}
		estimates, err := fit.Logan{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		if warned(estimates[0], ingest.WarnTStar) {
			named++
		}
	}
	t.Logf("%d of %d", named, scans)
	if named > scans/20 {
		t.Errorf("%d of %d straight plots are said to bend", named, scans)
	}
}

// manyRegions is a scan of twelve regions, of which some are slow: their plots
// straighten late.
func manyRegions(slow int) fit.Scan {
	s := exactScan(phantom.Kinetics{R1: 1, K2PerMin: 0.065, BPND: 1}, phantom.DASB.Reference(), hrrt(), phantom.CarbonHalfLife)
	s.TACs = s.TACs[:1]
	for i := range 12 {
		k := phantom.Kinetics{R1: 0.9 + 0.02*float64(i), K2PerMin: 0.09 - 0.003*float64(i), BPND: 0.5 + 0.2*float64(i)}
		if i < slow {
			k = phantom.Kinetics{R1: 0.5, K2PerMin: 0.015, BPND: 5}
		}
		s.TACs = append(s.TACs, extract.TAC{Region: extract.Region("r" + string(rune('a'+i))), BqPerML: k.FrameMeans(phantom.DASB.Reference(), s.Frames, s.HalfLife)})
	}
	return s
}

// All regions of a scan have one t*, not before the floor unless it was given.
func TestOneTStarPerScanAndModel(t *testing.T) {
	plots := func(given time.Duration) []fit.Model {
		return []fit.Model{fit.LoganRef{TStar: given}, fit.LoganRefNoK2P{TStar: given}, fit.MRTM0{TStar: given}, fit.PatlakRef{TStar: given}}
	}
	for _, given := range []time.Duration{0, 4 * time.Minute, 30 * time.Minute} {
		for _, m := range plots(given) {
			estimates, err := m.Fit(manyRegions(3))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range estimates {
				if e.TStar != estimates[0].TStar {
					t.Errorf("%s: t* of %s is %v, of %s %v", m.Name(), e.Region, e.TStar, estimates[0].Region, estimates[0].TStar)
				}
			}
			if at := estimates[0].TStar; given > 0 && at != given || given == 0 && at < fit.EarliestTStar && m.Name() != "mrtm0" {
				t.Errorf("%s: t* %v, given %v", m.Name(), at, given)
			}
		}
	}
}

// Regions that would start their linear phases far apart are named, once for all:
// a region of which the tracer comes off at 0.015/min straightens late.
func TestScatteredStartsAreNamed(t *testing.T) {
	for _, slow := range []int{0, 3} {
		s := cortex(0.05, 0.05)
		s.TACs = nil
		for i := range 12 {
			k4 := 0.15
			if i < slow {
				k4 = 0.015
			}
			region := compartments(0.1, 0.1, 0.05, k4, 0.05)
			s.TACs = append(s.TACs, extract.TAC{Region: extract.Region("r" + string(rune('a'+i))), BqPerML: region.FrameMeans(s.Frames, s.HalfLife)})
		}
		estimates, err := fit.Logan{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range estimates {
			named := slices.ContainsFunc(e.Warnings, func(w ingest.Warning) bool {
				return w.Code == ingest.WarnTStar && strings.Contains(w.Detail, "By themselves")
			})
			if named != (slow > 0) {
				t.Errorf("%d slow regions, %s: %v", slow, e.Region, e.Warnings)
			}
		}
	}
}
