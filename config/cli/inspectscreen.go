package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"tacstream/config/inspect"
	"tacstream/ingest"
)

// modelZero explains the word.
const modelZero = "Model zero is the time from which all times count: the start of the first frame, or the injection where the\n" +
	"header puts it inside the scan."

// printAcquisition writes the screen of a series, or of those that are the parts
// of one acquisition.
func printAcquisition(w io.Writer, in inspect.Inspection, a inspect.AcquisitionView) error {
	parts := partsOf(in, a)
	what := fmt.Sprintf("Series %d", a.Series[0])
	if len(parts) > 1 {
		what = fmt.Sprintf("Series %s, the parts of one acquisition", runs(a.Series))
	}
	fmt.Fprintf(w, "%s: %s\n", what, a.Condition)
	if a.Reason.Code != "" {
		fmt.Fprintf(w, "  %s\n", a.Reason)
	}
	if a.Do != "" {
		fmt.Fprintf(w, "  → %s\n", a.Do)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range facts(parts, a) {
		if row[1] != "" {
			fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(a.Timing) > 0 {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(modelZero, "\n", "\n  "))
	}
	if err := printTiming(w, a.Timing); err != nil {
		return err
	}
	printDoubts(w, a)
	_, err := fmt.Fprintln(w)
	return err
}

// partsOf returns the series of an acquisition.
func partsOf(in inspect.Inspection, a inspect.AcquisitionView) (parts []inspect.SeriesView) {
	for _, s := range in.Series {
		if slices.Contains(a.Series, s.Number) {
			parts = append(parts, s)
		}
	}
	return parts
}

// printDoubts writes each doubt once, with the series that it concerns where these
// are not all.
func printDoubts(w io.Writer, a inspect.AcquisitionView) {
	for _, d := range a.Doubts {
		of := ""
		switch n := len(d.Series); {
		case n == 1:
			of = fmt.Sprintf(" (series %d)", d.Series[0])
		case d.Largest:
			of = fmt.Sprintf(" (series %s, each with numbers of its own: these are the largest)", runs(d.Series))
		case n > 1:
			of = fmt.Sprintf(" (series %s)", runs(d.Series))
		}
		fmt.Fprintf(w, "  %s%s\n", d.Warning, of)
		if d.Do != "" {
			fmt.Fprintf(w, "    → %s\n", d.Do)
		}
	}
}

// runs writes numbers, those that follow each other as "2 to 5".
func runs(numbers []int) string {
	var list []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		switch {
		case end > i+1:
			list = append(list, fmt.Sprintf("%d to %d", numbers[i], numbers[end]))
		case end > i:
			list = append(list, fmt.Sprint(numbers[i]), fmt.Sprint(numbers[end]))
		default:
			list = append(list, fmt.Sprint(numbers[i]))
		}
		i = end + 1
	}
	return strings.Join(list, ", ")
}

// facts are the lines about an acquisition; one without a value is left out.
func facts(parts []inspect.SeriesView, a inspect.AcquisitionView) [][2]string {
	each := func(fact func(inspect.SeriesView) string) string { return factOf(parts, fact) }
	rows := [][2]string{
		{"scanner", each(func(s inspect.SeriesView) string { return strings.TrimSpace(s.Vendor + " " + s.Model) })},
		{"tracer", each(tracer)},
		{"radiopharmaceutical", each(func(s inspect.SeriesView) string { return cmp.Or(s.Radiopharmaceutical, absent) })},
		{"injected dose", each(dose)},
		{"weight", each(weight)},
		{"series type", each(func(s inspect.SeriesView) string { return s.SeriesType })},
		{"units", each(units)},
		{"decay correction", decay(parts, a)},
		{"injection", injection(a)},
		{"reconstruction", each(func(s inspect.SeriesView) string { return s.Recon })},
		{"corrections", each(func(s inspect.SeriesView) string { return strings.Join(s.Corrected, " ") })},
		{"size", each(size)},
		{"orientation", each(func(s inspect.SeriesView) string { return s.Lies })},
		{"slots", slots(parts)},
		{"goes with", goesWith(parts)},
		{"missing", each(missing)},
		{"transfer syntax", each(func(s inspect.SeriesView) string { return s.Syntax })},
		{"values", values(a.Values)},
	}
	for _, r := range a.Regions {
		rows = append(rows, [2]string{"regions", regionNames(r)}, [2]string{"reference", reference(r)})
	}
	return rows
}

// factOf writes a fact of all parts, once where they agree.
func factOf(parts []inspect.SeriesView, fact func(inspect.SeriesView) string) string {
	const most = 3 // that differ
	of := map[string][]int{}
	var list []string
	for _, s := range parts {
		text := fact(s)
		if of[text] == nil {
			list = append(list, text)
		}
		of[text] = append(of[text], s.Number)
	}
	if len(list) == 1 {
		return list[0]
	}
	var texts []string
	for i, text := range list {
		if i == most {
			texts = append(texts, "…; --json has all")
			break
		}
		texts = append(texts, fmt.Sprintf("%s (series %s)", cmp.Or(text, "none"), runs(of[text])))
	}
	return strings.Join(texts, "; ")
}

// mostRegions bounds how many regions are named.
const mostRegions = 40

// regionNames lists the regions of a source.
func regionNames(r inspect.RegionsForSeries) string {
	var names []string
	for _, n := range r.Regions[:min(len(r.Regions), mostRegions)] {
		names = append(names, n.Name)
	}
	where := r.Objects[0]
	if more := len(r.Objects) - 1; more > 0 {
		where += fmt.Sprintf(" and %s of its set", ingest.Count(more, "image"))
	}
	text := fmt.Sprintf("%d in %s: %s", len(r.Regions), where, strings.Join(names, ", "))
	if more := len(r.Regions) - mostRegions; more > 0 {
		text += fmt.Sprintf(" and %d more; --json names all", more)
	}
	return text
}

// reference says which region the protocol takes as the reference.
func reference(r inspect.RegionsForSeries) string {
	switch {
	case r.Reason.Code != "":
		return "none: " + r.Reason.Detail
	case r.Protocol == "":
		return "none: no protocol matches the tracer"
	}
	return fmt.Sprintf("%s, by the protocol %s", r.Reference, r.Protocol)
}

// goesWith says which other reconstructions of the same acquisition there are.
func goesWith(parts []inspect.SeriesView) string {
	var twins []int
	for _, s := range parts {
		twins = append(twins, s.Twins...)
	}
	if len(twins) == 0 {
		return ""
	}
	slices.Sort(twins)
	return fmt.Sprintf("series %s, other reconstructions of the same acquisition, each fitted by itself",
		runs(slices.Compact(twins)))
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

// decay says to which time the values are corrected; parts may differ in it.
func decay(parts []inspect.SeriesView, a inspect.AcquisitionView) string {
	text := factOf(parts, func(s inspect.SeriesView) string { return cmp.Or(s.Decay, absent) })
	const most = 4 // times
	var times []string
	for i, at := range a.StoredTo {
		if i == most {
			times = append(times, "…")
			break
		}
		times = append(times, fmt.Sprintf("%.3f", at))
	}
	switch len(a.StoredTo) {
	case 0:
		return text
	case 1:
		return fmt.Sprintf("%s: to %s s after model zero", text, times[0])
	}
	return fmt.Sprintf("%s: the series differ, to %s s after model zero", text, strings.Join(times, ", "))
}

func injection(a inspect.AcquisitionView) string {
	if a.Injection == nil {
		return ""
	}
	return fmt.Sprintf("%.3f s after model zero", *a.Injection)
}

func size(s inspect.SeriesView) string {
	if s.SpacingMM == [3]float64{} {
		return fmt.Sprintf("%d columns × %d rows × %d slices", s.Size[0], s.Size[1], s.Size[2])
	}
	return fmt.Sprintf("%d columns × %d rows × %d slices, %.4g × %.4g × %.4g mm",
		s.Size[0], s.Size[1], s.Size[2], s.SpacingMM[0], s.SpacingMM[1], s.SpacingMM[2])
}

// slots counts what is there of all parts.
func slots(parts []inspect.SeriesView) string {
	var have, want, frames, objects int
	counted := true
	for _, s := range parts {
		have, want, frames, objects = have+s.Have, want+s.Want, frames+s.Frames, objects+s.Objects
		counted = counted && s.Want > 0
	}
	if !counted {
		return fmt.Sprintf("%d filled; the header does not count them (%d objects)", have, objects)
	}
	return fmt.Sprintf("%d of %d filled: %d frames of %d slices (%d objects)",
		have, want, frames, parts[0].Slices, objects)
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
	text := fmt.Sprintf("%.6g to %.6g, mean %.6g, of %d voxels, %d of them negative",
		v.Min, v.Max, v.Mean, v.Voxels, v.Negative)
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
	joined := frames[0].Series > 0
	if joined {
		fmt.Fprint(t, "series\t")
	}
	fmt.Fprintln(t, "frame\tstart s\tduration s\tsmallest slope\tlargest slope\tdecay factor\texpected\toff %\t")
	for f, v := range frames {
		if joined {
			fmt.Fprintf(t, "%d\t", v.Series)
		}
		if v.Missing {
			fmt.Fprintf(t, "%d\t%s\t%s\tmissing\t\t\t\t\t\n", f+1, positive(v.Start), positive(v.Duration))
			continue
		}
		off := "-"
		if v.Factor > 0 && v.Expected > 0 {
			off = fmt.Sprintf("%.3f", 0+math.Round(1e5*(v.Factor/v.Expected-1))/1e3) // 0 + −0 is 0
		}
		fmt.Fprintf(t, "%d\t%.3f\t%.3f\t%s\t%s\t%s\t%s\t%s\t\n", f+1, v.Start, v.Duration,
			positive(v.SlopeMin), positive(v.SlopeMax), positive(v.Factor), positive(v.Expected), off)
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
