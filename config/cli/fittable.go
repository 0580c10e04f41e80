package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"tacstream/fit"
	"tacstream/publish"
)

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

// printLegend explains the codes of the table.
func (r fitResult) printLegend(out io.Writer) error {
	var all []publish.Doubts
	for _, e := range r.estimates {
		all = append(all, publish.DoubtsOf(e))
	}
	return publish.WriteLegend(out, all)
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
