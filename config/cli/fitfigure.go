package cli

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/publish/svg"
)

// drawFits draws the estimates, a row for each region.
func drawFits(w io.Writer, scan fit.Scan, all []fit.Estimate) error {
	f := svg.Figure{Title: "Kinetic fits", Unit: "kBq/mL"}
	if scan.HalfLife > 0 {
		f.Title += ", activity corrected for decay to model zero"
	}
	corrected := func(values []float64) []float64 { return inKilo(scan, values) }
	measured := map[extract.Region][]float64{}
	for _, t := range scan.TACs {
		measured[t.Region] = t.BqPerML
	}
	at := map[extract.Region]int{}
	for _, e := range all {
		i, ok := at[e.Region]
		if !ok {
			i = len(f.Regions)
			at[e.Region] = i
			r := svg.Region{Name: string(e.Region), Measured: corrected(measured[e.Region])}
			if scan.Reference != "" {
				r.Reference = corrected(measured[scan.Reference])
			}
			for _, frame := range scan.Frames {
				r.StartMin, r.EndMin = append(r.StartMin, frame.Start.Minutes()), append(r.EndMin, frame.End().Minutes())
			}
			f.Regions = append(f.Regions, r)
		}
		f.Regions[i].Models = append(f.Regions[i].Models, drawn(scan, e, measured[e.Region]))
	}
	return svg.Write(w, f)
}

// drawn returns one model's part of the figure.
func drawn(scan fit.Scan, e fit.Estimate, measured []float64) svg.Model {
	n := len(scan.Frames)
	m := svg.Model{Name: e.Model, Warnings: codesOf(e.Warnings), Fitted: none(n), Residuals: none(n)}
	if v, se := e.Get(e.Main()); !math.IsNaN(v) {
		m.Summary = fmt.Sprintf("%s %s ± %s", e.Main(), number(v), number(se))
	}
	if e.Fitted != nil {
		m.Fitted, m.Residuals = inKilo(scan, e.Fitted), e.WeightedResiduals(measured)
		floats.Scale(1e-3, m.Residuals)
	}
	if l := e.Line; l != nil {
		m.Line = &svg.Line{X: l.X, Y: l.Y, Slope: l.Slope, Intercept: l.Intercept, TStarMin: e.TStar.Minutes(), XLabel: l.XLabel, YLabel: l.YLabel}
		for i := range l.X {
			m.Line.Used = append(m.Line.Used, i >= l.First)
		}
	}
	return m
}

// none returns n values that are no numbers.
func none(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = math.NaN()
	}
	return list
}

// inKilo returns frame means, given as they decayed, in kBq/mL and corrected.
func inKilo(scan fit.Scan, values []float64) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = v / 1000 * scan.Frames[i].DecayFactor(scan.HalfLife, 0)
	}
	return list
}
