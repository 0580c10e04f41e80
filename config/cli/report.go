package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// The tolerance of the demo: how far estimates may lie from the truth, in
// standard errors. The regions of a scan share the error of k2′, so that those of
// 24 scans count as little as 24: chance leaves this range in one of 1,000.
const (
	demoModel = "srtm2"
	maxRatio  = 4
	minRMS    = 0.6
	maxRMS    = 1.5
)

// A report compares the estimates of a synthetic study with the truth.
type report struct {
	Synthetic bool        `json:"synthetic"`
	OK        bool        `json:"ok"`
	Series    int         `json:"series"`
	Results   int         `json:"results"`
	Seconds   float64     `json:"seconds"`
	RMS       float64     `json:"rms_ratio"` // of (estimate − truth) / reported standard error
	Largest   float64     `json:"max_ratio"` // of |estimate − truth| / the larger of reported and Cramér-Rao standard error
	Compared  int         `json:"compared"`
	Rows      []reportRow `json:"rows"`
}

// A reportRow is the mean over the animals; changes are fractions of each
// animal's own baseline.
type reportRow struct {
	Tracer     string  `json:"tracer"`
	Region     string  `json:"region"`
	Condition  string  `json:"condition"`
	BPNDTrue   float64 `json:"bpnd_true"`
	BPND       float64 `json:"bpnd"`
	ChangeTrue float64 `json:"change_true"`
	Change     float64 `json:"change"`
}

// A cell is one region of one scan.
type cell struct {
	tracer    phantom.Tracer
	region    string
	condition phantom.Condition
	animal    int
}

type pair struct{ truth, estimate float64 }

func newReport(scans map[ingest.Token]phantom.Scan, results map[ingest.Token]*publish.Binding) report {
	r := report{Synthetic: true, Series: len(scans), Results: len(results)}
	values := map[cell]pair{}
	complete := true
	sum := 0.0
	for token, scan := range scans {
		for _, k := range scan.Merged() {
			bp, se, ok := estimateOf(results[token], extract.Region(k.Region))
			if !ok {
				complete = false
				continue
			}
			ratio := (bp - k.BPND) / se
			sum += ratio * ratio
			// One curve may seem less noisy than it was by chance. How
			// noisy it was is known here.
			far := math.Abs(bp-k.BPND) / math.Max(se, scan.BPNDBound(k))
			r.Largest = math.Max(r.Largest, far)
			r.Compared++
			values[cell{scan.Tracer, k.Region, scan.Condition, scan.Animal}] = pair{k.BPND, bp}
		}
	}
	if r.Compared > 0 {
		r.RMS = math.Sqrt(sum / float64(r.Compared))
	}
	r.Rows = rowsOf(scans, values)
	r.OK = complete && r.Results == r.Series && r.Largest <= maxRatio && r.RMS >= minRMS && r.RMS <= maxRMS
	return r
}

// estimateOf finds the estimate of a region.
func estimateOf(b *publish.Binding, region extract.Region) (bp, se float64, ok bool) {
	if b == nil {
		return 0, 0, false
	}
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			bp, known := e.Values[fit.BPND]
			if se := e.SE[fit.BPND]; m.Name == demoModel && e.Region == region && known && se > 0 {
				return bp, se, true
			}
		}
	}
	return 0, 0, false
}

// rowsOf averages over the animals, tracer by tracer and region by region.
func rowsOf(scans map[ingest.Token]phantom.Scan, values map[cell]pair) []reportRow {
	var rows []reportRow
	for _, tracer := range phantom.Tracers() {
		for _, region := range regionsOf(scans, tracer) {
			for _, condition := range phantom.Conditions() {
				row := reportRow{Tracer: string(tracer), Region: region, Condition: string(condition)}
				n := 0.0
				for animal := 1; ; animal++ {
					base, ok := values[cell{tracer, region, phantom.Baseline, animal}]
					now, also := values[cell{tracer, region, condition, animal}]
					if !ok || !also {
						break
					}
					n++
					row.BPNDTrue += now.truth
					row.BPND += now.estimate
					row.ChangeTrue += now.truth/base.truth - 1
					row.Change += now.estimate/base.estimate - 1
				}
				if n == 0 {
					continue
				}
				row.BPNDTrue, row.BPND, row.ChangeTrue, row.Change = row.BPNDTrue/n, row.BPND/n, row.ChangeTrue/n, row.Change/n
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// regionsOf returns the regions of a tracer in the order of the atlas.
func regionsOf(scans map[ingest.Token]phantom.Scan, tracer phantom.Tracer) []string {
	for _, s := range scans {
		if s.Tracer == tracer {
			var names []string
			for _, k := range s.Merged() {
				names = append(names, k.Region)
			}
			return names
		}
	}
	return nil
}

func (r report) writeJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

func (r report) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "\nSYNTHETIC study: mean over the animals, %s, true → estimated\n\n", fit.SRTM{}.Name())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "tracer\tregion\tBPND\t→\tketamine\t→\tNBQX+ketamine\t→\t")
	for i := 0; i+2 < len(r.Rows); i += 3 {
		base, ket, nbqx := r.Rows[i], r.Rows[i+1], r.Rows[i+2]
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f\t%+.1f %%\t%+.1f %%\t%+.1f %%\t%+.1f %%\t\n", base.Tracer, base.Region, base.BPNDTrue, base.BPND,
			100*ket.ChangeTrue, 100*ket.Change, 100*nbqx.ChangeTrue, 100*nbqx.Change)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	verdict := "as it should be"
	if !r.OK {
		verdict = "NOT as it should be"
	}
	_, err := fmt.Fprintf(w, "\n%d of %d series gave a result, %.0f s. (estimate − truth) / standard error over %d regions of synthetic scans: "+
		"root mean square %.2f (%.1f to %.1f), largest %.2f (at most %d): %s.\n",
		r.Results, r.Series, r.Seconds, r.Compared, r.RMS, minRMS, maxRMS, r.Largest, maxRatio, verdict)
	return err
}
