package fit_test

import (
	"math"
	"testing"

	"tacstream/fit"
)

// The points from t* on lie on the line that is drawn: nearly where the model is
// exact from the start, and as far as t* allows where it holds late.
func TestTheLineGoesThroughItsPoints(t *testing.T) {
	reference, arterial := scanOf40(), arterial40()
	for _, tt := range []struct {
		model  fit.Model
		scan   fit.Scan
		off    float64
		slope  fit.Symbol
		xLabel string
	}{
		{fit.LoganRef{K2PrimePerMin: 0.065}, reference, 1e-3, fit.DVR, "(∫R + R/k2′) / C (min)"},
		{fit.LoganRefNoK2P{}, reference, fit.MaxDeviation, fit.DVR, "∫R / C (min)"},
		{fit.MRTM0{}, reference, 1e-3, fit.DVR, "(∫R + R R1/k2) / C (min)"},
		{fit.PatlakRef{}, reference, fit.MaxDeviation, fit.KI, "∫R / R (min)"},
		{fit.Logan{}, arterial, 0.01, fit.VT, "∫Cp / C (min)"},
		{fit.MA1{}, arterial, 0.01, fit.VT, "∫Cp / C (min)"},
		{fit.Patlak{}, arterial, fit.MaxDeviation, fit.KI, "∫Cp / Cp (min)"},
	} {
		all, err := tt.model.Fit(tt.scan)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			l := e.Line
			if slope, _ := e.Get(tt.slope); l == nil || math.Abs(l.Slope-slope) > 1e-9*math.Abs(slope) || l.XLabel != tt.xLabel {
				t.Fatalf("%s %s: %+v, want the slope %g against %s", e.Model, e.Region, l, slope, tt.xLabel)
			}
			for i := l.First; i < len(l.X); i++ {
				if on := l.Slope*l.X[i] + l.Intercept; !(math.Abs(on-l.Y[i]) <= tt.off*math.Abs(l.Y[i])) {
					t.Errorf("%s %s: point %d at %g, the line at %g", e.Model, e.Region, i, l.Y[i], on)
				}
			}
		}
	}
}
