package fit_test

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/fit"
)

// Values that are corrected for decay, to whatever time, give the estimate of
// those that decayed: the conversion is exact.
func TestCorrectedValuesAreTurnedBackExactly(t *testing.T) {
	s := ordinary()
	want, err := fit.SRTM{}.Fit(fit.NewPair(s.Frames, s.HalfLife, fit.AsDecayed(s.TACs[0].BqPerML), fit.AsDecayed(s.TACs[1].BqPerML)))
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []time.Duration{0, -30 * time.Minute, time.Hour} {
		var corrected [2][]float64
		for i := range corrected {
			for f, v := range s.TACs[i].BqPerML {
				corrected[i] = append(corrected[i], v*s.Frames[f].DecayFactor(s.HalfLife, origin))
			}
		}
		before := slices.Clone(corrected[0])
		scan := fit.NewPair(s.Frames, s.HalfLife, fit.CorrectedTo(origin, corrected[0]), fit.CorrectedTo(origin, corrected[1]))
		if !slices.Equal(before, corrected[0]) {
			t.Error("the caller's numbers were changed")
		}
		clear(corrected[0])
		is, err := fit.SRTM{}.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := want[0].Get(fit.BPND)
		if got, _ := is[0].Get(fit.BPND); math.Abs(got-was) > 1e-9 {
			t.Errorf("corrected to %v: BPND %.12g, want %.12g", origin, got, was)
		}
	}
}

func TestACurveOfAnotherLengthIsRefused(t *testing.T) {
	s := ordinary()
	u := s.TACs[0].BqPerML
	for _, v := range []fit.Values{{}, fit.AsDecayed(u[1:]), fit.CorrectedTo(0, append(u[:len(u):len(u)], 1)), fit.CorrectedTo(0, nil)} {
		if _, err := (fit.SRTM{}).Fit(fit.NewPair(s.Frames, s.HalfLife, fit.AsDecayed(u), v)); !errors.Is(err, fit.ErrFrames) {
			t.Errorf("%v: %v", v, err)
		}
	}
}

// Numbers alone, or a kind of curve in place of the other, do not compile.
func TestAWrongKindOfCurveDoesNotCompile(t *testing.T) {
	set := token.NewFileSet()
	config := types.Config{Importer: importer.ForCompiler(set, "source", nil)}
	check := func(call string) error {
		file, err := parser.ParseFile(set, "x.go", `package x
import ("tacstream/extract"; "tacstream/fit"; "tacstream/ingest")
var (frames []ingest.Frame; numbers []float64; corrected extract.CorrectedCurves; curves extract.Curves)
var _ = `+call, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Check("x", set, []*ast.File{file}, nil)
		return err
	}
	for call, want := range map[string]string{
		"fit.NewPair(frames, 0, fit.AsDecayed(numbers), fit.CorrectedTo(0, numbers))": "",
		`fit.NewScan(curves, "a")`:                                         "",
		"fit.NewPair(frames, 0, numbers, numbers)":                         "cannot use numbers",
		"fit.NewPair(frames, 0, fit.Values(numbers), fit.Values(numbers))": "cannot convert numbers",
		"fit.NewPair(frames, 0, fit.Values{numbers}, fit.Values{})":        "implicit assignment to unexported field",
		`fit.NewScan(corrected, "a")`:                                      "cannot use corrected",
		`extract.Curves{TACs: corrected.TACs}`:                             "cannot use corrected.TACs",
	} {
		if err := check(call); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", call, err, want)
		}
	}
}
