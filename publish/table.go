package publish

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"

	"tacstream/fit"
)

// WriteTable writes estimates for people: the scan first, then a row for each
// region and model, in the order of the event. Rate constants are 1/min. What
// a model does not have is a dash; a warning is named by its code, with ! for
// doubt.
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
	_, err := w.Write(out.Bytes())
	return err
}

func (b *Binding) print(w io.Writer) error { return WriteTable(w, b) }

func (b *Binding) writeRows(w io.Writer) error {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "REGION\tMODEL\tBPND ± SE\tR1\tk2\tWARNINGS")
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\t%s\n", plain(string(e.Region)), plain(m.Name),
				withError(e.Values.of(fit.BPND), e.SE.of(fit.BPND)), short(e.Values.of(fit.R1), 3), short(e.Values.of(fit.K2), 4), codes(e.Warnings))
		}
	}
	return rows.Flush()
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
