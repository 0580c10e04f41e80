package publish

import (
	"fmt"
	"io"
	"text/tabwriter"

	"tacstream/fit"
	"tacstream/ingest"
)

// Doubts are the warnings of one estimate.
type Doubts struct {
	of       string // region and model
	warnings []ingest.Warning
}

// DoubtsOf returns the warnings of an estimate.
func DoubtsOf(e fit.Estimate) Doubts {
	return Doubts{fmt.Sprintf("%s, %s", e.Region, e.Model), e.Warnings}
}

// A legend says what a warning's code means by its gravest example.
type legend struct {
	estimates int
	example   ingest.Warning
	of        string
}

// WriteLegend explains the codes of warnings in order of their first use: the
// level and the sentence of the gravest, and how many of the estimates have one.
// It writes nothing where there are no warnings.
func WriteLegend(w io.Writer, all []Doubts) error {
	var order []ingest.Code
	found := map[ingest.Code]*legend{}
	for _, d := range all {
		seen := map[ingest.Code]bool{}
		for _, w := range d.warnings {
			l := found[w.Code]
			if l == nil {
				l = &legend{example: w, of: d.of}
				found[w.Code] = l
				order = append(order, w.Code)
			}
			if !seen[w.Code] {
				seen[w.Code] = true
				l.estimates++
			}
			if gravity(w.Level) > gravity(l.example.Level) {
				l.example, l.of = w, d.of
			}
		}
	}
	if len(order) == 0 {
		return nil
	}
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "\nWARNING\tLEVEL\tESTIMATES\tFOR EXAMPLE")
	for _, code := range order {
		l := found[code]
		fmt.Fprintf(rows, "%s\t%s\t%d of %d\t%s: %s\n", plain(string(code)), plain(string(l.example.Level)), l.estimates, len(all), plain(l.of), plain(l.example.Detail))
	}
	return rows.Flush()
}
