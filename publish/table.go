package publish

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"tacstream/fit"
)

// WriteTable writes estimates for people: the scan first, then a row for each
// region and model, in the order of the event. Rate constants are 1/min. What
// a model does not have is a dash; a warning is named by its code, with ! for
// doubt. What several estimates share is said of the scan, the rest below.
func WriteTable(w io.Writer, b *Binding) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "series     %s\ntracer     %s\nreference  %s\n", b.Cause.Series, plain(b.Tracer), plain(string(b.Reference)))
	for _, warning := range b.Warnings {
		fmt.Fprintf(&out, "%-9s  %s\n", plain(string(warning.Level)), warning.line())
	}
	if b.Files != nil {
		fmt.Fprintf(&out, "files      %s/%s\n", plain(b.Files.Bucket), plain(b.Files.Prefix))
	}
	out.WriteByte('\n')
	if err := b.writeRows(&out); err != nil {
		return err
	}
	for _, m := range b.Models {
		if len(m.Estimates) < m.EstimatesTotal {
			fmt.Fprintf(&out, "%s: %s, in the files only\n", plain(m.Name), count(m.EstimatesTotal, "region"))
		}
	}
	b.writeOwn(&out)
	_, err := w.Write(out.Bytes())
	return err
}

// writeOwn writes the warnings that concern one estimate only.
func (b *Binding) writeOwn(out *bytes.Buffer) {
	head := "\n"
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			for _, w := range e.Warnings {
				fmt.Fprintf(out, "%s%-9s  %s, %s: %s\n", head, plain(string(w.Level)), plain(string(e.Region)), plain(m.Name), w.line())
				head = ""
			}
		}
	}
}

func (b *Binding) print(w io.Writer) error { return WriteTable(w, b) }

func (b *Binding) writeRows(w io.Writer) error {
	columns := b.columns()
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(rows, "REGION\tMODEL")
	for _, q := range columns {
		if q.Leads {
			fmt.Fprintf(rows, "\t%s ± SE", q.Symbol)
		} else {
			fmt.Fprintf(rows, "\t%s", q.Symbol)
		}
	}
	fmt.Fprintln(rows, "\tWARNINGS")
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			fmt.Fprintf(rows, "%s\t%s", plain(string(e.Region)), plain(m.Name))
			for _, q := range columns {
				if q.Leads {
					fmt.Fprintf(rows, "\t%s", withError(e.Values.of(q.Symbol), e.SE.of(q.Symbol)))
				} else {
					fmt.Fprintf(rows, "\t%s", short(e.Values.of(q.Symbol), 4))
				}
			}
			fmt.Fprintf(rows, "\t%s\n", e.codes())
		}
	}
	return rows.Flush()
}

// columns returns the parameters that the table shows: those that models are
// run for, then the delivery and the efflux of the region.
func (b *Binding) columns() []fit.Quantity {
	var leading, others []fit.Quantity
	for _, q := range fit.Quantities() {
		has := slices.ContainsFunc(b.Models, func(m ModelEstimates) bool {
			return slices.ContainsFunc(m.Estimates, func(e Estimate) bool { return e.Values.of(q.Symbol) != nil })
		})
		switch {
		case q.Symbol == fit.DVR && len(leading) > 0: // BPND + 1
		case has && q.Leads:
			leading = append(leading, q)
		case has && (q.Symbol == fit.R1 || q.Symbol == fit.K1 || q.Symbol == fit.K2):
			others = append(others, q)
		}
	}
	return append(leading, others...)
}

func withError(value, se *float64) string {
	if value == nil {
		return "-"
	}
	if se == nil {
		return fmt.Sprintf("%.3f", *value)
	}
	return fmt.Sprintf("%.3f ± %.3f", *value, *se)
}

// short writes a number with so many decimals.
func short(value *float64, decimals int) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, *value)
}
