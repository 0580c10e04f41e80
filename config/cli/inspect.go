package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"tacstream/config"
	"tacstream/config/inspect"
	"tacstream/ingest"
	"tacstream/ingest/regions"
)

type inspectCmd struct {
	where
	Place   string `arg:"" help:"A file, a folder, or s3://bucket/prefix." placeholder:"FILE|DIR|s3://BUCKET/PREFIX"`
	Headers bool   `help:"Read headers only: faster, without values and slopes."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

// Help shows examples.
func (inspectCmd) Help() string {
	return `Prints what tacstream sees, without changing anything: for each PET series the scanner, tracer, units, decay
correction, geometry, table of frames, what is missing and what is doubtful, each with what to do about it; then the
objects with regions and those that are broken. It never prints names, ids, dates or UIDs of the header; it prints paths
as you gave them. In the table of frames, a slope turns a stored number into a value, and the decay factor of the header
stands beside the one computed from its times, half-life and origin.

The exit status is 0 if every series and every region source could be used, else 1.

Examples:
  tacstream inspect scans/sub-01
  tacstream inspect IM0001.dcm                  # what is wrong with this file?
  tacstream inspect s3://inbox/sub-01 --headers
  tacstream inspect scans/sub-01 --json | jq '.series[] | {number, condition, doubts}'`
}

func (c inspectCmd) Run(e *env) error {
	shelf, cfg, done, err := c.shelf(e)
	if err != nil {
		return err
	}
	defer done()
	in, err := inspect.Inspect(e.ctx, shelf, cfg, !c.Headers)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(in)
	} else {
		err = printInspection(plain{e.stdout}, in)
	}
	if err != nil {
		return err
	}
	switch {
	case in.Objects == 0:
		return c.nothing()
	case len(in.Series) == 0:
		return fmt.Errorf("%s holds no PET series", c.Place)
	}
	for _, s := range in.Series {
		if s.Condition != ingest.Ready {
			return errSilent
		}
	}
	for _, r := range in.Regions {
		if r.Reason.Code != "" {
			return errSilent
		}
	}
	return nil
}

// nothing says that the place is empty.
func (c inspectCmd) nothing() error {
	if strings.HasPrefix(c.Place, "s3://") {
		return fmt.Errorf("no object under %s", c.Place)
	}
	return fmt.Errorf("%s holds no files", c.Place)
}

// shelf opens the place. Done lets go of it.
func (c inspectCmd) shelf(e *env) (shelf inspect.Shelf, cfg config.Config, done func(), err error) {
	name, remote := strings.CutPrefix(c.Place, "s3://")
	if !remote {
		cfg, err = c.where.load()
		return inspect.FileShelf(c.Place), cfg, func() {}, err
	}
	line, err := c.where.open(e)
	if err != nil {
		return nil, cfg, nil, err
	}
	bucket, prefix, _ := strings.Cut(name, "/")
	ctx, stop := context.WithTimeout(e.ctx, storeWithin)
	defer stop()
	if err := line.WaitForStore(ctx); err != nil {
		line.Close()
		return nil, cfg, nil, fmt.Errorf("the S3 store cannot be reached: %w", err)
	}
	return inspect.StoreShelf{Store: line.Store, Bucket: bucket, Folder: prefix}, line.Config, line.Close, nil
}

// printInspection writes everything for people to read.
func printInspection(w io.Writer, in inspect.Inspection) error {
	for _, s := range in.Series {
		if err := printSeries(w, s); err != nil {
			return err
		}
	}
	if len(in.Regions) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "REGIONS\tKIND\tFOR SERIES")
		for _, r := range in.Regions {
			fmt.Fprintf(t, "%s\t%s\t%s\n", r.Object, r.Kind, numbers(r))
		}
		fmt.Fprintln(t)
		if err := t.Flush(); err != nil {
			return err
		}
	} else if len(in.Series) > 0 {
		fmt.Fprintf(w, "REGIONS: none here. The series waits for %s.\n\n", regions.Wanted())
	}
	for _, r := range in.Regions {
		if r.Reason.Code != "" {
			fmt.Fprintf(w, "%s\n  %s\n", r.Object, r.Reason)
		}
		if r.Do != "" {
			fmt.Fprintf(w, "  → %s\n", r.Do)
		}
		for _, d := range r.Doubts {
			fmt.Fprintf(w, "%s\n  %s\n", r.Object, d)
		}
	}
	return printBroken(w, in.Broken)
}

func numbers(r inspect.RegionView) string {
	switch {
	case r.Reason.Code != "":
		return "none, see below"
	case r.Companion():
		return "those of its image"
	case len(r.Fits) == 0:
		return "-"
	}
	return commas(r.Fits)
}

// mostBroken bounds how many objects are named of one reason.
const mostBroken = 10

func printBroken(w io.Writer, broken []inspect.BrokenView) error {
	seen := map[ingest.Code]int{}
	for _, b := range broken {
		seen[b.Reason.Code]++
		switch n := seen[b.Reason.Code]; {
		case n <= mostBroken:
			fmt.Fprintf(w, "%s\n  %s\n", b.Object, b.Reason)
			if n == 1 && b.Do != "" {
				fmt.Fprintf(w, "  → %s\n", b.Do)
			}
		case n == mostBroken+1:
			fmt.Fprintf(w, "… more of %s; --json names all\n", b.Reason.Code)
		}
	}
	return nil
}

func printSeries(w io.Writer, s inspect.SeriesView) error {
	fmt.Fprintf(w, "Series %d: %s\n", s.Number, s.Condition)
	if s.Reason.Code != "" {
		fmt.Fprintf(w, "  %s\n", s.Reason)
	}
	if s.Do != "" {
		fmt.Fprintf(w, "  → %s\n", s.Do)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range facts(s) {
		if row[1] != "" {
			fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printTiming(w, s.Timing); err != nil {
		return err
	}
	for _, d := range s.Doubts {
		fmt.Fprintf(w, "  %s\n", d.Warning)
		if d.Do != "" {
			fmt.Fprintf(w, "    → %s\n", d.Do)
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// facts are the lines about a series; one without a value is left out.
func facts(s inspect.SeriesView) [][2]string {
	return [][2]string{
		{"scanner", strings.TrimSpace(s.Vendor + " " + s.Model)},
		{"tracer", tracer(s)},
		{"radiopharmaceutical", cmp.Or(s.Radiopharmaceutical, absent)},
		{"injected dose", dose(s)},
		{"weight", weight(s)},
		{"series type", s.SeriesType},
		{"units", units(s)},
		{"decay correction", decay(s)},
		{"injection", seconds(s.Injection)},
		{"reconstruction", s.Recon},
		{"corrections", strings.Join(s.Corrected, " ")},
		{"size", size(s)},
		{"orientation", s.Lies},
		{"slots", slots(s)},
		{"goes with", goesWith(s)},
		{"missing", missing(s)},
		{"transfer syntax", s.Syntax},
		{"values", values(s.Values)},
	}
}

// goesWith says which other series belong to the same acquisition.
func goesWith(s inspect.SeriesView) string {
	var list []string
	if s.Continues > 0 {
		list = append(list, fmt.Sprintf("series %d, which it continues: their frames are fitted together", s.Continues))
	}
	if len(s.Parts) > 0 {
		list = append(list, fmt.Sprintf("series %s, which continue it: their frames are fitted together", commas(s.Parts)))
	}
	if len(s.Twins) > 0 {
		list = append(list, fmt.Sprintf("series %s, other reconstructions of the same acquisition, each fitted by itself", commas(s.Twins)))
	}
	return strings.Join(list, "; ")
}

func commas(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

func tracer(s inspect.SeriesView) string {
	nuclide := s.Nuclide
	switch {
	case s.HalfLife <= 0:
		nuclide = "no half-life"
	case nuclide == "":
		nuclide = fmt.Sprintf("half-life %g s, of no common nuclide", s.HalfLife)
	default:
		nuclide = fmt.Sprintf("%s by its half-life of %g s", nuclide, s.HalfLife)
	}
	if s.Tracer == "" {
		return nuclide + "; no protocol matches"
	}
	return s.Tracer + "; " + nuclide
}

// absent stands for a fact that the header leaves out.
const absent = "not in the header"

func dose(s inspect.SeriesView) string {
	switch {
	case s.DoseBq <= 0:
		return absent
	case s.WeightKg <= 0:
		return fmt.Sprintf("%.4g MBq", s.DoseBq/1e6)
	}
	return fmt.Sprintf("%.4g MBq, %.3g MBq/kg", s.DoseBq/1e6, s.DoseBq/1e6/s.WeightKg)
}

func weight(s inspect.SeriesView) string {
	if s.WeightKg <= 0 {
		return absent
	}
	return fmt.Sprintf("%.4g kg", s.WeightKg)
}

func units(s inspect.SeriesView) string {
	switch {
	case s.Units == "":
		return "none in the header"
	case s.BqPerML == 1:
		return s.Units
	case s.BqPerML > 0:
		return fmt.Sprintf("%s, each %.6g Bq/mL", s.Units, s.BqPerML)
	}
	return s.Units + ", arbitrary"
}

func decay(s inspect.SeriesView) string {
	if s.Decay == "" {
		return absent
	}
	if s.StoredTo == nil {
		return s.Decay
	}
	return s.Decay + ": to " + seconds(s.StoredTo)
}

// seconds writes a time that may be absent.
func seconds(at *float64) string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf("%.3f s after model zero", *at)
}

func size(s inspect.SeriesView) string {
	if s.SpacingMM == [3]float64{} {
		return fmt.Sprintf("%d columns × %d rows × %d slices", s.Size[0], s.Size[1], s.Size[2])
	}
	return fmt.Sprintf("%d columns × %d rows × %d slices, %.4g × %.4g × %.4g mm", s.Size[0], s.Size[1], s.Size[2], s.SpacingMM[0], s.SpacingMM[1], s.SpacingMM[2])
}

func slots(s inspect.SeriesView) string {
	if s.Want == 0 {
		return fmt.Sprintf("%d filled; the header does not count them (%d objects)", s.Have, s.Objects)
	}
	return fmt.Sprintf("%d of %d filled: %d frames of %d slices (%d objects)", s.Have, s.Want, s.Frames, s.Slices, s.Objects)
}

// mostMissing bounds how many slots are named.
const mostMissing = 8

func missing(s inspect.SeriesView) string {
	if 2*s.Have < s.Want {
		return "" // nearly everything is
	}
	var names []string
	for _, slot := range s.Missing[:min(len(s.Missing), mostMissing)] {
		names = append(names, slot.String())
	}
	if len(s.Missing) > mostMissing {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

func values(v *inspect.ValuesView) string {
	if v == nil {
		return ""
	}
	text := fmt.Sprintf("%.6g to %.6g, mean %.6g, of %d voxels, %d of them negative", v.Min, v.Max, v.Mean, v.Voxels, v.Negative)
	if v.Padding > 0 {
		text += fmt.Sprintf("; without %d voxels of padding", v.Padding)
	}
	return text
}

// printTiming writes the table of frames.
func printTiming(w io.Writer, frames []inspect.FrameView) error {
	if len(frames) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "frame\tstart s\tduration s\tsmallest slope\tlargest slope\tdecay factor\texpected\toff %\t")
	for f, v := range frames {
		if v.Missing {
			fmt.Fprintf(t, "%d\t%s\t%s\tmissing\t\t\t\t\t\n", f+1, positive(v.Start), positive(v.Duration))
			continue
		}
		off := "-"
		if v.Factor > 0 && v.Expected > 0 {
			off = fmt.Sprintf("%.3f", 0+math.Round(1e5*(v.Factor/v.Expected-1))/1e3) // 0 + −0 is 0
		}
		fmt.Fprintf(t, "%d\t%.3f\t%.3f\t%s\t%s\t%s\t%s\t%s\t\n", f+1, v.Start, v.Duration, positive(v.SlopeMin), positive(v.SlopeMax), positive(v.Factor), positive(v.Expected), off)
	}
	return t.Flush()
}

// positive writes a number that is absent where it is 0.
func positive(x float64) string {
	if x == 0 {
		return "-"
	}
	return fmt.Sprintf("%.6g", x)
}
