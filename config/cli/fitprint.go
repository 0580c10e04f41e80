package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/publish"
	"tacstream/publish/svg"
)

// confidence is the share of scans in which a printed interval covers the truth.
const confidence = 0.95

// A fitResult is what is printed.
type fitResult struct {
	estimates []fit.Estimate
	weights   []float64 // of evidence
	resampled []fit.Resampled
}

// columns are the parameters of the table for people: what a model is run for,
// and what any has.
func (r fitResult) columns() []fit.Symbol {
	var leading, others []fit.Symbol
	for _, q := range fit.Quantities() {
		s := q.Symbol
		if !slices.ContainsFunc(r.estimates, func(e fit.Estimate) bool { v, _ := e.Get(s); return !math.IsNaN(v) || e.Main() == s }) {
			continue
		}
		if q.Leads {
			leading = append(leading, s)
		} else {
			others = append(others, s)
		}
	}
	return append(leading, others...)
}

// print writes tables for people.
func (r fitResult) print(e *env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	symbols := r.columns()
	fmt.Fprint(w, "REGION\tMODEL")
	for _, s := range symbols {
		fmt.Fprintf(w, "\t%s", s)
		if unit := publish.Unit(s); unit != "unitless" {
			fmt.Fprint(w, " ", unit)
		}
		if withError(s) {
			fmt.Fprint(w, " ± SE")
		}
	}
	fmt.Fprintln(w, "\t95 %\tt* min\tEVIDENCE\tWARNINGS")
	for i, est := range r.estimates {
		fmt.Fprintf(w, "%s\t%s", est.Region, est.Model)
		for _, s := range symbols {
			v, se := est.Get(s)
			text := number(v)
			if withError(s) && !math.IsNaN(v) {
				text += " ± " + number(se)
			}
			fmt.Fprint(w, "\t", text)
		}
		low, high := est.Interval(confidence)
		span, tStar, evidence := "-", "-", "-"
		if !math.IsNaN(low) {
			span = number(low) + " to " + number(high)
		}
		if est.TStar > 0 {
			tStar = fmt.Sprintf("%.4g", est.TStar.Minutes())
		}
		if !math.IsNaN(r.weights[i]) {
			evidence = fmt.Sprintf("%.2f", r.weights[i])
		}
		fmt.Fprintf(w, "\t%s\t%s\t%s\t%s\n", span, tStar, evidence, codes(est.Warnings))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := r.printLegend(plain{e.stdout}); err != nil {
		return err
	}
	return r.printResampled(e.stdout)
}

// A legend says what a warning's code means by its gravest example.
type legend struct {
	estimates int
	example   ingest.Warning
	of        string // region and model
}

// printLegend explains the codes of the table, in order of their first use.
func (r fitResult) printLegend(out io.Writer) error {
	var order []ingest.Code
	found := map[ingest.Code]*legend{}
	for _, est := range r.estimates {
		seen := map[ingest.Code]bool{}
		for _, w := range est.Warnings {
			l := found[w.Code]
			if l == nil {
				l = &legend{}
				found[w.Code] = l
				order = append(order, w.Code)
			}
			if !seen[w.Code] {
				seen[w.Code] = true
				l.estimates++
			}
			if l.of == "" || gravity(w) > gravity(l.example) {
				l.example, l.of = w, fmt.Sprintf("%s, %s", est.Region, est.Model)
			}
		}
	}
	if len(order) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nWARNING\tLEVEL\tESTIMATES\tFOR EXAMPLE")
	for _, code := range order {
		l := found[code]
		fmt.Fprintf(w, "%s\t%s\t%d of %d\t%s: %s%s\n", code, l.example.Level, l.estimates, len(r.estimates), l.of, l.example.Detail, figures(l.example.Value, l.example.Threshold))
	}
	return w.Flush()
}

// figures returns the numbers behind a warning in brackets: none where it just
// holds, or where its value is none.
func figures(value, threshold float64) string {
	switch {
	case value == math.MaxFloat64, threshold == 0 && (value == 0 || value == 1):
		return ""
	case threshold == 0:
		return fmt.Sprintf(" (%.4g)", value)
	}
	return fmt.Sprintf(" (%.4g, limit %.4g)", value, threshold)
}

// gravity orders levels.
func gravity(w ingest.Warning) int {
	return slices.Index([]ingest.Level{ingest.LevelNotice, ingest.LevelWarn, ingest.LevelDoubt}, w.Level)
}

// withError reports whether the table has room for a parameter's standard
// error: for those that models are run for.
func withError(s fit.Symbol) bool { return s == fit.BPND || s == fit.VT || s == fit.KI }

// printResampled writes what the bootstrap says.
func (r fitResult) printResampled(out io.Writer) error {
	if r.resampled == nil {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nBOOTSTRAP\tMODEL\tPARAMETER\tSD\tBIAS\t2.5 %\t97.5 %\tFAILED")
	for _, s := range r.resampled {
		for _, p := range s.Parameters {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", s.Region, s.Model, p.Symbol, number(p.SD), number(p.Bias), number(p.Low), number(p.High), s.Failed)
		}
	}
	return w.Flush()
}

func number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	case x != 0 && (math.Abs(x) >= 1e5 || math.Abs(x) < 1e-4):
		return fmt.Sprintf("%.2e", x)
	case x != 0 && math.Abs(x) < 0.01:
		return fmt.Sprintf("%.3g", x)
	}
	return fmt.Sprintf("%.4f", x)
}

// codes returns the codes of warnings, each once.
func codes(list []ingest.Warning) string { return strings.Join(codesOf(list), " ") }

func codesOf(list []ingest.Warning) []string {
	var names []string
	seen := map[ingest.Code]bool{}
	for _, w := range list {
		if !seen[w.Code] {
			seen[w.Code] = true
			names = append(names, string(w.Code))
		}
	}
	return names
}

// printJSON writes {"estimates":[…]}; what a model does not have is left out.
func (r fitResult) printJSON(e *env) error {
	list := make([]map[string]any, 0, len(r.estimates))
	for i, est := range r.estimates {
		se := map[string]float64{}
		entry := map[string]any{"region": est.Region, "model": est.Model, "warnings": warningsOf(est.Warnings), "se": se}
		for _, p := range est.Parameters {
			if finite(p.Value) {
				entry[string(p.Symbol)] = p.Value
			}
			if finite(p.SE) {
				se[string(p.Symbol)] = p.SE
			}
		}
		if low, high := est.Interval(confidence); finite(low) && finite(high) {
			entry["interval"] = map[string][2]float64{string(est.Main()): {low, high}}
		}
		for name, v := range map[string]float64{"aic": est.AIC, "aicc": est.AICc, "bic": est.BIC, "akaike_weight": r.weights[i], "rss": est.RSS} {
			if finite(v) {
				entry[name] = v
			}
		}
		if est.K2PrimeSE > 0 {
			entry["se_from_k2prime"] = est.K2PrimeSE
		}
		if c := correlations(est); len(c) > 0 {
			entry["correlation"] = c
		}
		if est.TStar > 0 {
			entry["t_star"] = est.TStar.Seconds()
		}
		if b := r.resampledOf(est); b != nil {
			entry["bootstrap"] = b
		}
		list = append(list, entry)
	}
	return json.NewEncoder(e.stdout).Encode(map[string]any{"estimates": list})
}

// correlations returns those of the parameters' errors, by both symbols.
func correlations(e fit.Estimate) map[string]float64 {
	c := map[string]float64{}
	for i, a := range e.Parameters {
		for _, b := range e.Parameters[i+1:] {
			if r := e.Correlation(a.Symbol, b.Symbol); finite(r) {
				c[string(a.Symbol)+","+string(b.Symbol)] = r
			}
		}
	}
	return c
}

// resampledOf returns what the bootstrap says of an estimate, nil for nothing.
func (r fitResult) resampledOf(e fit.Estimate) map[string]map[string]float64 {
	for _, s := range r.resampled {
		if s.Region != e.Region || s.Model != e.Model {
			continue
		}
		all := map[string]map[string]float64{}
		for _, p := range s.Parameters {
			if finite(p.SD) {
				all[string(p.Symbol)] = map[string]float64{"sd": p.SD, "bias": p.Bias, "low": p.Low, "high": p.High}
			}
		}
		return all
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// warningsOf makes warnings encodable: a value that is no number is 0.
func warningsOf(list []ingest.Warning) []ingest.Warning {
	out := make([]ingest.Warning, len(list))
	for i, w := range list {
		if !finite(w.Value) {
			w.Value = 0
		}
		if !finite(w.Threshold) {
			w.Threshold = 0
		}
		out[i] = w
	}
	return out
}

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
